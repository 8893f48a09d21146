"""What SQLite is asked, in the order in which a person would."""

from typing import Any

from monitoring.database_health import probes, schema
from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Question
from monitoring.database_health.sqlite import file, indexes, planner

QUESTIONS = {
    "check": (
        Question("reachable", probes.reachable, vital=True),
        Question("integrity", file.integrity, vital=True),
        Question("foreign_keys", file.foreign_keys, vital=True),
        Question("migrations", schema.migrations, vital=True),
        Question("writable", file.writable, vital=True),
        Question("disk", file.disk, vital=True),
        Question("size", file.size),
        Question("write_ahead_log", file.write_ahead_log),
        Question("settings", file.settings),
    ),
    "performance": (
        Question("portal_queries", probes.portal_queries, vital=True),
        Question("planner_statistics", planner.statistics),
        Question("size", file.size),
        Question("write_ahead_log", file.write_ahead_log),
    ),
    "indexes": (
        Question("duplicate_indexes", indexes.duplicate, vital=True),
        Question("redundant_indexes", indexes.redundant, vital=True),
        Question("unindexed_foreign_keys", indexes.unindexed, vital=True),
        Question("unused_indexes", indexes.unused),
    ),
}


def describe(database: Database) -> dict[str, Any]:
    """Which file this is, for the head of the report."""
    version = database.row("SELECT sqlite_version() AS version")["version"]
    return {"vendor": "sqlite", "version": version, "name": str(database.connection.settings_dict["NAME"])}
