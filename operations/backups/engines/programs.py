"""PostgreSQL's own programs: found, asked for their version, run, and stopped with us."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from operations.backups.folders import Progress, silent
from operations.errors import Refused

ALL = ("pg_dump", "pg_restore", "psql")
# Seconds between two looks at how far a program is.
LOOK = 0.2


class Failed(Refused):
    """A program ended with an error; `message` holds its first words."""


def require(server: int) -> None:
    """Refuse where one of the programs is missing, or older than the server's major version."""
    package = (
        f"install PostgreSQL's client programs (Debian, Ubuntu: apt-get install postgresql-client-{server})"
    )
    if missing := [name for name in ALL if shutil.which(name) is None]:
        raise Refused("programs_missing", f"{', '.join(missing)} not found on the PATH: {package}.")
    if (own := version("pg_dump")) < server:
        raise Refused(
            "programs_too_old", f"pg_dump {own} cannot save a server of version {server}: {package}."
        )


def version(program: str) -> int:
    """The major version of a program."""
    said = subprocess.run([_path(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


@contextmanager
def running(
    program: str, *arguments: str, to: BaseDatabaseWrapper | None = None, **streams: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program, against a database or none. Raises Failed when it failed; never outlives the block."""
    words = [_path(program), *arguments]
    environment: Mapping[str, str] = os.environ
    if to is not None:
        address, password = _address(to)
        words += ["--no-password", f"--dbname={address}"]
        # Never among the words: every user of the machine may list those.
        environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            words,
            env={**environment, "LC_ALL": "C"},
            stderr=errors,
            **{"stdin": subprocess.DEVNULL, **streams},
        )
        try:
            yield process
            if process.wait():
                raise Failed(f"{program}_failed", f"{program} failed: {_first_words(errors)}")
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    _close(stream)


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """A stream that was asked to be a pipe."""
    if stream is None:
        raise ValueError("the program was not run with a pipe")
    return stream


def wait(process: subprocess.Popen[bytes], file: Path, progress: Progress = silent) -> None:
    """Wait for a program that writes `file`, and tell how it grows."""
    done = 0
    while True:
        try:
            process.wait(LOOK)
            return
        except subprocess.TimeoutExpired:
            now = file.stat().st_size if file.exists() else 0
            progress(now - done)
            done = now


def _address(database: BaseDatabaseWrapper) -> tuple[str, str]:
    """Where a database is, as libpq reads it, and the password apart."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    given = {
        name: value
        for name, value in database.get_connection_params().items()
        if name in known and value not in (None, "")
    }
    password = str(given.pop("password", ""))
    return make_conninfo("", **given), password


def _path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise Refused(
            "programs_missing", f"{program} is not found on the PATH: install PostgreSQL's client programs."
        )
    return found


def _first_words(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read(100_000).decode(errors="replace").splitlines()
    told = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()] or lines
    return (told[0] if told else "it gave no reason")[:300]


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        # What was left to say had no listener any more.
        return
