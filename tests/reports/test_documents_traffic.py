"""Vitals of long ago, of which only days are left, and of a server that is asked step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine

from monitoring import retention
from monitoring.models import DailyUser, WorkspaceHour
from monitoring.sources.base import SourceFailed
from monitoring.vitals import Arms, Gauges, Vitals, Window
from reports import documents
from reports.documents import traffic
from reports.documents.periods import Period
from reports.models import Kind
from tests import builders
from tests.monitoring import past
from tests.monitoring import traffic as flows
from tests.monitoring.past import DAY, HOUR, NOW, SLOT

MIDNIGHT = SLOT.replace(hour=0)


def sections(since: datetime, until: datetime, now: datetime) -> dict[str, Any]:
    document = documents.build(Kind.DAILY, builders.module(), since=since, until=until, now=now)
    return {section["name"]: section for section in document["sections"]}


@pytest.mark.django_db
def test_what_is_left_of_old_hours_tells_the_same() -> None:
    since, until = MIDNIGHT - 5 * DAY, MIDNIGHT
    with time_machine.travel(NOW, tick=False):
        plan = past.a_running_plan()
        errors = flows.failing(["W00001"], 9, since + 30 * HOUR)
        flows.flow(plan.module, builders.numbered(8), since - 2 * DAY, SLOT, errors=errors)
        DailyUser.objects.create(module=plan.module, day=since.date(), workspace="W00000", user=7)
        before = sections(since, until, NOW)
    assert before["performance"]["figures"][1]["value"] > 1
    assert before["adoption"]["figures"][1]["value"] == 1
    later = NOW + 50 * DAY
    with time_machine.travel(later, tick=False):
        retention.roll_up()
        retention.purge()
        assert not WorkspaceHour.objects.filter(hour__lt=until).exists()
        after = sections(since, until, later)
        assert after["performance"]["figures"] == before["performance"]["figures"]
        assert after["performance"]["series"] == before["performance"]["series"]
        # Nobody's days are kept as long: that is unknown, and not nobody.
        DailyUser.objects.create(module=plan.module, day=later.date(), workspace="W00000", user=7)
        users = sections(since, until, later)["adoption"]["figures"][1]
        assert (users["value"], users["unknown"]) == (None, traffic.NOT_KEPT)


@dataclass
class Server:
    """A source that is asked: an hour has ten requests of the cohort, of which one fails."""

    asked: list[Window] = field(default_factory=list)

    def told_until(self, now: datetime) -> datetime:
        return now.replace(minute=0)

    def arms(self, window: Window) -> Arms:
        self.asked.append(window)
        hours = int((window.until - window.since) / HOUR)
        return Arms(Vitals(requests=10 * hours, errors=hours), Vitals())

    def gauges(self, window: Window) -> Gauges:
        return Gauges(readings=1, memory=50.0)

    def counters(self, window: Window) -> Mapping[str, int]:
        return {"portalVisits": int((window.until - window.since) / HOUR)}


def test_a_server_is_asked_for_whole_hours_and_each_of_them_once() -> None:
    server = Server()
    period = Period(MIDNIGHT - 3 * DAY + HOUR / 2, MIDNIGHT + HOUR / 2)
    found = traffic._asked(server, period)  # type: ignore[arg-type]
    hours = 3 * 24
    assert (
        found.now.arms.cohort.requests == 10 * hours == sum(arms.cohort.requests for _, arms in found.steps)
    )
    assert found.now.counters == {"portalVisits": hours}
    steps = server.asked[:-1]
    assert all(one.until == other.since for one, other in pairwise(steps))
    # The hour that had begun before is not in it, the one that begins in it is, to its end.
    assert (steps[0].since, steps[-1].until) == (MIDNIGHT - 3 * DAY + HOUR, MIDNIGHT + HOUR)
    # Users are nobody's to tell.
    assert (found.now.users, found.users_unknown) == (None, traffic.NOBODY_TELLS)


def test_a_server_is_not_asked_for_years() -> None:
    server = Server()
    with pytest.raises(SourceFailed, match="35 days at the most"):
        traffic._asked(server, Period(NOW - 36 * DAY, NOW))  # type: ignore[arg-type]
    assert server.asked == []


@pytest.mark.parametrize(
    ("days", "step"), [(2, "hour"), (3, "day"), (92, "day"), (93, "week"), (732, "month")]
)
def test_steps_cover_a_period_without_a_gap(days: int, step: str) -> None:
    period = Period(MIDNIGHT - days * DAY, MIDNIGHT - timedelta(minutes=10))
    found = period.steps()
    assert period.step == step
    assert (found[0].since, found[-1].until) == period
    assert all(one.until == other.since for one, other in pairwise(found))
