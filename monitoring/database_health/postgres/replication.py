"""Standbys, slots and the archive: who keeps write-ahead log, and how far behind they are."""

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level, rising
from monitoring.database_health.texts import count, size, span

# Seconds a standby is behind, and bytes of log that a slot keeps on the primary's disk.
LAG_HOLD, LAG_BREACH = 30.0, 300.0
KEPT_HOLD, KEPT_BREACH = 2**30, 10 * 2**30


def lag(database: Database) -> Answer:
    """How far the slowest standby is behind, in seconds."""
    found = database.rows("""
        SELECT coalesce(nullif(application_name, ''), 'pid ' || pid) AS name, state,
               coalesce(extract(epoch FROM replay_lag), 0)::float8 AS seconds
        FROM pg_stat_replication ORDER BY seconds DESC, name
    """)
    if not found:
        return Answer(Level.PASS, "no standby is connected", None, LAG_HOLD, LAG_BREACH, "s")
    if any(row["state"] is None for row in found):
        reason = f"{count(len(found), 'standby', 'standbys')} connected, but this user may not see the lag"
        return Answer(
            Level.UNKNOWN, reason, None, LAG_HOLD, LAG_BREACH, "s", "GRANT pg_monitor to the portal's user"
        )
    worst = found[0]["seconds"]
    level = rising(worst, LAG_HOLD, LAG_BREACH)
    items = tuple(Item(row["name"], round(row["seconds"], 1), "s", row["state"]) for row in found)
    return Answer(
        level,
        f"{count(len(found), 'standby', 'standbys')}, the slowest {span(worst)} behind",
        round(worst, 1),
        LAG_HOLD,
        LAG_BREACH,
        "s",
        "" if level == Level.PASS else "Look at the standby's disk, network and long queries",
        items,
    )


def slots(database: Database) -> Answer:
    """The log that the slowest slot keeps from being removed, in bytes: it fills the disk."""
    found = database.rows("""
        SELECT slot_name::text AS name, active, coalesce(wal_status, 'reserved') AS status,
               coalesce(pg_wal_lsn_diff(
                   CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                   restart_lsn), 0)::bigint AS kept
        FROM pg_replication_slots ORDER BY kept DESC, name
    """)
    if not found:
        return Answer(Level.PASS, "no slot", 0, KEPT_HOLD, KEPT_BREACH, "bytes")
    most = found[0]["kept"]
    level = rising(most, KEPT_HOLD, KEPT_BREACH)
    items = tuple(
        Item(
            f"slot {row['name']}",
            row["kept"],
            "bytes",
            f"{'in use' if row['active'] else 'nobody reads it'}, {row['status']}",
            "" if row["active"] else f"SELECT pg_drop_replication_slot('{row['name']}'); if it is not wanted",
        )
        for row in found
    )
    return Answer(
        level,
        f"{count(len(found), 'slot')}, the slowest keeps {size(most)} of log",
        most,
        KEPT_HOLD,
        KEPT_BREACH,
        "bytes",
        "" if level == Level.PASS else "Bring its reader back, or drop the slot: the disk fills up",
        items,
    )


def archiving(database: Database) -> Answer:
    """Whether the newest attempt to archive the log worked; failed ones pile up on the disk."""
    found = database.row("""
        SELECT current_setting('archive_mode') AS mode, failed_count AS failed, last_failed_wal AS file,
               coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing
        FROM pg_stat_archiver
    """)
    if found["mode"] == "off":
        return Answer(Level.PASS, "archive_mode is off: no log is archived")
    if not found["failing"]:
        return Answer(Level.PASS, "the newest attempt worked", found["failed"], unit="failures")
    return Answer(
        Level.HOLD,
        f"the newest attempt failed, at {found['file']}; {found['failed']:,} in all",
        found["failed"],
        unit="failures",
        remedy="See the server's log for what archive_command said; backups have a hole until it works",
    )
