"""Who does what at this moment: old transactions, idle ones, and who waits for whom."""

from collections.abc import Sequence

from monitoring.database_health.asking import Database, Row
from monitoring.database_health.findings import Answer, Item, Level, rising
from monitoring.database_health.texts import count, masked, span

# Seconds. A transaction keeps VACUUM from cleaning whatever it might still see; an idle one has no reason.
LONG_HOLD, LONG_BREACH = 300.0, 3600.0
IDLE_HOLD, IDLE_BREACH = 60.0, 900.0
LOCK_HOLD, LOCK_BREACH = 5.0, 60.0
RUNNING_HOLD = 5.0
SHOWN = 10

_SESSIONS = """
    SELECT pid, usename::text AS user, coalesce(nullif(application_name, ''), 'no name') AS application,
           state, coalesce(query, '') AS query,
           state IS NULL OR state = 'disabled' AS hidden,
           extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction,
           extract(epoch FROM clock_timestamp() - query_start)::float8 AS statement,
           extract(epoch FROM clock_timestamp() - state_change)::float8 AS in_state
    FROM pg_stat_activity
    WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
      AND coalesce(backend_type, 'client backend') = 'client backend'
"""
_PREPARED = """
    SELECT gid, owner::text AS user, extract(epoch FROM clock_timestamp() - prepared)::float8 AS transaction
    FROM pg_prepared_xacts WHERE database = current_database()
"""
_WAITING = """
    SELECT l.pid, l.mode,
           CASE l.locktype WHEN 'transactionid' THEN 'a row that was changed'
                           ELSE coalesce(l.relation::regclass::text, l.locktype) END AS what,
           coalesce(extract(epoch FROM clock_timestamp() - l.waitstart), 0)::float8 AS waiting,
           pg_blocking_pids(l.pid) AS blockers
    FROM pg_locks l JOIN pg_database d ON d.datname = current_database()
    -- A wait for a row names no database; whoever waits has locked its table before.
    WHERE NOT l.granted AND l.pid IN (SELECT pid FROM pg_locks WHERE database = d.oid)
"""


def long_transactions(database: Database) -> Answer:
    """The oldest transaction that works, or was prepared and forgotten, in seconds."""
    sessions = database.rows(_SESSIONS)
    busy = [row for row in sessions if row["transaction"] is not None and not _is_idle(row)]
    items = [_item(row, row["transaction"], "pg_cancel_backend") for row in busy]
    items += [
        Item(
            f"prepared transaction {row['gid']}",
            row["transaction"],
            "s",
            f"by {row['user']}",
            f"ROLLBACK PREPARED '{row['gid']}';",
        )
        for row in database.rows(_PREPARED)
    ]
    return _oldest(items, sessions, LONG_HOLD, LONG_BREACH, "other transaction")


def idle_in_transaction(database: Database) -> Answer:
    """The session that has left its transaction open longest, in seconds since it last did anything."""
    sessions = database.rows(_SESSIONS)
    idle = [_item(row, row["in_state"], "pg_terminate_backend") for row in sessions if _is_idle(row)]
    nouns = "session idle in a transaction", "sessions idle in a transaction"
    return _oldest(idle, sessions, IDLE_HOLD, IDLE_BREACH, *nouns)


def running_now(database: Database) -> Answer:
    """The statement that has been running longest, in seconds."""
    sessions = database.rows(_SESSIONS)
    active = [
        _item(row, row["statement"], "pg_cancel_backend") for row in sessions if row["state"] == "active"
    ]
    return _oldest(active, sessions, RUNNING_HOLD, None, "other statement")


def locks_waiting(database: Database) -> Answer:
    """The longest wait for a lock, in seconds, and the sessions at the head of the queue."""
    waiting = database.rows(_WAITING)
    if not waiting:
        return Answer(Level.PASS, "nobody waits for a lock", 0, LOCK_HOLD, LOCK_BREACH, "s")
    longest = max(row["waiting"] for row in waiting)
    queued = {row["pid"] for row in waiting}
    heads = sorted({pid for row in waiting for pid in row["blockers"]} - queued)
    known = {row["pid"]: row for row in database.rows(_SESSIONS)}
    blockers = [_blocker(pid, known.get(pid), waiting) for pid in heads]
    level = rising(longest, LOCK_HOLD, LOCK_BREACH)
    return Answer(
        level,
        f"{count(len(queued), 'session')} waiting, the longest for {span(longest)}",
        round(longest, 1),
        LOCK_HOLD,
        LOCK_BREACH,
        "s",
        "" if level == Level.PASS else "End what stands at the head of the queue; the others follow",
        tuple(blockers),
    )


def _blocker(pid: int, session: Row | None, waiting: Sequence[Row]) -> Item:
    behind = _behind(pid, waiting)
    what = ", ".join(sorted({f"{row['what']} ({row['mode']})" for row in behind}))
    who = _who(session) if session else "a prepared transaction" if pid == 0 else "of another database"
    remedy = f"SELECT pg_terminate_backend({pid});" if pid else "SELECT * FROM pg_prepared_xacts;"
    return Item(f"pid {pid}", len(behind), "waiting", f"{who}; wanted: {what}", remedy)


def _behind(pid: int, waiting: Sequence[Row]) -> list[Row]:
    """Who waits for a session, and who waits for those."""
    found: dict[int, Row] = {}
    heads = {pid}
    while heads:
        following = {row["pid"]: row for row in waiting if heads & set(row["blockers"])}
        heads = set(following) - set(found)
        found |= following
    return list(found.values())


def _oldest(
    found: list[Item], sessions: list[Row], hold: float, breach: float | None, noun: str, plural: str = ""
) -> Answer:
    """The answer for the oldest of `found`; unknown where it is well but some sessions are hidden."""
    items = sorted(found, key=lambda item: -(item.value or 0))
    oldest = (items[0].value or 0.0) if items else 0.0
    level = rising(oldest, hold, breach)
    many = count(len(items), noun, plural)
    reason = f"{many}, the longest for {span(oldest)}" if items else f"no {noun}"
    hidden = sum(row["hidden"] for row in sessions)
    if hidden:
        reason += f"; {count(hidden, 'session')} of other users cannot be seen"
        level = Level.UNKNOWN if level == Level.PASS else level
    troubled = tuple(item for item in items if (item.value or 0) >= hold)[:SHOWN]
    remedy = "GRANT pg_read_all_stats to the portal's user" if hidden else ""
    if troubled:
        remedy = "Ask who it belongs to before you end it"
    return Answer(level, reason, round(oldest, 1), hold, breach, "s", remedy, troubled)


def _is_idle(row: Row) -> bool:
    return str(row["state"] or "").startswith("idle in transaction")


def _item(row: Row, seconds: float, end: str) -> Item:
    return Item(f"pid {row['pid']}", round(seconds, 1), "s", _who(row), f"SELECT {end}({row['pid']});")


def _who(row: Row) -> str:
    return f"{row['user']} ({row['application']}), {row['state'] or 'hidden'}: {masked(row['query'])}"
