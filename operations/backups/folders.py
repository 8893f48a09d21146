"""The folders of backups: drafts appear whole or not at all, and only their owner reads them."""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from operations.errors import Refused

MANIFEST = "manifest.json"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
# Seconds after which what a killed process left unfinished is dropped: no backup takes a day.
STALE = 24 * 3600

Progress = Callable[[int], object]


def silent(done: int) -> None:
    """Tells nobody how many bytes are done."""


def root() -> Path:
    """Where backups lie."""
    return Path(settings.BACKUP_DIR)


def new_name(at: datetime) -> str:
    """The name of a backup that begins at `at`; names sort by time, and two of one second differ."""
    return f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def all_complete() -> list[Path]:
    """The folders of complete backups, newest first: what has no manifest is none."""
    found = [each for each in _entries() if not each.name.startswith(".")]
    return sorted((each for each in found if (each / MANIFEST).is_file()), reverse=True)


@contextmanager
def draft(purpose: str) -> Iterator[Path]:
    """A folder below BACKUP_DIR for unfinished work, gone afterwards unless it was published.

    Raises Refused where it cannot be written.
    """
    path = root() / f".{purpose}-{secrets.token_hex(6)}"
    with told(root()):
        root().mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        path.mkdir(mode=PRIVATE_FOLDER)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def publish(draft: Path, name: str) -> Path:
    """Give a finished draft its name: on the disk first, in one step, never over another."""
    with told(draft):
        for file in draft.iterdir():
            file.chmod(PRIVATE_FILE)
            _flush(file)
        _flush(draft)
        whole = draft.rename(root() / name)
        _flush(root())
    return whole


def remove(name: str) -> None:
    """Remove a backup's folder: first by its name, so that half a backup is never seen."""
    with told(root()):
        doomed = root() / f".removed-{name}"
        with suppress(FileNotFoundError):
            (root() / name).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def sweep() -> None:
    """Drop the unfinished work of processes that were killed more than a day ago."""
    for path in _entries():
        with suppress(FileNotFoundError):
            if path.name.startswith(".") and path.is_dir() and time.time() - path.stat().st_mtime > STALE:
                shutil.rmtree(path, ignore_errors=True)


def size_of(folder: Path) -> int:
    """The bytes of all files below a folder; 0 where there is none."""
    found = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                found += (Path(parent) / name).lstat().st_size
    return found


def free_bytes() -> int:
    """The free bytes of the disk on which backups lie, or will."""
    path = root()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def private_file(path: Path) -> Path:
    """Make an empty file that only its owner reads."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    return path


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Refuse with the disk's own words where a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise Refused(
            "cannot_write", f"{error.filename or path} cannot be written: {error.strerror or error}."
        ) from None


def _entries() -> list[Path]:
    """What lies in BACKUP_DIR; nothing where there is no such folder yet."""
    try:
        return list(root().iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _flush(path: Path) -> None:
    """Have the disk hold a file or a folder before what comes next."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
