"""Indexes that are broken, that nobody needs, and that are missing; each with the statement that mends it."""

from monitoring.database_health import indexing
from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Unanswered
from monitoring.database_health.indexing import ForeignKey, Index
from monitoring.database_health.postgres import catalogue
from monitoring.database_health.surplus import COSTS, answer, doubled, missing_for
from monitoring.database_health.texts import count, size, span

# Seconds of counting, and scans of the table, before "never used" says something.
FEWEST_SECONDS = 7 * 86_400.0
FEWEST_SCANS = 1_000
# Bytes below which an index costs next to nothing.
SMALL = 2**20

_COUNTED = """
    SELECT extract(epoch FROM now() - coalesce(stats_reset, pg_postmaster_start_time()))::float8 AS seconds,
           stats_reset IS NOT NULL AS exact
    FROM pg_stat_database WHERE datname = current_database()
"""
_SCANS = """
    SELECT relid::regclass::text AS name, seq_scan + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables
"""


def invalid(database: Database) -> Answer:
    """Indexes whose making failed: they cost writes, answer nothing, and keep no rule."""
    broken = [index for index in catalogue.indexes(database) if not index.valid]
    items = [Item(index.name, index.size, "bytes", f"on {index.table}", _mend(index)) for index in broken]
    return answer(
        items, "invalid index", "invalid indexes", "Its making was interrupted: make it anew, or drop it"
    )


def duplicate(database: Database) -> Answer:
    """Indexes that another one equals."""
    found = indexing.duplicates(_portals(database))
    return doubled(found, "duplicate", _drop, small=0)


def redundant(database: Database) -> Answer:
    """Indexes that a longer one covers."""
    found = indexing.redundant(_portals(database))
    return doubled(found, "redundant", _drop, small=SMALL)


def unindexed(database: Database) -> Answer:
    """Foreign keys without an index: a deletion reads the whole table."""
    found = indexing.unindexed(catalogue.foreign_keys(database), _portals(database))
    return missing_for(found, _create)


def unused(database: Database) -> Answer:
    """Indexes that keep no rule, serve no foreign key, and were never read while others of the table were."""
    counted = database.row(_COUNTED)
    scans = {row["name"]: row["scans"] for row in database.rows(_SCANS)}
    known, keys = _portals(database), catalogue.foreign_keys(database)
    idle = [index for index in known if _is_idle(index, keys, known)]
    busy = [index for index in idle if scans.get(index.table, 0) >= FEWEST_SCANS]
    since = f"{'' if counted['exact'] else 'at least '}{span(counted['seconds'])} of counting"
    if idle and counted["seconds"] < FEWEST_SECONDS:
        raise Unanswered(
            f"{count(len(idle), 'index', 'indexes')} not read in {since}: that is too short to say",
            f"Ask again when the statistics cover {span(FEWEST_SECONDS)}",
        )
    if idle and not busy:
        few = f"{count(len(idle), 'index', 'indexes')} not read, but their tables were hardly read either"
        raise Unanswered(f"{few} (below {FEWEST_SCANS:,} scans)", "Ask again after more traffic")
    large = [index for index in busy if (index.size or 0) >= SMALL]
    items = [
        Item(
            index.name,
            index.size,
            "bytes",
            f"on {index.table} ({', '.join(index.columns)}), which was read {scans[index.table]:,} times",
            f"DROP INDEX CONCURRENTLY {index.name}; unless a standby reads by it, or a yearly report",
        )
        for index in sorted(large, key=lambda index: -(index.size or 0))
    ]
    reason = f", in {since}"
    if len(busy) > len(large):
        reason += f"; {len(busy) - len(large)} more are smaller than {size(SMALL)}"
    return answer(items, "unused index", "unused indexes", COSTS, reason)


def _portals(database: Database) -> list[Index]:
    """Without those of TOAST, which PostgreSQL looks after itself."""
    return [index for index in catalogue.indexes(database) if not index.table.startswith("pg_toast.")]


def _is_idle(index: Index, keys: list[ForeignKey], known: list[Index]) -> bool:
    if index.rule or index.fixed or not index.valid or index.scans != 0:
        return False
    return not indexing.only_for_foreign_key(index, keys, known)


def _mend(index: Index) -> str:
    if index.name.strip('"').endswith(("_ccnew", "_ccold")):
        return f"DROP INDEX CONCURRENTLY {index.name};"
    return f"REINDEX INDEX CONCURRENTLY {index.name};"


def _drop(index: Index) -> str:
    if index.constraint:
        return f'ALTER TABLE {index.table} DROP CONSTRAINT "{index.constraint}";'
    return f"DROP INDEX CONCURRENTLY {index.name};"


def _create(key: ForeignKey) -> str:
    return f"CREATE INDEX CONCURRENTLY ON {key.table} ({', '.join(key.columns)});"
