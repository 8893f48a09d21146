"""What PostgreSQL 15 and newer is asked, in the order in which a person would."""

from typing import Any

from monitoring.database_health import probes, schema
from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Question
from monitoring.database_health.postgres import (
    activity,
    bloat,
    counters,
    indexes,
    replication,
    server,
    statements,
    storage,
    tables,
)

QUESTIONS = {
    "check": (
        Question("reachable", probes.reachable, vital=True),
        Question("version", server.version),
        Question("writable", server.writable, vital=True),
        Question("migrations", schema.migrations, vital=True),
        Question("connections", server.connections, vital=True),
        Question("locks_waiting", activity.locks_waiting, vital=True),
        Question("idle_in_transaction", activity.idle_in_transaction),
        Question("long_transactions", activity.long_transactions),
        Question("transaction_ids", server.transaction_ids, vital=True),
        Question("replication_lag", replication.lag),
        Question("replication_slots", replication.slots),
        Question("archiving", replication.archiving),
        Question("size", storage.size),
        Question("disk", storage.disk),
        Question("deadlocks", counters.deadlocks),
        Question("temporary_files", counters.temporary_files),
        Question("checksum_failures", counters.checksum_failures),
        Question("invalid_indexes", indexes.invalid),
        Question("settings", server.settings),
    ),
    "performance": (
        Question("portal_queries", probes.portal_queries, vital=True),
        Question("mean_time", statements.mean_time),
        Question("slow_statements", statements.slow),
        Question("busiest_statements", statements.busiest),
        Question("running_now", activity.running_now),
        Question("failures", counters.failures),
        Question("cache_hits", counters.cache_hits),
        Question("temporary_files", counters.temporary_files),
        Question("checkpoints", counters.checkpoints),
        Question("dead_rows", tables.dead_rows),
        Question("planner_statistics", tables.planner_statistics),
        Question("sequential_scans", tables.sequential_scans),
        Question("table_bloat", bloat.of_tables),
    ),
    "indexes": (
        Question("invalid_indexes", indexes.invalid, vital=True),
        Question("duplicate_indexes", indexes.duplicate, vital=True),
        Question("redundant_indexes", indexes.redundant, vital=True),
        Question("unindexed_foreign_keys", indexes.unindexed, vital=True),
        Question("sequential_scans", tables.sequential_scans),
        Question("unused_indexes", indexes.unused),
        Question("index_bloat", bloat.of_indexes),
    ),
}


def describe(database: Database) -> dict[str, Any]:
    """Which database this is, for the head of the report: never its password."""
    found = database.row(
        "SELECT current_setting('server_version') AS version, current_database()::text AS name, "
        "current_user::text AS user"
    )
    host = database.connection.settings_dict.get("HOST") or "local socket"
    port = database.connection.settings_dict.get("PORT") or 5432
    return {"vendor": "postgresql", "host": host, "port": int(port), **found}
