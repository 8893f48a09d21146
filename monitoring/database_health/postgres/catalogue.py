"""The indexes and foreign keys of a database, as its catalogue has them."""

from monitoring.database_health.asking import Database, Row
from monitoring.database_health.indexing import ForeignKey, Index, Key

# One round trip; `compared` holds operator class and collation of each key.
_INDEXES = """
    SELECT t.oid::regclass::text AS table, c.oid::regclass::text AS name, m.amname::text AS method,
           i.indisunique AS unique, i.indisprimary AS primary, i.indisvalid AND i.indisready AS valid,
           i.indisreplident OR c.relispartition AS fixed,
           coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
           coalesce((SELECT conname::text FROM pg_constraint
                     WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x')), '') AS constraint,
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
                 FROM generate_series(1, i.indnatts::int) k ORDER BY k) AS columns,
           ARRAY(SELECT o.opcname || ' ' || coalesce(l.collname, '')
                            || CASE WHEN (i.indoption[k] & 2) <> (i.indoption[k] & 1) * 2
                                    THEN ' nulls apart' ELSE '' END
                 FROM generate_series(0, i.indnkeyatts - 1) k
                 JOIN pg_opclass o ON o.oid = i.indclass[k]
                 LEFT JOIN pg_collation l ON l.oid = i.indcollation[k] ORDER BY k) AS compared,
           ARRAY(SELECT i.indoption[k]::int
                 FROM generate_series(0, i.indnkeyatts - 1) k ORDER BY k) AS options,
           pg_relation_size(c.oid) AS size, s.idx_scan AS scans,
           EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = c.oid) AS building
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
    JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am m ON m.oid = c.relam
    JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relpersistence <> 't'
    ORDER BY 1, 2
"""
_FOREIGN_KEYS = """
    SELECT f.conrelid::regclass::text AS table, f.conname::text AS name,
           f.confrelid::regclass::text AS target,
           ARRAY(SELECT quote_ident(a.attname) FROM unnest(f.conkey) WITH ORDINALITY k (number, place)
                 JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number
                 ORDER BY k.place) AS columns
    FROM pg_constraint f WHERE f.contype = 'f' AND f.conparentid = 0 ORDER BY 1, 2
"""
# The first bit of a key's options; the second tells where nulls stand, which belongs to the comparison.
DESCENDING = 1
LIKE_OPERATORS = {
    "text_pattern_ops": "text_ops",
    "varchar_pattern_ops": "text_ops",
    "bpchar_pattern_ops": "bpchar_ops",
}


def indexes(database: Database) -> list[Index]:
    """Every index of the tables, TOAST among them; one that is being built now counts as valid."""
    return [_index(row) for row in database.rows(_INDEXES)]


def foreign_keys(database: Database) -> list[ForeignKey]:
    """Every foreign key."""
    return [
        ForeignKey(row["table"], row["name"], tuple(row["columns"]), row["target"])
        for row in database.rows(_FOREIGN_KEYS)
    ]


def _index(row: Row) -> Index:
    keys = len(row["compared"])
    return Index(
        table=row["table"],
        name=row["name"],
        keys=tuple(
            Key(column, compared, bool(option & DESCENDING), _answers(compared))
            for column, compared, option in zip(
                row["columns"][:keys], row["compared"], row["options"], strict=True
            )
        ),
        included=frozenset(row["columns"][keys:]),
        method=row["method"],
        predicate=row["predicate"],
        unique=row["unique"],
        primary=row["primary"],
        constraint=row["constraint"],
        valid=row["valid"] or row["building"],
        fixed=row["fixed"],
        scans=row["scans"],
        size=row["size"],
    )


def _answers(compared: str) -> str:
    """In the collation C the usual comparison answers LIKE 'x%' as well as that of *_pattern_ops."""
    operators, _, collation = compared.partition(" ")
    usual = LIKE_OPERATORS.get(operators)
    return f"{usual} {collation}" if usual and collation in {"C", "POSIX"} else ""
