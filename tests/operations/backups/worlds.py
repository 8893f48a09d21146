"""What tests of backups compare: every row of a database, every byte that a dry run must leave alone."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from operations.backups import contents, manifests, targets
from operations.backups.scratch import connected
from tests.doors import every_row


def an_empty_database(folder: Path, number: int) -> tuple[str, str]:
    """A database with nothing in it, as `--into` names it, and its name on the server."""
    if connection.vendor == "sqlite":
        return str(folder / f"elsewhere-{number}.sqlite3"), ""
    name = f"elsewhere_{secrets.token_hex(6)}"
    with connected(connection.settings_dict) as alias, connections[alias].cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return url_of(name), name


def url_of(name: str) -> str:
    """The URL of a database on the server that the tests run on."""
    given = connection.settings_dict
    who = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return f"postgres://{who}@{given['HOST']}:{given['PORT']}/{name}"


@contextmanager
def looking_into(into: str) -> Iterator[BaseDatabaseWrapper]:
    """A connection to the database that `--into` names."""
    with connected(targets.parse(into, connection.vendor).settings) as alias:
        yield connections[alias]


def all_rows(database: BaseDatabaseWrapper) -> dict[str, list[Any]]:
    """Every row of every table, in no order that matters."""
    found = {}
    for table in contents.tables(database):
        with database.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {database.ops.quote_name(table)}")  # noqa: S608
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def every_byte() -> dict[str, Any]:
    """Every row and sequence, the database's own file, and every file of backups and uploads."""
    found: dict[str, Any] = {"rows": every_row()}
    places = [Path(settings.BACKUP_DIR), Path(settings.MEDIA_ROOT)]
    if connection.vendor == "sqlite":
        place = Path(connection.settings_dict["NAME"])
        found["database"] = [each.read_bytes() for each in (place, place.with_name(f"{place.name}-wal"))]
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
            found["sequences"] = cursor.fetchall()
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'portal_proof_%'")
            found["databases"] = cursor.fetchall()
    for place in places:
        found[str(place)] = {
            str(path): path.read_bytes() if path.is_file() else None for path in sorted(place.rglob("*"))
        }
    return found


def forge(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest, and let it agree with the files beside it: somebody who knows what they do."""
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    for name in values["files"]:
        if (file := folder / name).exists():
            values["files"][name] = manifests.facts_of(file)._asdict()
    change(values)
    path.write_text(json.dumps(values))


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
