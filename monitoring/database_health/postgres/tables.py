"""What VACUUM, ANALYZE and the planner leave behind at each table."""

from monitoring.database_health.asking import Database, Row
from monitoring.database_health.findings import Answer, Item, Level
from monitoring.database_health.texts import count

# Rows from which on a table is large enough to matter.
LARGE = 10_000
# Dead rows, as a multiple of what makes autovacuum begin.
DEAD_HOLD = 2.0
# The share of a table's rows that changed since its statistics were made.
CHANGED_HOLD = 0.5
# A table read from end to end so often, mostly whole, and more often than by an index.
FEWEST_SCANS = 100
WHOLE = 0.5
SHOWN = 10

_TABLES = """
    SELECT s.relid::regclass::text AS name, coalesce(s.n_live_tup, 0) AS live, s.n_dead_tup AS dead,
           s.seq_scan AS scans, s.seq_tup_read AS read, coalesce(s.idx_scan, 0) AS index_scans,
           s.n_mod_since_analyze AS changed,
           greatest(s.last_analyze, s.last_autoanalyze) AS analyzed,
           greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed,
           coalesce('autovacuum_enabled=false' = ANY (c.reloptions), false) AS switched_off,
           coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions)
                     WHERE option_name = 'autovacuum_vacuum_scale_factor'),
                    current_setting('autovacuum_vacuum_scale_factor')::float8) AS factor,
           current_setting('autovacuum_vacuum_threshold')::float8 AS threshold
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
"""


def dead_rows(database: Database) -> Answer:
    """Tables with at least twice the dead rows that make autovacuum begin, and 10,000."""
    found = [row for row in database.rows(_TABLES) if row["dead"] >= LARGE and _overdue(row) >= DEAD_HOLD]
    items = [
        Item(
            row["name"],
            row["dead"],
            "dead rows",
            f"beside {row['live']:,} live ones; {_when('vacuumed', row['vacuumed'])}"
            + (", and autovacuum is switched off for this table" if row["switched_off"] else ""),
            f"VACUUM (ANALYZE) {row['name']};",
        )
        for row in found
    ]
    remedy = "If an old transaction holds them (see long_transactions in `check`), end that first"
    return _tables(items, "with dead rows that nobody cleaned up", remedy)


def planner_statistics(database: Database) -> Answer:
    """Large tables whose statistics are missing, or from before half of the rows changed."""
    large = [row for row in database.rows(_TABLES) if row["live"] >= LARGE]
    items = [
        Item(
            row["name"],
            row["changed"],
            "changed rows",
            f"of {row['live']:,}; {_when('analyzed', row['analyzed'])}",
            f"ANALYZE {row['name']};",
        )
        for row in large
        if row["changed"] >= CHANGED_HOLD * row["live"]
    ]
    return _tables(items, "planned with old statistics", "ANALYZE takes seconds and stops nobody")


def sequential_scans(database: Database) -> Answer:
    """Large tables that are mostly read from end to end: an index is missing, or is not used."""
    large = [row for row in database.rows(_TABLES) if row["live"] >= LARGE]
    items = [
        Item(
            row["name"],
            row["scans"],
            "scans",
            f"over {row['live']:,} rows, {row['index_scans']:,} by an index",
            "Find the filter in slow_statements, or with auto_explain, then "
            f"CREATE INDEX CONCURRENTLY ON {row['name']} (…);",
        )
        for row in large
        if row["scans"] >= FEWEST_SCANS and row["scans"] > row["index_scans"] and _reads_whole(row)
    ]
    return _tables(items, "mostly read from end to end", "An index on what the queries filter by")


def _tables(items: list[Item], what: str, remedy: str) -> Answer:
    ordered = tuple(sorted(items, key=lambda item: -(item.value or 0))[:SHOWN])
    reason = f"{count(len(items), 'large table')} {what}"
    level = Level.HOLD if items else Level.PASS
    return Answer(level, reason, len(items), 1, unit="tables", remedy=remedy if items else "", items=ordered)


def _overdue(row: Row) -> float:
    return float(row["dead"] / max(row["threshold"] + row["factor"] * row["live"], 1.0))


def _reads_whole(row: Row) -> bool:
    """A scan under a LIMIT ends early, and no index would make it quicker."""
    return bool(row["read"] >= WHOLE * row["scans"] * row["live"])


def _when(done: str, at: object) -> str:
    return f"last {done} {at:%Y-%m-%d %H:%M} UTC" if at else f"never {done}"
