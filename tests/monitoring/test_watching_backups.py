"""An alert stands while there is no proven backup of the last two nights."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from monitoring.models import Alert
from monitoring.watching import backups
from operations.models import Backup, ScheduledJob

pytestmark = pytest.mark.django_db


def a_backup(age: timedelta, *, proven: bool = True) -> Backup:
    made = timezone.now() - age
    return Backup.objects.create(
        name=f"{made:%Y%m%dT%H%M%SZ}",
        engine="sqlite",
        created_at=made,
        created_by="beat:back-up",
        size=1,
        digest="0" * 64,
        verified_at=made if proven else None,
        verified_by="beat:back-up" if proven else "",
    )


def standing() -> list[Alert]:
    return list(Alert.objects.filter(source="portal", resolved_at=None, clears_at=None))


def test_two_nights_without_a_proven_one_raise_it_and_the_next_one_resolves_it() -> None:
    a_backup(timedelta(days=3))
    a_backup(timedelta(hours=1), proven=False)

    assert backups.watch()
    [alert] = standing()
    assert (alert.level, alert.title) == ("error", "No proven backup for two days")
    assert "The newest is of" in alert.summary

    a_backup(timedelta(minutes=5))
    assert not backups.watch()
    assert standing() == []


def test_one_night_without_one_raises_nothing() -> None:
    a_backup(timedelta(days=2))
    assert not backups.watch()
    assert standing() == []


@pytest.mark.parametrize(("daily", "tried", "stands"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_a_portal_that_never_had_one_says_so_once_it_tried(
    daily: bool, tried: bool, stands: int, settings: Any
) -> None:
    settings.BACKUP_DAILY = daily
    done = timezone.now() if tried else None
    ScheduledJob.objects.create(name=backups.JOB, due_at=timezone.now(), last_done_at=done)

    assert backups.watch() is bool(stands)
    assert len(standing()) == stands
