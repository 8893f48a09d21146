"""The server and the database as a whole: version, connections, settings, age."""

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level, falling, rising
from monitoring.database_health.texts import count

OLDEST_VERSION = 15
CONNECTIONS_HOLD, CONNECTIONS_BREACH = 80.0, 95.0
# Percent of the 2^31 transactions after which the server would stop writing. Autovacuum acts at 9 %, as it
# is delivered, and in earnest at 75 % (vacuum_failsafe_age).
AGE_HOLD, AGE_BREACH = 50.0, 75.0
AGES = 2**31

# What the portal's promises stand on.
WANTED = {
    "server_encoding": ("UTF8", "names in every script can be stored"),
    "TimeZone": ("UTC", "the portal's sessions read times in UTC"),
    "default_transaction_isolation": ("read committed", "the portal's row locks are written for it"),
    "fsync": ("on", "without it a power cut can destroy the database"),
    "full_page_writes": ("on", "without it a power cut can destroy the database"),
    "autovacuum": ("on", "without it tables grow and transaction ids run out"),
    "track_counts": ("on", "autovacuum and this report count with it"),
    "track_activities": ("on", "without it nobody sees who blocks whom"),
    "zero_damaged_pages": ("off", "damaged pages would silently become empty ones"),
    "ignore_checksum_failure": ("off", "damaged pages would be read as if they were whole"),
}


def version(database: Database) -> Answer:
    """PostgreSQL 15 and newer are tested."""
    found = database.row(
        "SELECT current_setting('server_version') AS text, "
        "current_setting('server_version_num')::int / 10000 AS major"
    )
    level = falling(found["major"], OLDEST_VERSION)
    remedy = "" if level == Level.PASS else f"Upgrade to PostgreSQL {OLDEST_VERSION} or newer"
    return Answer(level, f"PostgreSQL {found['text']}", found["major"], OLDEST_VERSION, remedy=remedy)


def writable(database: Database) -> Answer:
    """After a failover the portal may talk to the old primary, which only reads now."""
    found = database.row(
        "SELECT pg_is_in_recovery() AS standby, "
        "current_setting('default_transaction_read_only') = 'on' AS read_only"
    )
    if found["standby"]:
        reason, remedy = "this is a standby: it only reads", "Point DATABASE_URL at the primary"
    elif found["read_only"]:
        reason = "transactions are read-only here (default_transaction_read_only)"
        remedy = "Find out who set it, and why; ALTER SYSTEM / DATABASE / ROLE … RESET it"
    else:
        return Answer(Level.PASS, "a primary that takes writes")
    return Answer(Level.BREACH, reason, remedy=remedy)


def connections(database: Database) -> Answer:
    """Connections in use, in percent of the tightest limit: the server's, the database's, the user's."""
    found = database.row("""
        WITH clients AS (
            SELECT datname, usename FROM pg_stat_activity
            WHERE usesysid IS NOT NULL AND datid IS NOT NULL
              AND coalesce(backend_type, 'client backend') = 'client backend'
        )
        SELECT (SELECT count(*) FROM clients) AS used,
               (SELECT count(*) FROM clients WHERE datname = current_database()) AS of_database,
               (SELECT count(*) FROM clients WHERE usename = current_user) AS of_user,
               current_setting('max_connections')::int AS most,
               current_setting('superuser_reserved_connections')::int
                   + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
               (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS database_limit,
               (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS user_limit
    """)
    server_limit = found["most"] - found["reserved"]
    limits = [
        (found["used"], server_limit, f"max_connections {found['most']}, {found['reserved']} reserved"),
        (found["of_database"], found["database_limit"], "the database's CONNECTION LIMIT"),
        (found["of_user"], found["user_limit"], "the user's CONNECTION LIMIT"),
    ]
    shares = [(100.0 * used / limit, used, limit, name) for used, limit, name in limits if limit > 0]
    share, used, limit, name = max(shares)
    level = rising(share, CONNECTIONS_HOLD, CONNECTIONS_BREACH)
    return Answer(
        level,
        f"{used} of the {limit} that the portal may use ({name})",
        round(share, 1),
        CONNECTIONS_HOLD,
        CONNECTIONS_BREACH,
        "%",
        "" if level == Level.PASS else _FREE_CONNECTIONS,
        () if level == Level.PASS else _who_is_connected(database),
    )


_FREE_CONNECTIONS = (
    "End what is idle: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND "
    "state_change < now() - interval '10 minutes'; then fewer workers, a shorter CONN_MAX_AGE or a pooler"
)


def _who_is_connected(database: Database) -> tuple[Item, ...]:
    found = database.rows("""
        SELECT usename::text AS name, coalesce(nullif(application_name, ''), 'no name') AS application,
               count(*) AS sessions, count(*) FILTER (WHERE state = 'idle') AS idle
        FROM pg_stat_activity
        WHERE usesysid IS NOT NULL AND datid IS NOT NULL
          AND coalesce(backend_type, 'client backend') = 'client backend'
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5
    """)
    return tuple(
        Item(f"{row['name']} ({row['application']})", row["sessions"], "sessions", f"{row['idle']} idle")
        for row in found
    )


def transaction_ids(database: Database) -> Answer:
    """How near the oldest rows of any database are to the end of the transaction ids (wraparound)."""
    found = database.row("""
        SELECT datname::text AS name, greatest(age(datfrozenxid), mxid_age(datminmxid)) AS age
        FROM pg_database ORDER BY age DESC LIMIT 1
    """)
    share = 100.0 * found["age"] / AGES
    level = rising(share, AGE_HOLD, AGE_BREACH)
    remedy = (
        f"In {found['name']}: end old transactions, prepared ones and slots; then VACUUM (FREEZE, VERBOSE);"
    )
    return Answer(
        level,
        f"{found['age'] / 1e6:,.1f} of 2,147 million used up, in database {found['name']}",
        round(share, 1),
        AGE_HOLD,
        AGE_BREACH,
        "%",
        "" if level == Level.PASS else remedy,
    )


def settings(database: Database) -> Answer:
    """The settings that the portal's promises stand on."""
    found = {
        row["name"]: row["setting"]
        for row in database.rows("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(WANTED)])
    }
    items = tuple(
        Item(f"{name} is {found[name]}, not {wanted}", reason=why, remedy=_change(name, wanted))
        for name, (wanted, why) in WANTED.items()
        if name in found and found[name] != wanted
    )
    if not items:
        return Answer(Level.PASS, f"all {len(found)} as wanted", 0, 1)
    return Answer(
        Level.HOLD,
        f"{count(len(items), 'setting')} not as wanted",
        len(items),
        1,
        remedy="Change them, then SELECT pg_reload_conf();",
        items=items,
    )


def _change(name: str, wanted: str) -> str:
    if name == "server_encoding":
        return f"dump the database and restore it into one made WITH ENCODING '{wanted}'"
    return f"ALTER SYSTEM SET {name} = '{wanted}';"
