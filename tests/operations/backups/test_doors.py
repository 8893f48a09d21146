"""`manage.py backup`, the night's job, and the page: the doors to backups."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from operations.admin.backups import BackupAdmin
from operations.backups import engines, folders, scheduled
from operations.models import AuditEvent, Backup
from tests import builders
from tests.doors import run
from tests.operations.backups.worlds import every_byte, flip

pytestmark = pytest.mark.django_db


def test_create_makes_one_and_verify_proves_the_newest() -> None:
    ran = run("backup", "create", "--note", "before 1.0.2", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert {"backup", "folder", "dryRun"} == set(ran.document)
    made = ran.document["backup"]
    assert (made["state"], made["note"], made["auditHead"]) == ("unproven", "before 1.0.2", "")
    assert (Path(ran.document["folder"]) / "manifest.json").is_file()
    ran = run("backup", "verify")
    assert (ran.code, ran.err) == (0, "")
    assert f"backup {made['name']} restores: {made['rows']:,} rows in {made['tables']} tables" in ran.out
    actions = AuditEvent.objects.filter(action__startswith="backup.").order_by("pk")
    assert list(actions.values_list("action", "door")) == [
        ("backup.created", "command"),
        ("backup.verified", "command"),
    ]


def test_list_tells_of_all_and_of_those_that_this_database_does_not_know(saved: Backup) -> None:
    assert saved.name in run("backup", "list").out
    saved.delete()
    (found,) = run("backup", "list", "--json").document["backups"]
    assert (found["name"], found["state"]) == (saved.name, "unknown")


def test_without_a_backup_they_say_so() -> None:
    assert run("backup", "list").out == "There is no backup.\n"
    for words in (["verify"], ["restore", "20200101T000000Z-aaaaaa", "--yes"]):
        ran = run("backup", *words)
        assert (ran.code, ran.out) == (1, "")
        assert len(ran.err.splitlines()) == 1


def test_a_damaged_backup_is_exit_code_1_and_one_line(saved: Backup) -> None:
    flip(folders.root() / saved.name / engines.named(saved.engine).FILE)
    dry = run("backup", "verify", "--dry-run", "--json")
    assert (dry.code, len(dry.document["faults"])) == (1, 1)
    assert Backup.objects.get().state == "unproven"
    ran = run("backup", "verify", saved.name, "--json")
    assert (ran.code, ran.document["error"]["code"]) == (1, "backup_damaged")
    assert len(ran.err.splitlines()) == 1


def test_restore_never_goes_over_the_portal_without_yes(saved: Backup) -> None:
    ran = run("backup", "restore", saved.name)
    assert (ran.code, ran.out) == (1, "")
    assert "Say --yes to do it." in ran.err


@pytest.mark.parametrize("word", ["create", "create --verify", "verify", "restore", "restore --yes"])
def test_every_dry_run_leaves_the_database_and_the_disk_as_they_were(saved: Backup, word: str) -> None:
    words = [*word.split(), *([saved.name] if word.startswith("restore") else [])]
    before = every_byte()
    ran = run("backup", *words, "--dry-run", "--json")
    assert ran.document["dryRun"] is True
    assert ran.code == (1 if word == "restore" else 0)
    assert every_byte() == before


def test_a_dry_run_of_the_first_backup_makes_no_folder() -> None:
    ran = run("backup", "create", "--dry-run")
    assert ran.code == 0
    assert "Dry run, nothing was written" in ran.out
    assert not folders.root().exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a second proof, which takes seconds elsewhere")
def test_create_proves_it_when_asked() -> None:
    ran = run("backup", "create", "--verify", "--json")
    assert (ran.code, ran.document["backup"]["state"]) == (0, "proven")


def test_the_night_makes_a_backup_and_proves_it() -> None:
    assert "was made and proved" in scheduled.back_up()
    backup = Backup.objects.get()
    assert (backup.state, backup.created_by) == ("proven", "beat:back-up")


def test_a_night_without_a_backup_is_logged_and_not_tried_every_minute(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.BACKUP_DIR = tmp_path / "file" / "backups"
    assert "cannot be written" in scheduled.back_up()
    assert [record.levelno for record in caplog.records if "no proven backup" in record.message] == [
        logging.ERROR
    ]


def test_what_takes_too_long_for_a_worker_is_left_to_cron(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled, "MOST_BYTES", 1)
    assert "BACKUP_DAILY=false" in scheduled.back_up()
    assert not Backup.objects.exists()


def test_nothing_is_made_at_night_where_it_is_turned_off(settings: Any) -> None:
    settings.BACKUP_DAILY = False
    assert scheduled.back_up() == ""
    assert not Backup.objects.exists()


def test_the_page_shows_them_and_changes_nothing(saved: Backup) -> None:
    page = BackupAdmin(Backup, admin.site)
    request = RequestFactory().get("/")
    request.user = builders.a_person()
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
    assert page.operations == ()
    assert page.status(saved) == "Unproven"
    assert "nobody has restored it" in page.proof(saved)
    for group in ("Viewer", "Support", "Product manager", "Release manager", "Administrator"):
        request.user = builders.a_person(f"one-{group[:3]}", group=group)
        assert page.has_view_permission(request)


def test_a_manifest_is_json_that_a_person_can_read(saved: Backup) -> None:
    found = json.loads((folders.root() / saved.name / "manifest.json").read_text())
    assert {"name", "engine", "createdAt", "files", "contents", "portalVersion"} <= set(found)


def test_the_list_says_whether_there_is_a_proven_one_and_how_to_make_one(saved: Backup) -> None:
    client, address = builders.signed_in("Viewer"), reverse("admin:operations_backup_changelist")
    page = client.get(address).content.decode()
    assert "There is no proven backup." in page
    assert "manage.py backup create --verify" in page
    Backup.objects.update(verified_at=saved.created_at, verified_by="beat:back-up")
    page = client.get(address, {"state": "proven"}).content.decode()
    assert saved.name in page
    assert "The newest proven backup is" in page
    for state in ("unproven", "damaged", "removed"):
        assert saved.name not in client.get(address, {"state": state}).content.decode()
    change = reverse("admin:operations_backup_change", args=[saved.pk])
    assert "Restored and compared on" in client.get(change).content.decode()
