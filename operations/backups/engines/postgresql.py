"""PostgreSQL: pg_dump of an exported snapshot to save, pg_restore through psql to restore."""

import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from operations.backups import contents
from operations.backups.contents import Contents
from operations.backups.engines import programs
from operations.backups.folders import STALE, Progress, private_file
from operations.backups.scratch import connected
from operations.errors import Refused

FILE = "database.dump"
SCRATCH = "portal_proof_"
# How long a restore waits for a lock that a running portal holds.
LOCK_TIMEOUT = "30s"
# Entries of a dump that belong to the server, and take a superuser to restore.
_SERVERS_OWN = re.compile(
    r"^\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION) "
)
_SAME = ("HOST", "PORT", "NAME")


def ready(database: BaseDatabaseWrapper) -> None:
    database.ensure_connection()
    programs.require(_server(database))


def size(database: BaseDatabaseWrapper) -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def dump(database: BaseDatabaseWrapper, file: Path, progress: Progress) -> Contents:
    """The counts and the dump see one snapshot, whatever is written meanwhile."""
    with _beside(database) as session, session.cursor() as cursor:
        # The snapshot is gone when this session is: it waits for pg_dump as long as that takes.
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        found = contents.of(session)
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        private_file(file)
        with programs.running("pg_dump", *options, f"--file={file}", to=session) as process:
            programs.wait(process, file, progress)
    return found


@contextmanager
def proof(database: BaseDatabaseWrapper, file: Path, folder: Path) -> Iterator[dict[str, Any]]:
    with _beside(database) as session:
        _sweep(session)
        name = f"{SCRATCH}{int(time.time())}_{secrets.token_hex(6)}"
        _create(session, name)
        try:
            settings = {**session.settings_dict, "NAME": name}
            with connected(settings) as alias:
                _load(connections[alias], file)
            yield settings
        finally:
            _drop(session, name)


def faults(database: BaseDatabaseWrapper) -> list[str]:
    """None: pg_restore has checked every constraint, index and type while it made them."""
    return []


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(str(one.get(name) or "") == str(other.get(name) or "") for name in _SAME)


def holds(settings: Mapping[str, Any]) -> list[str]:
    with connected(settings) as alias:
        try:
            return contents.tables(connections[alias])
        except Error as error:
            fault = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise Refused("unreachable", f"The database to restore into cannot be reached: {fault}") from None


def replace(settings: Mapping[str, Any], file: Path, record: Callable[[str], None]) -> list[str]:
    with connected(settings) as alias:
        ready(connections[alias])
        _load(connections[alias], file)
        record(alias)
        with connections[alias].cursor() as cursor:
            # A restored database has no statistics, and plans without them are slow.
            cursor.execute("ANALYZE")
    return []


def _load(database: BaseDatabaseWrapper, file: Path) -> None:
    """Replace all tables by those of a dump, in one transaction that commits only what was read whole."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.write(_table_of_contents(file))
        chosen.flush()
        with (
            programs.running(
                *("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges"),
                *(f"--use-list={chosen.name}", "--file=-", str(file)),
                stdout=subprocess.PIPE,
            ) as reader,
            programs.running(
                *("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"),
                to=database,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            ) as psql,
            # One that gave up has said why, and is asked when the block ends.
            suppress(BrokenPipeError),
            programs.pipe(psql.stdin) as script,
        ):
            script.write(_beginning(database).encode())
            shutil.copyfileobj(programs.pipe(reader.stdout), script, 1 << 20)
            # A dump that breaks off is no reason to commit half of it.
            if reader.wait() == 0:
                script.write(b"\nCOMMIT;\n")


def _beginning(database: BaseDatabaseWrapper) -> str:
    """Begin, and drop what is there: also tables that a dump of an earlier version does not know."""
    quote = database.ops.quote_name
    found = ", ".join(quote(name) for name in contents.tables(database))
    drop = f"DROP TABLE {found} CASCADE;\n" if found else ""
    return f"BEGIN;\nSET client_min_messages = warning;\nSET lock_timeout = '{LOCK_TIMEOUT}';\n{drop}"


def _table_of_contents(file: Path) -> str:
    with programs.running("pg_restore", "--list", str(file), stdout=subprocess.PIPE) as process:
        lines = programs.pipe(process.stdout).read().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not _SERVERS_OWN.match(line))


@contextmanager
def _beside(database: BaseDatabaseWrapper) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own, outside of whatever transaction the caller is in."""
    with connected(database.settings_dict) as alias:
        yield connections[alias]


def _create(session: BaseDatabaseWrapper, name: str) -> None:
    with session.cursor() as cursor:
        cursor.execute("SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()")
        collate, ctype = cursor.fetchone()
        try:
            cursor.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE %s LC_CTYPE %s",
                [collate, ctype],
            )
        except Error as error:
            fault = str(error).strip().splitlines()[0]
            raise Refused(
                "no_scratch_database",
                f"No database can be made to restore into: {fault}. Let the portal's user make them "
                "(as a superuser: ALTER ROLE … CREATEDB).",
            ) from None


def _drop(session: BaseDatabaseWrapper, name: str) -> None:
    if not session.is_usable():
        session.close()
    with session.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _sweep(session: BaseDatabaseWrapper) -> None:
    """Drop the scratch databases of proofs that were killed more than a day ago."""
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s AND datdba = current_user::regrole",
            [f"^{SCRATCH}[0-9]+_[0-9a-f]{{12}}$"],
        )
        found = [name for (name,) in cursor.fetchall()]
    for name in found:
        if time.time() - int(name.removeprefix(SCRATCH).partition("_")[0]) > STALE:
            _drop(session, name)


def _server(database: BaseDatabaseWrapper) -> int:
    with database.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000
