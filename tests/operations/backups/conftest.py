"""A place of their own for the backups of each test, and one that was made for all of them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from operations.backups import creating, manifests, registering
from operations.backups.scratch import connected
from operations.models import Backup
from tests.builders import ROOT
from tests.operations.backups.worlds import an_empty_database

ATTACHMENT = "attachments/2026/11/scan.png"


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_KEEP, settings.BACKUP_DAILY = 14, True
    attachment = tmp_path / "media" / ATTACHMENT
    attachment.parent.mkdir(parents=True)
    attachment.write_bytes(b"a scan" * 1000)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one backup is kept that the tests of this folder change and copy."""
    return tmp_path_factory.mktemp("once")


@pytest.fixture
def saved(db: None, once: Path, settings: Any) -> Backup:
    """A backup of what the migrations left: made once, and copied for each test that asks."""
    made = next(once.iterdir(), None)
    if made is None:
        backup = creating.create(actor=ROOT)
        shutil.copytree(settings.BACKUP_DIR / backup.name, once / backup.name)
        return backup
    folder = settings.BACKUP_DIR / made.name
    shutil.copytree(made, folder)
    return registering.register(manifests.read(folder))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes databases that are empty: a path on SQLite, a URL on PostgreSQL."""
    made: list[str] = []

    def make() -> str:
        found, name = an_empty_database(tmp_path, len(made))
        made.append(name)
        return found

    yield make
    if connection.vendor == "postgresql":
        with connected(connection.settings_dict) as alias, connections[alias].cursor() as cursor:
            for name in made:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
