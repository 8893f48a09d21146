"""Indexes that do the same work twice, and foreign keys without one; with the statements that mend it."""

import re
from collections import defaultdict

from monitoring.database_health import indexing
from monitoring.database_health.asking import Database, Row
from monitoring.database_health.findings import Answer, Unanswered
from monitoring.database_health.indexing import ForeignKey, Index, Key
from monitoring.database_health.surplus import doubled, missing_for
from monitoring.database_health.texts import quoted

SMALL = 2**20

# One row a key; `expression` is a number for keys that are no column. The row id that ends each is left out.
_KEYS = """
    SELECT t.name AS "table", l.name AS "index", l."unique" AS "unique", l.origin, l.partial,
           x.name AS "column", x.seqno, x.coll AS collation, x."desc" AS descending, s.sql
    FROM sqlite_schema t, pragma_index_list(t.name) l, pragma_index_xinfo(l.name) x
    LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name
    WHERE t.type = 'table' AND x.key = 1 ORDER BY 1, 2, x.seqno
"""
_FOREIGN_KEYS = """
    SELECT t.name AS "table", f.id, f."from" AS "column", f."table" AS target
    FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
    WHERE t.type = 'table' ORDER BY 1, 2, f.seq
"""
# A primary key that is the row id has no index, and needs none.
_ROW_IDS = """
    SELECT t.name AS "table", max(c.name) AS "column" FROM sqlite_schema t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND c.pk > 0 GROUP BY 1
    HAVING count(*) = 1 AND upper(max(c.type)) = 'INTEGER'
"""
_SIZES = "SELECT name, pgsize AS size FROM dbstat WHERE aggregate = TRUE"
_PREDICATE = re.compile(r"\)\s*WHERE\s+(.*)\Z", re.IGNORECASE | re.DOTALL)


def duplicate(database: Database) -> Answer:
    """Indexes that another one equals."""
    return doubled(indexing.duplicates(_indexes(database)), "duplicate", _drop, small=0)


def redundant(database: Database) -> Answer:
    """Indexes that a longer one covers."""
    return doubled(indexing.redundant(_indexes(database)), "redundant", _drop, small=SMALL)


def unindexed(database: Database) -> Answer:
    """Foreign keys without an index: a deletion reads the whole table."""
    parts: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in database.rows(_FOREIGN_KEYS):
        parts[row["table"], row["id"]].append(row)
    keys = [
        ForeignKey(table, f"foreign key {number}", tuple(row["column"] for row in rows), rows[0]["target"])
        for (table, number), rows in parts.items()
    ]
    row_ids = [
        Index(row["table"], "the row id", (Key(row["column"]),), unique=True, primary=True)
        for row in database.rows(_ROW_IDS)
    ]
    return missing_for(indexing.unindexed(keys, [*_indexes(database), *row_ids]), _create)


def unused(database: Database) -> Answer:
    """Not to be known here."""
    raise Unanswered("SQLite does not count how often an index is read")


def _indexes(database: Database) -> list[Index]:
    sizes = _sizes(database)
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in database.rows(_KEYS):
        rows[row["index"]].append(row)
    return [_index(name, keys, sizes.get(name)) for name, keys in rows.items()]


def _index(name: str, rows: list[Row], size: int | None) -> Index:
    first = rows[0]
    sql = str(first["sql"] or "")
    keys = tuple(
        # What an expression says stands in the statement alone: two of them are the same if all of it is.
        Key(row["column"] or sql.partition("(")[2], row["collation"], bool(row["descending"]))
        for row in rows
    )
    predicate = _PREDICATE.search(sql) if first["partial"] else None
    return Index(
        table=first["table"],
        name=name,
        keys=keys,
        predicate=_normal(predicate[1]) if predicate else "",
        unique=bool(first["unique"]),
        primary=first["origin"] == "pk",
        constraint=name if first["origin"] in {"pk", "u"} else "",
        size=size,
    )


def _normal(predicate: str) -> str:
    """As PostgreSQL spells it, so that "leaves out only nulls" is one rule for both."""
    text = " ".join(predicate.replace('"', "").split())
    return text if text.startswith("(") else f"({text})"


def _sizes(database: Database) -> dict[str, int]:
    """Bytes of each index, where SQLite was built with dbstat."""
    try:
        return {row["name"]: row["size"] for row in database.rows(_SIZES)}
    except Unanswered:
        return {}


def _drop(index: Index) -> str:
    if index.constraint:
        return f"remove one of the two constraints from the model of {index.table}, by a migration"
    return f"DROP INDEX {quoted(index.name)};"


def _create(key: ForeignKey) -> str:
    name = "_".join((key.table, *key.columns))
    columns = ", ".join(map(quoted, key.columns))
    return f"CREATE INDEX {quoted(name)} ON {quoted(key.table)} ({columns});"
