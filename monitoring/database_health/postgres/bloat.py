"""Space that tables and indexes hold and do not need, estimated from the planner's statistics.

Rows times their average width, plus PostgreSQL's own bytes for rows and pages, is what they would take if
they were written anew (documentation of PostgreSQL 15, 73.6 "Database Page Layout"). Padding between
columns is not counted, so up to a fifth of the estimate may be wrong; only pgstattuple knows better.
"""

from collections.abc import Sequence

from monitoring.database_health.asking import Database, Row
from monitoring.database_health.findings import Answer, Item, Level, Unanswered
from monitoring.database_health.texts import count, size

# Bytes below which nothing is gained, and the share of a table or index that is surplus.
LEAST_SURPLUS = 64 * 2**20
SURPLUS_SHARE = 0.5
SHOWN = 10

# MAXALIGN(header of 23 bytes and bitmap of nulls) + MAXALIGN(values) + a pointer of 4, in pages less 24.
_TABLES = """
    WITH width AS (
        SELECT a.attrelid, count(*) AS columns, bool_and(s.attname IS NOT NULL) AS known,
               sum((1 - coalesce(s.null_frac, 0)) * coalesce(s.avg_width, 0)) AS bytes,
               bool_or(coalesce(s.null_frac, 0) > 0) AS nulls
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                            AND s.attname = a.attname AND NOT s.inherited
        WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attrelid
    )
    SELECT c.oid::regclass::text AS name, b.bytes * c.relpages AS held, w.known AND c.reltuples >= 0 AS known,
           b.bytes * ceil(c.reltuples * (
               8 * ceil((23 + CASE WHEN w.nulls THEN ceil(w.columns / 8.0) ELSE 0 END) / 8.0)
               + 8 * ceil(w.bytes / 8.0) + 4
           ) / ((b.bytes - 24) * coalesce((
               SELECT option_value::float8 FROM pg_options_to_table(c.reloptions)
               WHERE option_name = 'fillfactor'), 100) / 100)) AS needed
    FROM pg_class c JOIN width w ON w.attrelid = c.oid
    JOIN pg_namespace n ON n.oid = c.relnamespace,
         (SELECT current_setting('block_size')::float8 AS bytes) b
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND b.bytes * c.relpages >= %s
"""
# A header of 8, MAXALIGN(values) and a pointer of 4, in pages less 40; a page of their own for the root's.
_INDEXES = """
    WITH width AS (
        SELECT i.indexrelid, bool_and(s.attname IS NOT NULL) AS known,
               sum((1 - coalesce(s.null_frac, 0)) * coalesce(s.avg_width, 0)) AS bytes
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_attribute k ON k.attrelid = i.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.attnum - 1]
        LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND NOT s.inherited
             AND s.tablename = CASE WHEN a.attname IS NULL THEN c.relname ELSE t.relname END
             AND s.attname = coalesce(a.attname, k.attname)
        GROUP BY i.indexrelid
    )
    SELECT c.oid::regclass::text AS name, b.bytes * c.relpages AS held, w.known AND c.reltuples >= 0 AS known,
           b.bytes * (1 + ceil(c.reltuples * (8 + 8 * ceil(w.bytes / 8.0) + 4)
               / ((b.bytes - 40) * coalesce((
               SELECT option_value::float8 FROM pg_options_to_table(c.reloptions)
               WHERE option_name = 'fillfactor'), 90) / 100))) AS needed
    FROM pg_class c JOIN width w ON w.indexrelid = c.oid JOIN pg_am m ON m.oid = c.relam
    JOIN pg_namespace n ON n.oid = c.relnamespace,
         (SELECT current_setting('block_size')::float8 AS bytes) b
    WHERE m.amname = 'btree' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND b.bytes * c.relpages >= %s
"""


def of_tables(database: Database) -> Answer:
    """Tables of which at least half, and 64 MB, is surplus."""
    return _judged(
        database.rows(_TABLES, [LEAST_SURPLUS]),
        "table",
        "VACUUM (FULL, ANALYZE) {}; in a maintenance window, for it locks the table; or pg_repack",
    )


def of_indexes(database: Database) -> Answer:
    """Indexes of which at least half, and 64 MB, is surplus."""
    return _judged(database.rows(_INDEXES, [LEAST_SURPLUS]), "index", "REINDEX INDEX CONCURRENTLY {};")


def _judged(large: Sequence[Row], noun: str, remedy: str) -> Answer:
    known = [row for row in large if row["known"]]
    plural = "indexes" if noun == "index" else ""
    if large and not known:
        many = count(len(large), f"large {noun}", f"large {plural or 'tables'}")
        raise Unanswered(
            f"this user can see no statistics of {many}", "ANALYZE; and SELECT on the tables for this user"
        )
    bloated = [row for row in known if _surplus(row) >= max(LEAST_SURPLUS, SURPLUS_SHARE * row["held"])]
    items = [
        Item(
            row["name"],
            round(_surplus(row)),
            "bytes",
            f"about {size(_surplus(row))} of {size(row['held'])} is surplus",
            remedy.format(row["name"]),
        )
        for row in sorted(bloated, key=_surplus, reverse=True)
    ]
    reason = f"{count(len(items), noun, plural)} with {size(LEAST_SURPLUS)} and half of it to gain"
    unseen = len(large) - len(known)
    if unseen:
        reason += f"; no statistics of {count(unseen, 'other')}"
    return Answer(
        Level.HOLD if items else Level.PASS,
        reason,
        len(items),
        1,
        unit=plural or "tables",
        remedy="Estimates: pgstattuple measures. Find what filled it first (long transactions, mass deletes)"
        if items
        else "",
        items=tuple(items[:SHOWN]),
    )


def _surplus(row: Row) -> float:
    return float(row["held"]) - float(row["needed"])
