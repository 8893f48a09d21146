"""The archive keeps what was made as it was; two years later it forgets it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.errors import Forbidden, Invalid
from operations.models import AuditEvent
from reports import archive
from reports.models import Kind, Report
from tests import builders
from tests.builders import ROOT, a_person, acting
from tests.monitoring import past
from tests.monitoring.past import DAY, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize(
    ("group", "may"),
    [("Product manager", True), ("Administrator", True), ("Viewer", False), ("Support", False)],
)
def test_who_may_make_a_report(group: str, may: bool) -> None:
    builders.modules()
    actor = acting(a_person(group=group))
    if may:
        assert archive.make(Kind.FEEDBACK, builders.module(), actor=actor).made_by == "admin:ada"
        return
    with pytest.raises(Forbidden):
        archive.make(Kind.FEEDBACK, builders.module(), actor=actor)
    assert not Report.objects.exists()
    assert not AuditEvent.objects.filter(action="report.made").exists()


def test_it_stays_as_it_was(clock: Any) -> None:
    plan = past.a_running_plan()
    made = archive.make(Kind.ROLLOUT, plan.module, actor=ROOT)
    assert (made.since, made.until) == (plan.started_at, NOW)
    clock.shift(DAY)
    later = archive.make(Kind.ROLLOUT, plan.module, actor=ROOT)
    kept = Report.objects.get(pk=made.pk)
    assert kept.document == made.document != later.document


def test_a_period_that_is_none_leaves_nothing() -> None:
    builders.modules()
    for since, until in ((NOW, NOW), (NOW - DAY, NOW + DAY), (NOW - 800 * DAY, NOW)):
        with pytest.raises(Invalid):
            archive.make(Kind.DAILY, builders.module(), since=since, until=until, actor=ROOT)
    assert not Report.objects.exists()


def test_it_forgets_after_two_years() -> None:
    builders.modules()
    kept, old = (archive.make(Kind.FEEDBACK, builders.module(), actor=ROOT) for _ in range(2))
    Report.objects.filter(pk=old.pk).update(made_at=timezone.now() - timedelta(days=732))
    Report.objects.filter(pk=kept.pk).update(made_at=timezone.now() - timedelta(days=730))
    assert archive.forget() == 1
    assert [each.pk for each in Report.objects.all()] == [kept.pk]
