"""Making a backup: what is in it, that it is one moment, and what refuses it."""

import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from operations import feed
from operations.backups import contents, creating, engines, finding, folders, verifying
from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent, Backup, Change
from tests import builders
from tests.builders import ROOT
from tests.operations.backups.conftest import ATTACHMENT
from tests.operations.backups.worlds import digest_of, every_byte, url_of

pytestmark = pytest.mark.django_db


def folder_of(backup: Backup) -> Path:
    return folders.root() / backup.name


def test_a_backup_holds_the_database_the_files_and_the_digest_of_each(saved: Backup) -> None:
    folder = folder_of(saved)
    manifest = json.loads((folder / "manifest.json").read_text())
    dump = engines.named(connection.vendor).FILE
    assert {path.name for path in folder.iterdir()} == {dump, "media.tar", "media.sha256", "manifest.json"}
    assert {name: facts["sha256"] for name, facts in manifest["files"].items()} == {
        name: digest_of(folder / name) for name in (dump, "media.tar", "media.sha256")
    }
    assert saved.digest == digest_of(folder / "manifest.json")
    assert saved.size == sum(facts["size"] for facts in manifest["files"].values())
    assert manifest["contents"]["row_counts"] == saved.row_counts
    with tarfile.open(folder / "media.tar") as tar:
        assert tar.getnames() == [ATTACHMENT]
    check = subprocess.run(["sha256sum", "-c", folder / "media.sha256"], cwd=folder.parents[1] / "media")
    assert check.returncode == 0


def test_only_its_owner_reads_a_backup(saved: Backup) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(folder_of(saved)) == 0o700
    assert {mode(path) for path in folder_of(saved).iterdir()} == {0o600}


def test_a_backup_knows_what_was_in_the_database(settings: Any) -> None:
    before = contents.of(connection)
    backup = creating.create(actor=ROOT, note=" before the move ")
    assert backup.row_counts == before.row_counts
    assert backup.migrations == before.migrations
    assert backup.migrations["operations"] >= "0010_groups_of_backups"
    assert (backup.note, backup.engine, backup.state) == ("before the move", connection.vendor, "unproven")
    assert backup.portal_version
    event = AuditEvent.objects.get(action="backup.created")
    assert event.data["digest"] == backup.digest
    assert event.subject == str(backup)


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_one_moment_while_others_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.backups.engines.sqlite.STEP", 20)
    stop = threading.Event()
    written: list[float] = []

    def write() -> None:
        try:
            while not stop.is_set():
                feed.announce("keys", [f"{len(written)}-{part}" for part in range(10)])
                written.append(time.monotonic())
                time.sleep(0.002)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    while not written:
        time.sleep(0.001)
    began = time.monotonic()
    backup = creating.create(actor=ROOT)
    ended = time.monotonic()
    stop.set()
    writer.join()
    assert any(began < at < ended for at in written)
    kept = backup.row_counts[Change._meta.db_table]
    assert 0 < kept < Change.objects.count()
    # Each announcement is ten rows in one transaction: none of them is there in part.
    assert kept % 10 == 0
    assert verifying.verify(backup, actor=ROOT).state == "proven"


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_was_killed_between_its_files_is_none(settings: Any) -> None:
    name = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{name}" if connection.vendor == "sqlite" else url_of(name),
        "DJANGO_SETTINGS_MODULE": "ops_portal.settings",
        "VAR_DIR": str(settings.VAR_DIR),
        "ENV_FILE": "none",
    }
    script = f"""
import django, os
django.setup()
from django.conf import settings
from operations.backups import creating, media
from tests.builders import ROOT
settings.BACKUP_DIR, settings.MEDIA_ROOT = {str(settings.BACKUP_DIR)!r}, {str(settings.MEDIA_ROOT)!r}
media.pack = lambda *_: os.kill(os.getpid(), {signal.SIGKILL:d})
creating.create(actor=ROOT)
"""
    ended = subprocess.run([sys.executable, "-c", script], env=environment, cwd=settings.BASE_DIR, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    (left,) = folders.root().iterdir()
    assert (left / engines.named(connection.vendor).FILE).stat().st_size > 0
    assert folders.all_complete() == []
    assert not Backup.objects.exists()
    with pytest.raises(NotFound):
        finding.find("")
    folders.sweep()
    assert left.exists()
    os.utime(left, (0, 0))
    folders.sweep()
    assert not left.exists()


def test_who_may_only_look_makes_no_backup() -> None:
    viewer = builders.acting(builders.a_person("vera", group="Viewer"))
    with pytest.raises(Forbidden):
        creating.create(actor=viewer)
    with pytest.raises(Forbidden):
        creating.outlook(actor=viewer)
    assert not folders.root().exists()


@pytest.mark.parametrize("note", ["n" * 501, "a\0b"])
def test_a_note_is_a_short_text(note: str) -> None:
    with pytest.raises(Invalid):
        creating.create(actor=ROOT, note=note)


def test_a_disk_without_room_is_refused_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "HEADROOM", 1e12)
    with pytest.raises(Refused, match="BACKUP_DIR to another disk"):
        creating.create(actor=ROOT)
    assert not folders.root().exists()


def test_a_folder_that_cannot_be_written_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path / "file" / "backups"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Refused, match="cannot be written"):
        creating.create(actor=ROOT)


def test_looking_at_what_it_would_take_writes_nothing() -> None:
    before = every_byte()
    found = creating.outlook(actor=ROOT)
    assert found.rows > 100
    assert found.database_bytes > 0
    assert found.media_bytes == 6000
    assert every_byte() == before


@pytest.mark.postgres
def test_without_the_programs_of_postgresql_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refused, match=r"pg_dump, pg_restore, psql not found .* postgresql-client-"):
        creating.create(actor=ROOT)


@pytest.mark.postgres
def test_programs_older_than_the_server_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("pg_dump", "pg_restore", "psql"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 9.6.24'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Refused, match="pg_dump 9 cannot save a server of version"):
        creating.create(actor=ROOT)
