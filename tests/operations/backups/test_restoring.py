"""A restore brings every row and every file back, replaces in one step, and never by accident."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from feedback.models import Attachment
from feedback.tickets import attaching
from operations import audit, windows
from operations.backups import contents, creating, engines, folders, restoring, verifying
from operations.backups.engines import postgresql
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent, Backup, Window
from tests import builders
from tests.builders import ROOT
from tests.doors import run
from tests.feedback.builders import a_ticket
from tests.operations.backups.conftest import ATTACHMENT
from tests.operations.backups.worlds import all_rows, every_byte, flip, forge, looking_into

pytestmark = pytest.mark.django_db

DUMP = engines.named(connection.vendor).FILE
ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="looks at SQLite's own file")


def folder_of(backup: Backup) -> Path:
    return folders.root() / backup.name


def refused(backup: Backup | str, **how: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        restoring.restore(backup, actor=ROOT, **how)
    return refusal.value


@pytest.fixture
def lived_in() -> Iterator[None]:
    """A portal in use: a plan in its first phase, a ticket with a file, a trail."""
    builders.a_plan_in_phase(1, eligible=30)
    attaching.attach(a_ticket(), SimpleUploadedFile("scan.txt", b"what was scanned"), actor=ROOT)
    yield
    if connection.vendor == "sqlite":
        place = Path(connection.settings_dict["NAME"])
        for old in place.parent.glob(f"{place.name}.replaced-*"):
            old.unlink()


@pytest.mark.django_db(transaction=True)
def test_every_row_and_file_comes_back_in_another_database(
    lived_in: None, elsewhere: Callable[[], str], tmp_path: Path
) -> None:
    # The seals are written with the backup itself.
    audit.seal()
    before, into = all_rows(connection), elsewhere()
    backup = creating.create(actor=ROOT)
    ran = run("backup", "restore", backup.name, "--into", into, "--media", str(tmp_path / "copy"), "--json")
    assert ran.code == 0
    with looking_into(into) as copy:
        after = all_rows(copy)
        events = AuditEvent.objects.using(copy.alias)
        assert events.get(action="backup.restored").subject == str(backup)
        assert events.count() == len(before["operations_auditevent"]) + 1
        assert Backup.objects.using(copy.alias).get().digest == backup.digest
    # What the restore itself adds: its event, and the row of the backup.
    added = {"operations_auditevent", "operations_backup", "sqlite_sequence"}
    assert set(after) == set(before)
    assert {table for table in before if after[table] != before[table]} <= added
    assert set(before["operations_auditevent"]) <= set(after["operations_auditevent"])
    assert (ran.document["rows"], ran.document["tables"]) == (backup.rows, len(before))
    assert (ran.document["files"], ran.document["replacedTables"], ran.document["dryRun"]) == (2, 0, False)
    file = Attachment.objects.get().file
    assert (tmp_path / "copy" / str(file.name)).read_bytes() == b"what was scanned"
    assert (tmp_path / "copy" / ATTACHMENT).exists()
    assert not AuditEvent.objects.filter(action="backup.restored").exists()


@pytest.mark.django_db(transaction=True)
def test_the_portals_own_database_and_files_go_back_to_what_they_were(lived_in: None, settings: Any) -> None:
    backup = creating.create(actor=ROOT)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_a_later_version (ticket bigint REFERENCES feedback_ticket (id))")
    windows.plan("freeze", "Too late", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    file = Path(Attachment.objects.get().file.path)
    file.unlink()
    newer = creating.create(actor=ROOT)

    refusal = refused(backup)
    assert refusal.code == "not_confirmed"
    assert "events were recorded after it" in refusal.message
    assert Window.objects.filter(title="Too late").exists()

    restored = restoring.restore(backup, actor=ROOT, yes=True)
    assert restored.lost == 3
    assert restoring.TELL_RESTART in restored.to_do
    assert not Window.objects.filter(title="Too late").exists()
    assert "of_a_later_version" not in contents.tables(connection)
    assert file.read_bytes() == b"what was scanned"
    found = contents.of(connection).row_counts
    assert {name for name in found if found[name] != backup.row_counts[name]} == {
        "operations_auditevent",
        "operations_backup",
    }
    event = AuditEvent.objects.get(action="backup.restored")
    assert event.data["lost"] == 3
    assert audit.verify(backup.audit_head).faults == []
    # What was made after it is on the disk still, and is known again once it is proved.
    proven = verifying.verify(newer.name, actor=ROOT)
    assert proven.state == "proven"
    # A row named a file that was lost by then, which is not the backup's fault.
    assert (proven.verification["files"], proven.verification["absent"]) == (1, 1)


@ON_SQLITE
@pytest.mark.django_db(transaction=True)
def test_the_file_that_was_replaced_is_kept_and_whole(lived_in: None) -> None:
    backup = creating.create(actor=ROOT)
    windows.plan("freeze", "Too late", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    place = Path(connection.settings_dict["NAME"])
    place.chmod(0o640)
    restored = restoring.restore(backup, actor=ROOT, yes=True)
    assert place.stat().st_mode & 0o777 == 0o640
    (old,) = place.parent.glob(f"{place.name}.replaced-*")
    assert str(old) in restored.to_do[0]
    with closing(sqlite3.connect(old)) as kept:
        assert kept.execute("SELECT title FROM operations_window").fetchall() == [("Too late",)]
        assert kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not place.with_name(f".{place.name}.restoring").exists()


@ON_SQLITE
@pytest.mark.django_db(transaction=True)
def test_a_file_that_a_portal_has_open_is_not_replaced(saved: Backup) -> None:
    place = Path(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(place)) as portal:
        portal.execute("SELECT COUNT(*) FROM auth_group").fetchone()
        refusal = refused(saved, yes=True)
        assert refusal.code == "in_use"
        portal.execute("SELECT COUNT(*) FROM auth_group").fetchone()
    assert Backup.objects.get() == saved
    assert not list(place.parent.glob(f"*{place.name}.re*"))


@ON_SQLITE
def test_a_damaged_file_is_replaced_and_put_aside(saved: Backup, tmp_path: Path) -> None:
    into = tmp_path / "broken.sqlite3"
    into.write_bytes(b"this was a database once " * 400)
    assert refused(saved, into=str(into)).code == "not_empty"
    restoring.restore(saved, actor=ROOT, into=str(into), force=True)
    (old,) = tmp_path.glob("broken.sqlite3.replaced-*")
    assert old.read_bytes().startswith(b"this was")
    with looking_into(str(into)) as copy:
        assert contents.of(copy).row_counts["auth_group"] == saved.row_counts["auth_group"]


def test_a_database_that_holds_something_is_replaced_by_force_only(
    saved: Backup, elsewhere: Callable[[], str]
) -> None:
    into = elsewhere()
    with looking_into(into) as copy, copy.cursor() as cursor:
        cursor.execute("CREATE TABLE precious (id integer)")
        cursor.execute("CREATE TABLE auth_group (id integer)")
    assert refused(saved, into=into).code == "not_empty"
    restoring.restore(saved, actor=ROOT, into=into, force=True)
    with looking_into(into) as copy:
        found = contents.of(copy).row_counts
    assert "precious" not in found
    assert found["auth_group"] == saved.row_counts["auth_group"]


def test_a_backup_that_breaks_off_leaves_the_database_as_it_was(
    saved: Backup, elsewhere: Callable[[], str]
) -> None:
    into = elsewhere()
    with looking_into(into) as copy, copy.cursor() as cursor:
        cursor.execute("CREATE TABLE precious (id integer)")
        cursor.execute("INSERT INTO precious VALUES (7)")
    dump = folder_of(saved) / DUMP
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size * 2 // 3])
    forge(folder_of(saved), lambda manifest: None)
    saved.delete()
    refused(saved.name, into=into, force=True)
    with looking_into(into) as copy:
        assert all_rows(copy) == {"precious": ["(7,)"]}


@pytest.mark.postgres
def test_a_running_portal_that_holds_its_tables_is_waited_for_and_then_left_alone(
    saved: Backup, elsewhere: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "LOCK_TIMEOUT", "100ms")
    into = elsewhere()
    with looking_into(into) as portal, portal.cursor() as cursor:
        cursor.execute("CREATE TABLE precious (id integer)")
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO precious VALUES (7)")
        assert "lock timeout" in refused(saved, into=into, force=True).message
        cursor.execute("COMMIT")
        assert all_rows(portal) == {"precious": ["(7,)"]}


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    saved: Backup, elsewhere: Callable[[], str], tmp_path: Path
) -> None:
    into = elsewhere()
    flip(folder_of(saved) / "media.tar")
    assert refused(saved, into=into, media_into=tmp_path / "copy").code == "backup_damaged"
    with looking_into(into) as copy:
        assert contents.tables(copy) == []
    assert not (tmp_path / "copy").exists()


def test_a_backup_that_this_database_does_not_know_is_found_by_its_path(
    saved: Backup, elsewhere: Callable[[], str], tmp_path: Path
) -> None:
    shutil.move(folder_of(saved), tmp_path / "brought")
    rows, into = saved.rows, elsewhere()
    saved.delete()
    restored = restoring.restore(str(tmp_path / "brought"), actor=ROOT, into=into, dry_run=True)
    assert (restored.backup, restored.rows, restored.refused) == (saved.name, rows, "")
    assert any("1 uploaded files were not restored" in line for line in restored.to_do)


def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    saved: Backup, elsewhere: Callable[[], str], tmp_path: Path
) -> None:
    into = elsewhere()
    before, listed = every_byte(), sorted(tmp_path.rglob("*"))
    there = restoring.restore(saved, actor=ROOT, into=into, media_into=tmp_path / "copy", dry_run=True)
    here = restoring.restore(saved, actor=ROOT, dry_run=True)
    assert (there.rows, there.files, there.refused, there.dry_run) == (saved.rows, 1, "", True)
    assert "Say --yes" in here.refused
    assert every_byte() == before
    assert sorted(tmp_path.rglob("*")) == listed


def test_the_portals_own_database_is_not_another_one(saved: Backup) -> None:
    ours = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        from tests.operations.backups.worlds import url_of

        ours = url_of(ours)
    assert refused(saved, into=str(ours), force=True).code == "own_database"


@pytest.mark.parametrize("into", ["mysql://user:s3cret@host/name", "postgres://", "://", "redis://host/1"])
def test_a_target_that_is_none_is_bad_input_and_its_password_is_not_repeated(
    saved: Backup, into: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        restoring.restore(saved, actor=ROOT, into=into)
    assert "s3cret" not in refusal.value.message


def test_a_backup_goes_into_its_own_kind_of_database_only(saved: Backup, tmp_path: Path) -> None:
    other = (
        str(tmp_path / "other.sqlite3")
        if connection.vendor == "postgresql"
        else "postgres://nobody@127.0.0.1:9/none"
    )
    assert refused(saved, into=other).code == "other_engine"


@pytest.mark.postgres
def test_a_server_that_does_not_answer_is_refused_without_its_password(saved: Backup) -> None:
    refusal = refused(saved, into="postgres://nobody:s3cret@127.0.0.1:9/none")
    assert refusal.code == "unreachable"
    assert "s3cret" not in refusal.message


def test_only_administrators_restore(saved: Backup, elsewhere: Callable[[], str]) -> None:
    manager = builders.acting(builders.a_person("rita", group="Release manager"))
    with pytest.raises(Forbidden):
        restoring.restore(saved, actor=manager, into=elsewhere())


def test_no_name_in_an_archive_leads_out_of_the_folder(tmp_path: Path) -> None:
    from operations.backups import media

    for name in ("../evil", "/etc/evil", "a/../../evil", ""):
        assert media._inside(tmp_path, name) is None
    assert media._inside(tmp_path, "a/b.png") == tmp_path / "a" / "b.png"
