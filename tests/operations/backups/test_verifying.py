"""A backup is proven when it was restored and nothing differed; every damage is found."""

import io
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from operations import audit, windows
from operations.backups import creating, engines, folders, verifying
from operations.backups.engines import postgresql
from operations.errors import Forbidden, NotFound, Refused
from operations.models import AuditEvent, Backup
from tests import builders
from tests.builders import ROOT
from tests.operations.backups.conftest import ATTACHMENT
from tests.operations.backups.worlds import every_byte, flip, forge

pytestmark = pytest.mark.django_db

DUMP = engines.named(connection.vendor).FILE
ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="changes rows in a SQLite file")


def folder_of(backup: Backup) -> Path:
    return folders.root() / backup.name


def damaged(backup: Backup | str) -> str:
    """What a proof says of a damaged backup, which is noted and counts as unproven."""
    with pytest.raises(Refused) as refusal:
        verifying.verify(backup, actor=ROOT)
    assert refusal.value.code == "backup_damaged"
    row = Backup.objects.get()
    assert (row.state, row.verified_at) == ("damaged", None)
    assert row.verification["faultCount"] >= 1
    assert AuditEvent.objects.filter(action="backup.found_damaged").exists()
    assert not Backup.objects.proven().exists()
    return refusal.value.message


def leftovers() -> list[str]:
    """Scratch databases and folders that a proof left behind."""
    found = [path.name for path in folders.root().iterdir() if path.name.startswith(".")]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{postgresql.SCRATCH}%"]
            )
            found += [name for (name,) in cursor.fetchall()]
    return found


def test_a_whole_backup_is_restored_compared_and_proven_also_after_it_was_damaged(saved: Backup) -> None:
    lost = folder_of(saved) / "media.sha256"
    kept = lost.read_bytes()
    lost.unlink()
    damaged(saved)
    lost.write_bytes(kept)
    before = timezone.now()
    proven = verifying.verify(saved, actor=ROOT)
    assert proven.state == "proven"
    assert proven.verified_by == "command:root"
    assert proven.verification["rows"] == saved.rows
    assert proven.verification["tables"] == len(saved.row_counts)
    assert (proven.verification["files"], proven.verification["absent"]) == (1, 0)
    assert list(Backup.objects.proven()) == [proven]
    age = Backup.objects.newest_proven_age(before)
    assert age == before - saved.created_at
    assert AuditEvent.objects.get(action="backup.verified").data["faultCount"] == 0
    assert leftovers() == []
    assert audit.verify().faults == []


def truncate(folder: Path) -> None:
    data = (folder / DUMP).read_bytes()
    (folder / DUMP).write_bytes(data[: len(data) // 2])


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "the dump cut short": (truncate, f"{DUMP} has .* bytes of"),
    "one byte of the dump": (lambda folder: flip(folder / DUMP), f"{DUMP} was changed"),
    "no dump": (lambda folder: (folder / DUMP).unlink(), f"{DUMP} is missing"),
    "one byte of the files": (lambda folder: flip(folder / "media.tar"), "media.tar was changed"),
    "no files": (lambda folder: (folder / "media.tar").unlink(), "media.tar is missing"),
    "no digests": (lambda folder: (folder / "media.sha256").unlink(), "media.sha256 is missing"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "it has no manifest"),
    "a manifest cut short": (lambda folder: (folder / "manifest.json").write_text("{"), "is damaged"),
    "another manifest": (
        lambda folder: forge(folder, lambda manifest: manifest.update(note="x")),
        "manifest.json was changed after",
    ),
    "no folder": (shutil.rmtree, "is no backup"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_to_the_files_is_found(saved: Backup, damage: str) -> None:
    hurt, told = DAMAGES[damage]
    hurt(folder_of(saved))
    with pytest.raises(Refused, match=told):
        verifying.verify(saved, actor=ROOT)
    assert Backup.objects.get().state == "damaged"


def without_the_attachment(folder: Path) -> None:
    with tarfile.open(folder / "media.tar", "w") as tar:
        other = tarfile.TarInfo("attachments/other.png")
        tar.addfile(other, io.BytesIO())


def test_rows_and_files_that_are_missing_are_found_where_every_digest_agrees(saved: Backup) -> None:
    groups = saved.row_counts["auth_group"]

    def one_more(manifest: dict[str, Any]) -> None:
        manifest["contents"]["row_counts"]["auth_group"] += 1
        manifest["contents"]["row_counts"]["auth_lost"] = 3
        manifest["contents"]["audit_head"] = f"7:{'a' * 64}"

    without_the_attachment(folder_of(saved))
    forge(folder_of(saved), one_more)
    saved.delete()
    found = damaged(saved.name)
    assert f"the table auth_group has {groups} rows of {groups + 1}" in found
    assert "the table auth_lost is missing" in found
    assert "the head of the audit trail is" in found
    assert f"the uploaded file {ATTACHMENT} is missing" in found
    assert "attachments/other.png is not in the list" in found
    assert leftovers() == []


@ON_SQLITE
@pytest.mark.django_db(transaction=True)
def test_a_row_that_was_changed_behind_the_trails_back_is_found() -> None:
    windows.plan("freeze", "Peak season", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    backup = creating.create(actor=ROOT)
    assert backup.audit_head.startswith("1:")
    with closing(sqlite3.connect(folder_of(backup) / DUMP)) as copy:
        copy.execute("DROP TRIGGER operations_auditevent_append_only_update")
        copy.execute("UPDATE operations_auditevent SET actor = 'nobody'")
        copy.commit()
    forge(folder_of(backup), lambda manifest: None)
    Backup.objects.all().delete()
    assert "(seal 1) was changed after it was sealed" in damaged(backup.name)


@ON_SQLITE
def test_damage_inside_of_a_sqlite_file_is_found(saved: Backup) -> None:
    with closing(sqlite3.connect(folder_of(saved) / DUMP)) as copy:
        copy.execute("PRAGMA foreign_keys = OFF")
        copy.execute("INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (999, 999)")
        copy.commit()
    forge(folder_of(saved), lambda manifest: None)
    saved.delete()
    assert "of auth_group_permissions refers to nothing in auth_group" in damaged(saved.name)


@pytest.mark.postgres
def test_a_dump_that_breaks_off_is_found_and_its_scratch_database_is_gone(saved: Backup) -> None:
    truncate(folder_of(saved))
    forge(folder_of(saved), lambda manifest: None)
    saved.delete()
    with pytest.raises(Refused, match="pg_restore failed"):
        verifying.verify(saved.name, actor=ROOT)
    assert Backup.objects.get().state == "damaged"
    assert leftovers() == []


def test_a_removed_backup_and_an_unknown_name_are_refused(saved: Backup) -> None:
    with pytest.raises(NotFound):
        verifying.verify("20200101T000000Z-abcdef", actor=ROOT)
    Backup.objects.update(removed_at=timezone.now())
    with pytest.raises(Refused, match="was removed"):
        verifying.verify(saved.name, actor=ROOT)


def test_who_may_only_look_proves_nothing(saved: Backup) -> None:
    before = every_byte()
    with pytest.raises(Forbidden):
        verifying.verify(saved, actor=builders.acting(builders.a_person("vera", group="Viewer")))
    assert every_byte()["rows"]["operations.Backup"] == before["rows"]["operations.Backup"]


@pytest.mark.postgres
def test_a_user_who_may_make_no_database_hears_what_to_do(saved: Backup) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE h1_no_databases LOGIN")
        cursor.execute("SET ROLE h1_no_databases")
        with pytest.raises(Refused, match="CREATEDB"):
            postgresql._create(connection, f"{postgresql.SCRATCH}0_aaaaaaaaaaaa")


@pytest.mark.postgres
def test_scratch_databases_of_killed_proofs_go_after_a_day(saved: Backup) -> None:
    name = f"{postgresql.SCRATCH}1000_{'a' * 12}"
    with postgresql._beside(connection) as session:
        postgresql._create(session, name)
        assert leftovers() == [name]
        postgresql._sweep(session)
    assert leftovers() == []
