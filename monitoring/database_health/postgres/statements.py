"""Slow and busy statements, from pg_stat_statements where it is installed."""

from monitoring.database_health.asking import Database, Row
from monitoring.database_health.findings import Answer, Item, Level, Unanswered, rising
from monitoring.database_health.postgres.counters import FEWEST_TRANSACTIONS, counted
from monitoring.database_health.texts import count, masked, span

# Milliseconds: the guides' target for the mean of all, and here for the mean of each.
MEAN_HOLD = 100.0
FEWEST_CALLS = 5
SHOWN = 10

LOAD = "shared_preload_libraries = 'pg_stat_statements' in postgresql.conf, and restart PostgreSQL"
CREATE = "CREATE EXTENSION pg_stat_statements; as a superuser, in this database"
HIDDEN = "<insufficient privilege>"
SEE = "GRANT pg_read_all_stats TO the portal's user"
NOT_LOADED = "55000"


def mean_time(database: Database) -> Answer:
    """Milliseconds a statement takes on average; without pg_stat_statements those of a whole transaction."""
    view = _view(database)
    if view is None:
        return _mean_of_transactions(database)
    found = database.row(f"""
        SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(total_exec_time), 0)::float8 AS ms
        FROM {view} WHERE {_HERE}
    """)  # noqa: S608 - the view's name is quoted, the rest is written here
    if found["calls"] < FEWEST_TRANSACTIONS:
        return Answer(Level.UNKNOWN, f"only {count(found['calls'], 'statement')} so far", unit="ms")
    mean = found["ms"] / found["calls"]
    reason = f"{mean:.2f} ms a statement, over {count(found['calls'], 'statement')}"
    return Answer(rising(mean, MEAN_HOLD), reason, round(mean, 2), MEAN_HOLD, unit="ms")


def slow(database: Database) -> Answer:
    """Statements that take too long each time, slowest first."""
    view = _view(database)
    if view is None:
        raise Unanswered(*_how_to_install(database))
    found = _statements(database, view, "mean")
    items = tuple(_item(row) for row in found if row["mean"] >= MEAN_HOLD and row["calls"] >= FEWEST_CALLS)
    slowest = found[0]["mean"] if found else 0.0
    reason = f"{count(len(items), 'statement')} of {MEAN_HOLD:.0f} ms and more on average"
    return Answer(
        Level.HOLD if items else Level.PASS,
        reason,
        round(items[0].value or 0.0, 1) if items else round(slowest, 1),
        MEAN_HOLD,
        unit="ms",
        remedy="EXPLAIN (ANALYZE, BUFFERS) each; `db_health indexes` names what is missing" if items else "",
        items=items,
    )


def busiest(database: Database) -> Answer | None:
    """Where the database's time goes, most first; to know, not to judge. Not asked without the extension."""
    view = _view(database)
    if view is None:
        return None
    items = tuple(_item(row) for row in _statements(database, view, "total"))
    return Answer(Level.PASS, f"the {len(items)} that take most time in all", items=items)


_HERE = "dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"


def _statements(database: Database, view: str, order: str) -> list[Row]:
    return database.rows(f"""
        SELECT coalesce(query, '') AS query, calls, mean_exec_time AS mean, total_exec_time AS total,
               100 * total_exec_time / greatest(sum(total_exec_time) OVER (), 0.001) AS share
        FROM {view} WHERE {_HERE}
        ORDER BY {order} DESC, query LIMIT {SHOWN}
    """)  # noqa: S608 - the view's name is quoted, the rest is written here


def _item(row: Row) -> Item:
    total, calls = span(row["total"] / 1000), count(row["calls"], "call")
    reason = f"{calls}, {total} in all, {row['share']:.0f} % of the time"
    hidden = row["query"] in {"", HIDDEN}
    name = "a statement of another user, hidden from this one" if hidden else masked(row["query"])
    return Item(name, round(row["mean"], 2), "ms", reason)


def _view(database: Database) -> str | None:
    """The quoted name of the view; None where the extension is missing, or there but not loaded."""
    found = database.rows("""
        SELECT quote_ident(n.nspname) || '.pg_stat_statements' AS view
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements'
    """)
    if not found or not _is_loaded(database):
        return None
    return str(found[0]["view"])


def _is_loaded(database: Database) -> bool:
    """The library declares this setting when the server loads it at its start."""
    found = database.row("SELECT current_setting('pg_stat_statements.max', true) IS NOT NULL AS loaded")
    return bool(found["loaded"])


def _how_to_install(database: Database) -> tuple[str, str]:
    """Why there is no answer, and the steps that are still to do."""
    found = database.row("""
        SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS created,
               EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS available
    """)
    steps = [] if found["available"] else ["install the package postgresql-contrib"]
    steps += [] if _is_loaded(database) else [LOAD]
    steps += [] if found["created"] else [CREATE]
    reason = "pg_stat_statements is not loaded" if found["created"] else "pg_stat_statements is not installed"
    numbered = "; ".join(f"{number}. {step}" for number, step in enumerate([*steps, SEE], start=1))
    return f"{reason}; see running_now and sequential_scans meanwhile", numbered


def _mean_of_transactions(database: Database) -> Answer:
    found = counted(database)
    if found["transactions"] < FEWEST_TRANSACTIONS:
        few = f"only {count(found['transactions'], 'transaction')} {found['since']}"
        return Answer(Level.UNKNOWN, few, unit="ms")
    mean = found["active_time"] / found["transactions"]
    reason = f"{mean:.2f} ms a transaction {found['since']}"
    if mean < MEAN_HOLD:
        within = f"{reason}, so a statement takes no longer"
        return Answer(Level.PASS, within, round(mean, 2), MEAN_HOLD, unit="ms")
    return Answer(
        Level.UNKNOWN,
        f"{reason}; what a statement takes only pg_stat_statements tells",
        round(mean, 2),
        MEAN_HOLD,
        unit="ms",
        remedy=_how_to_install(database)[1],
    )
