"""How many backups stay, and which of them go first."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from operations.backups import contents, finding, folders, keeping, manifests, registering
from operations.backups.manifests import Manifest
from operations.models import AuditEvent, Backup
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def a_backup(state: str, days_old: int) -> str:
    """A backup with a folder and a row, as it is after `state`; returns its name."""
    at = timezone.now() - timedelta(days=days_old)
    with folders.draft("draft") as draft:
        (draft / "dump").write_bytes(b"dump")
        manifest = manifests.write(
            draft,
            Manifest(
                name=folders.new_name(at),
                engine=connection.vendor,
                created_at=at,
                created_by="command:root",
                note="",
                portal_version="1",
                contents=contents.Contents(),
                files={"dump": manifests.facts_of(draft / "dump")},
                media_files=0,
            ),
        )
        folders.publish(draft, manifest.name)
    row = registering.register(manifest)
    times = {"proven": "verified_at", "damaged": "failed_at"}
    if state in times:
        Backup.objects.filter(pk=row.pk).update(**{times[state]: at, "verified_by": "command:root"})
    return manifest.name


def kept() -> set[str]:
    """What is there, in the table and on the disk, which must agree."""
    on_disk = {path.name for path in folders.all_complete()}
    assert on_disk == set(Backup.objects.kept().values_list("name", flat=True))
    return on_disk


def test_damaged_ones_go_first_then_unproven_then_the_oldest_proven(settings: Any) -> None:
    old, proven = a_backup("proven", 9), a_backup("proven", 5)
    unproven, damaged, newest = a_backup("unproven", 7), a_backup("damaged", 3), a_backup("unproven", 0)
    everything = {old, proven, unproven, damaged, newest}
    gone: set[str] = set()
    for keep, going in ((5, None), (4, damaged), (3, unproven), (2, old)):
        settings.BACKUP_KEEP = keep
        removed = keeping.remove_surplus(actor=ROOT)
        assert [each.name for each in removed] == ([going] if going else [])
        gone |= {going} if going else set()
        assert kept() == everything - gone
    assert AuditEvent.objects.filter(action="backup.removed").count() == 3


def test_the_newest_proven_one_and_the_newest_of_all_never_go(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    proven = a_backup("proven", 30)
    newer = [a_backup("unproven", days) for days in (3, 2, 1)]
    keeping.remove_surplus(actor=ROOT)
    assert kept() == {proven, newer[-1]}


def test_a_removed_backup_stays_in_the_list_of_what_there_was(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    old = a_backup("unproven", 2)
    a_backup("proven", 0)
    keeping.remove_surplus(actor=ROOT)
    assert Backup.objects.get(name=old).state == "removed"


def test_a_folder_that_a_killed_removal_left_goes_with_the_next(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    old = a_backup("unproven", 2)
    a_backup("proven", 0)
    Backup.objects.filter(name=old).update(removed_at=timezone.now())
    assert (folders.root() / old).exists()
    keeping.remove_surplus(actor=ROOT)
    assert not (folders.root() / old).exists()


def test_other_folders_are_left_alone() -> None:
    other = folders.root() / "of-another-portal"
    other.mkdir(parents=True)
    (other / "manifest.json").write_text("{}")
    keeping.remove_surplus(actor=ROOT)
    assert other.exists()
    assert finding.unknown() == []


def test_proven_ones_are_the_newest_first() -> None:
    older, newer = a_backup("proven", 2), a_backup("proven", 1)
    a_backup("damaged", 0)
    assert [each.name for each in Backup.objects.proven()] == [newer, older]
    assert timedelta(days=1) <= (Backup.objects.newest_proven_age() or timedelta()) < timedelta(days=1.1)


def test_without_a_proven_one_there_is_no_age() -> None:
    a_backup("unproven", 0)
    assert Backup.objects.newest_proven_age() is None


@pytest.mark.parametrize(
    "values",
    [
        {"engine": "mysql"},
        {"size": 0},
        {"digest": ""},
        {"name": ""},
        {"verified_at": timezone.now()},
        {"verified_by": "somebody"},
        {"verified_at": timezone.now(), "failed_at": timezone.now(), "verified_by": "somebody"},
    ],
)
def test_the_database_refuses_a_row_that_makes_no_sense(values: dict[str, Any]) -> None:
    a_backup("unproven", 0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Backup.objects.update(**values)
