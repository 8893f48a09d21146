"""How much room the database takes, and how much is left."""

import shutil
from pathlib import Path

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level, Unanswered
from monitoring.database_health.probes import free_disk
from monitoring.database_health.texts import size as bytes_text

LOCAL_HOSTS = {"", "localhost", "127.0.0.1", "::1"}


def size(database: Database) -> Answer:
    """Bytes on disk, and the largest tables by what the last VACUUM or ANALYZE counted."""
    total = database.row("SELECT pg_database_size(current_database()) AS bytes")["bytes"]
    found = database.rows("""
        SELECT c.oid::regclass::text AS name,
               (c.relpages + coalesce(sum(i.relpages), 0))
                   * current_setting('block_size')::bigint AS bytes
        FROM pg_class c
        LEFT JOIN pg_index x ON x.indrelid = c.oid LEFT JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        GROUP BY c.oid, c.relpages ORDER BY 2 DESC, 1 LIMIT 5
    """)
    items = tuple(Item(row["name"], int(row["bytes"]), "bytes") for row in found if row["bytes"])
    return Answer(Level.PASS, bytes_text(total), total, unit="bytes", items=items)


def disk(database: Database) -> Answer:
    """Free space where the data lie: known only on the machine that has them."""
    host = str(database.connection.settings_dict.get("HOST") or "")
    watch = "Watch the disk of the database's machine"
    if host not in LOCAL_HOSTS and not host.startswith("/"):
        raise Unanswered(f"PostgreSQL does not tell, and it runs on {host}", watch)
    rows = database.rows("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
    if not rows:
        raise Unanswered("this user may not see where the data lie", "GRANT pg_monitor to it")
    folder = Path(rows[0]["setting"])
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        raise Unanswered(f"{folder} is not on this machine, or closed to this user", watch) from None
    return free_disk(usage.free, usage.total, str(folder))
