"""Whether SQLite knows how its rows are spread."""

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level
from monitoring.database_health.texts import count, quoted

# Rows from which on a plan made without statistics may be a bad one.
LARGE = 10_000


def statistics(database: Database) -> Answer:
    """Large tables that ANALYZE has not seen. The highest row id stands for the number of rows."""
    tables = database.rows("""
        SELECT name FROM pragma_table_list WHERE type = 'table' AND wr = 0 AND schema = 'main'
          AND name NOT LIKE 'sqlite^_%' ESCAPE '^'
    """)
    made = database.rows("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'")
    seen = {row["tbl"] for row in database.rows("SELECT DISTINCT tbl FROM sqlite_stat1")} if made else set()
    items = []
    for table in tables:
        name = table["name"]
        rows = database.row(f"SELECT coalesce(max(rowid), 0) AS rows FROM {quoted(name)}")["rows"]  # noqa: S608
        if rows >= LARGE and name not in seen:
            items.append(Item(name, rows, "rows", "ANALYZE has never seen it", f"ANALYZE {quoted(name)};"))
    if not items:
        return Answer(Level.PASS, f"no table of {LARGE:,} rows without them", 0, 1, unit="tables")
    return Answer(
        Level.HOLD,
        f"{count(len(items), 'large table')} without statistics",
        len(items),
        1,
        unit="tables",
        remedy="ANALYZE; takes seconds, in which nobody else writes",
        items=tuple(sorted(items, key=lambda item: -(item.value or 0))),
    )
