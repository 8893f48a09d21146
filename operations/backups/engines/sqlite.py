"""SQLite: the online backup API to save, a rename to restore."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from operations.backups import contents
from operations.backups.contents import Contents
from operations.backups.folders import Progress, private_file, told
from operations.backups.scratch import connected, settings_like_ours
from operations.errors import Refused

FILE = "database.sqlite3"
# Pages in one step of a copy, after which its progress is told. Writers never wait for any of them.
STEP = 2_000
# Faults that are told one by one.
MOST_FAULTS = 20


def ready(database: BaseDatabaseWrapper) -> None:
    """Python brings all that is needed."""


def size(database: BaseDatabaseWrapper) -> int:
    return Path(database.settings_dict["NAME"]).stat().st_size


def dump(database: BaseDatabaseWrapper, file: Path, progress: Progress) -> Contents:
    with (
        closing(_open(Path(database.settings_dict["NAME"]))) as source,
        closing(sqlite3.connect(private_file(file))) as target,
    ):
        # One read transaction over all steps. Without it every commit of others would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        page = source.execute("PRAGMA page_size").fetchone()[0]
        left: list[int] = []

        def tell(status: int, remaining: int, total: int) -> None:
            progress(((left[-1] if left else total) - remaining) * page)
            left.append(remaining)

        source.backup(target, pages=STEP, progress=tell)
        # The copy stands alone: no file with its latest pages belongs beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    with connected(_settings(file)) as alias:
        return contents.of(connections[alias])


@contextmanager
def proof(database: BaseDatabaseWrapper, file: Path, folder: Path) -> Iterator[dict[str, Any]]:
    restored = private_file(folder / "proof.sqlite3")
    shutil.copyfile(file, restored)
    yield _settings(restored)


def faults(database: BaseDatabaseWrapper) -> list[str]:
    try:
        with database.cursor() as cursor:
            cursor.execute(f"PRAGMA integrity_check({MOST_FAULTS})")
            found = [f"integrity check: {text}" for (text,) in cursor.fetchall() if text != "ok"]
            cursor.execute("PRAGMA foreign_key_check")
            broken = cursor.fetchmany(MOST_FAULTS)
    except DatabaseError as error:
        return [f"integrity check: {error}"]
    return [
        *found,
        *(f"row {row} of {table} refers to nothing in {other}" for table, row, other, _ in broken),
    ]


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return Path(one["NAME"]).resolve() == Path(other["NAME"]).resolve()


def holds(settings: Mapping[str, Any]) -> list[str]:
    path = Path(settings["NAME"])
    if not path.exists():
        return []
    try:
        with closing(_open(path)) as database:
            found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return [name for (name,) in found]
    except sqlite3.Error as error:
        # Something is there, though it cannot be read: it counts as in the way.
        return [f"({error})"]


def replace(settings: Mapping[str, Any], file: Path, record: Callable[[str], None]) -> list[str]:
    """The old file stays beside the new one, under another name."""
    place = Path(settings["NAME"])
    draft = place.with_name(f".{place.name}.restoring-{os.getpid()}")
    with told(place):
        try:
            shutil.copyfile(file, private_file(draft))
            with connected(_settings(draft)) as alias:
                if found := faults(connections[alias]):
                    raise Refused("backup_damaged", f"The backup does not restore: {'; '.join(found)}.")
                record(alias)
            _flush(draft)
            return _put(draft, place)
        finally:
            draft.unlink(missing_ok=True)


def _put(draft: Path, place: Path) -> list[str]:
    if not place.exists():
        draft.rename(place)
        return []
    old = place.with_name(f"{place.name}.replaced-{timezone.now():%Y%m%dT%H%M%SZ}")
    _belong_like(place, draft)
    with closing(_open(place)) as database:
        whole = _to_itself(database, place)
        if whole:
            os.link(place, old)
        else:
            place.rename(old)
        for suffix in ("-wal", "-shm"):
            # Pages of the old file: SQLite would play them into the new one.
            with suppress(FileNotFoundError):
                place.with_name(place.name + suffix).rename(old.with_name(old.name + suffix))
        draft.replace(place)
    return [f"What was there before is kept as {old}; delete it when it is not needed any more."]


def _belong_like(place: Path, draft: Path) -> None:
    """Give the new file to whom the old one belongs: an administrator may restore for the portal's user."""
    was = place.stat()
    draft.chmod(stat.S_IMODE(was.st_mode))
    if (was.st_uid, was.st_gid) != (draft.stat().st_uid, draft.stat().st_gid):
        with suppress(PermissionError):
            os.chown(draft, was.st_uid, was.st_gid)


def _to_itself(database: sqlite3.Connection, place: Path) -> bool:
    """Have the old file to ourselves until it is replaced; False for one that is damaged.

    Raises Refused while somebody else has it open: leaving the write-ahead log is refused then.
    """
    try:
        mode = database.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        if mode == "delete":
            database.execute("BEGIN EXCLUSIVE")
            return True
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
    except sqlite3.DatabaseError:
        return False
    raise Refused(
        "in_use", f"{place} is in use: stop the portal and whatever else has it open, and try again."
    )


def _settings(path: Path) -> dict[str, Any]:
    options = {"transaction_mode": "IMMEDIATE"}
    return settings_like_ours(ENGINE="django.db.backends.sqlite3", NAME=str(path), OPTIONS=options)


def _open(path: Path) -> sqlite3.Connection:
    """Open a file that is there; this never makes one."""
    try:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=5, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise Refused("cannot_read", f"{path} cannot be opened: {error}.") from None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
