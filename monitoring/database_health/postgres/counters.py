"""What PostgreSQL has counted for this database since its statistics were last reset."""

from monitoring.database_health.asking import Database, Row
from monitoring.database_health.findings import Answer, Level, falling, rising
from monitoring.database_health.texts import count, size

# Below these there is not enough traffic to say.
FEWEST_TRANSACTIONS, FEWEST_BLOCKS, FEWEST_CHECKPOINTS = 1_000, 100_000, 100
# Per million transactions, and at least so many: one unlucky meeting is no pattern.
DEADLOCKS_HOLD, FEWEST_DEADLOCKS = 10.0, 3
# Per thousand transactions.
TEMPORARY_HOLD = 1.0
FEWEST_TEMPORARY = 10
# Percent.
CACHE_HOLD, FAILURES_HOLD, REQUESTED_HOLD = 99.0, 0.1, 50.0


def counted(database: Database) -> Row:
    """The database's row of pg_stat_database, with `since` as a text for people."""
    return database.row("""
        SELECT xact_commit + xact_rollback AS transactions, xact_rollback AS rollbacks,
               blks_hit AS hits, blks_hit + blks_read AS blocks, temp_files, temp_bytes, deadlocks,
               checksum_failures, active_time,
               coalesce('since ' || to_char(stats_reset, 'YYYY-MM-DD HH24:MI TZ'),
                        'since the database was made') AS since
        FROM pg_stat_database WHERE datname = current_database()
    """)


def deadlocks(database: Database) -> Answer:
    """Deadlocks per million transactions."""
    found = counted(database)
    rate = 1e6 * found["deadlocks"] / max(found["transactions"], 1)
    level = rising(rate, DEADLOCKS_HOLD) if found["deadlocks"] >= FEWEST_DEADLOCKS else Level.PASS
    remedy = "The server's log names both statements of each; they take the same rows in another order"
    return Answer(
        level,
        f"{count(found['deadlocks'], 'deadlock')} in {_transactions(found)}",
        round(rate, 2),
        DEADLOCKS_HOLD,
        unit="per million transactions",
        remedy="" if level == Level.PASS else remedy,
    )


def temporary_files(database: Database) -> Answer:
    """Sorts and joins that did not fit into work_mem, per thousand transactions."""
    found = counted(database)
    rate = 1e3 * found["temp_files"] / max(found["transactions"], 1)
    level = rising(rate, TEMPORARY_HOLD) if found["temp_files"] >= FEWEST_TEMPORARY else Level.PASS
    files = count(found["temp_files"], "file")
    return Answer(
        level,
        f"{files} ({size(found['temp_bytes'])}) in {_transactions(found)}",
        round(rate, 2),
        TEMPORARY_HOLD,
        unit="per thousand transactions",
        remedy="" if level == Level.PASS else "SET log_temp_files = 0 to see which statements; then work_mem",
    )


def checksum_failures(database: Database) -> Answer:
    """Damaged pages that were read. PostgreSQL counts them only where checksums are on."""
    found = counted(database)["checksum_failures"]
    if found is None:
        return Answer(
            Level.UNKNOWN,
            "data checksums are off, so damage on the disk would not be noticed",
            remedy="At the next planned stop: pg_checksums --enable",
        )
    return Answer(
        rising(found, 1, 1),
        f"{count(found, 'damaged page')} read",
        found,
        breach_at=1,
        remedy="Stop writing, keep a copy of the disk, restore from a backup" if found else "",
    )


def failures(database: Database) -> Answer:
    """Transactions that were rolled back, in percent: no fewer than the failed ones."""
    found = counted(database)
    if found["transactions"] < FEWEST_TRANSACTIONS:
        return _too_little(found, "%")
    share = 100.0 * found["rollbacks"] / found["transactions"]
    reason = f"{share:.2f} % of {_transactions(found)} were rolled back"
    if share < FAILURES_HOLD:
        return Answer(Level.PASS, reason, round(share, 3), FAILURES_HOLD, unit="%")
    return Answer(
        Level.UNKNOWN,
        f"{reason}; dry runs and refusals are rolled back as well, and PostgreSQL does not tell which were",
        round(share, 3),
        FAILURES_HOLD,
        unit="%",
        remedy="Count the lines with ERROR in the server's log",
    )


def cache_hits(database: Database) -> Answer:
    """Blocks found in PostgreSQL's own cache, in percent."""
    found = counted(database)
    if found["blocks"] < FEWEST_BLOCKS:
        return _too_little(found, "%")
    share = 100.0 * found["hits"] / found["blocks"]
    level = falling(share, CACHE_HOLD)
    return Answer(
        level,
        f"{share:.2f} % of {found['blocks']:,} blocks {found['since']}",
        round(share, 2),
        CACHE_HOLD,
        unit="%",
        remedy="" if level == Level.PASS else "shared_buffers: a quarter of the memory; see sequential_scans",
    )


def checkpoints(database: Database) -> Answer:
    """Checkpoints that were asked for, nearly always because the log was full, in percent of all.

    A new database and a base backup ask for one too, so a few do not say anything.
    """
    newer = database.row("SELECT current_setting('server_version_num')::int >= 170000 AS newer")["newer"]
    found = database.row(
        "SELECT num_timed AS timed, num_requested AS requested FROM pg_stat_checkpointer"
        if newer
        else "SELECT checkpoints_timed AS timed, checkpoints_req AS requested FROM pg_stat_bgwriter"
    )
    total = found["timed"] + found["requested"]
    if total < FEWEST_CHECKPOINTS:
        return Answer(Level.UNKNOWN, f"only {count(total, 'checkpoint')} so far", unit="%")
    share = 100.0 * found["requested"] / total
    level = rising(share, REQUESTED_HOLD)
    return Answer(
        level,
        f"{found['requested']:,} of {total:,} before their time, mostly because the log was full",
        round(share, 1),
        REQUESTED_HOLD,
        unit="%",
        remedy="" if level == Level.PASS else "Double max_wal_size, as far as the disk allows",
    )


def _transactions(found: Row) -> str:
    return f"{count(found['transactions'], 'transaction')} {found['since']}"


def _too_little(found: Row, unit: str) -> Answer:
    return Answer(Level.UNKNOWN, f"only {_transactions(found)}", unit=unit)
