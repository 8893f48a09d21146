"""The file of an SQLite database: whole, writable, with room, and opened as the portal needs it."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level, Unanswered, rising
from monitoring.database_health.probes import free_disk
from monitoring.database_health.texts import count
from monitoring.database_health.texts import size as bytes_text

# Percent of the file that is free pages, and bytes of them, from which on VACUUM gains something.
FREE_HOLD, LEAST_FREE = 25.0, 64 * 2**20
# A log that grows beyond this is not being emptied: somebody reads without end.
LOG_HOLD = 64 * 2**20
# Milliseconds a writer waits for another one.
BUSY_WANTED = 5_000
DAMAGE = ("malformed", "file is not a database")
RESTORE = "Stop the portal, keep a copy of the file, and restore the newest backup"


def integrity(database: Database) -> Answer:
    """SQLite's own check of every page (PRAGMA quick_check)."""
    try:
        found = [next(iter(row.values())) for row in database.rows("PRAGMA quick_check(10)")]
    except Unanswered as unanswered:
        if not tells_of_damage(unanswered):
            raise Unanswered(str(unanswered), "sqlite3 FILE 'PRAGMA quick_check', with time") from unanswered
        return damaged([str(unanswered)])
    if found == ["ok"]:
        return Answer(Level.PASS, "quick_check says ok", 0, breach_at=1, unit="faults")
    return damaged(found)


def tells_of_damage(error: Exception) -> bool:
    """Whether SQLite says that the file is broken, and not that it is busy or away."""
    return any(words in str(error) for words in DAMAGE)


def damaged(faults: Sequence[str]) -> Answer:
    """The answer for a file with these faults."""
    return Answer(
        Level.BREACH,
        f"the file is damaged: {count(len(faults), 'fault')} found",
        len(faults),
        breach_at=1,
        unit="faults",
        remedy=RESTORE,
        items=tuple(Item(fault) for fault in faults),
    )


def foreign_keys(database: Database) -> Answer:
    """Rows that refer to rows which are not there (PRAGMA foreign_key_check)."""
    found = database.rows(
        'SELECT "table", parent, count(*) AS rows FROM pragma_foreign_key_check GROUP BY 1, 2'
    )
    total = sum(row["rows"] for row in found)
    items = tuple(Item(f"{row['table']} to {row['parent']}", row["rows"], "rows") for row in found)
    return Answer(
        Level.BREACH if found else Level.PASS,
        f"{count(total, 'row')} refer to nothing",
        total,
        breach_at=1,
        unit="rows",
        remedy="Something wrote with foreign_keys off: look at the rows before you delete or mend them"
        if found
        else "",
        items=items,
    )


def writable(database: Database) -> Answer:
    """SQLite writes the file and makes others beside it."""
    path = _path(database)
    closed = [str(each) for each in (path, path.parent) if not os.access(each, os.W_OK)]
    if not closed:
        return Answer(Level.PASS, f"{path} can be written")
    return Answer(
        Level.BREACH,
        f"this user may not write {' and '.join(closed)}",
        remedy="Give the file and its folder to the portal's user, or mount the disk for writing again",
    )


def disk(database: Database) -> Answer:
    """Free space beside the file."""
    folder = _path(database).parent
    usage = shutil.disk_usage(folder)
    return free_disk(usage.free, usage.total, str(folder))


def size(database: Database) -> Answer:
    """Bytes of the file, and those of its free pages."""
    found = database.row(
        "SELECT (SELECT page_count FROM pragma_page_count) AS pages, "
        "(SELECT freelist_count FROM pragma_freelist_count) AS free, "
        "(SELECT page_size FROM pragma_page_size) AS page"
    )
    total, free = found["pages"] * found["page"], found["free"] * found["page"]
    share = 100.0 * found["free"] / max(found["pages"], 1)
    level = rising(share, FREE_HOLD) if free >= LEAST_FREE else Level.PASS
    return Answer(
        level,
        f"{bytes_text(total)}, of which {bytes_text(free)} ({share:.0f} %) in free pages",
        total,
        unit="bytes",
        remedy="" if level == Level.PASS else "VACUUM; while the portal is stopped: it writes the whole file",
    )


def write_ahead_log(database: Database) -> Answer:
    """Bytes of the log beside the file."""
    path = _path(database)
    log = path.with_name(f"{path.name}-wal")
    taken = log.stat().st_size if log.exists() else 0
    level = rising(taken, LOG_HOLD)
    remedy = "Somebody reads without end: restart the portal, then PRAGMA wal_checkpoint(TRUNCATE);"
    return Answer(
        level, bytes_text(taken), taken, LOG_HOLD, unit="bytes", remedy="" if level == Level.PASS else remedy
    )


def settings(database: Database) -> Answer:
    """How the portal opens the file."""
    items = []
    for pragma, (wanted, holds, why) in WANTED.items():
        found = next(iter(database.row(f"PRAGMA {pragma}").values()))
        if not holds(found):
            items.append(Item(f"{pragma} is {found}, not {wanted}", reason=why))
    if not items:
        return Answer(Level.PASS, f"all {len(WANTED)} as wanted", 0, 1)
    return Answer(
        Level.HOLD,
        f"{count(len(items), 'setting')} not as wanted",
        len(items),
        1,
        remedy="They are set in ops_portal/settings.py; WAL needs a local disk",
        items=tuple(items),
    )


WANTED: dict[str, tuple[str, Any, str]] = {
    "journal_mode": ("wal", lambda found: found == "wal", "readers and the writer would stop each other"),
    "busy_timeout": (
        f"{BUSY_WANTED} ms or more",
        lambda found: found >= BUSY_WANTED,
        "writers would fail instead of waiting for each other",
    ),
    "foreign_keys": ("1", lambda found: found == 1, "rows could refer to rows that are not there"),
    "synchronous": ("1 (NORMAL) or more", lambda found: found >= 1, "a power cut could destroy the file"),
    "encoding": ("UTF-8", lambda found: found == "UTF-8", "names in every script are stored as UTF-8"),
}


def _path(database: Database) -> Path:
    return Path(str(database.connection.settings_dict["NAME"])).resolve()
