"""A plan with a past: three days in phase 1, and the traffic of two weeks before it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from rollout.models import Plan
from tests import builders
from tests.monitoring import traffic

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
SLOT = NOW.replace(minute=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ELIGIBLE = 30
COHORT = builders.numbered(3)


def a_running_plan() -> Plan:
    """Phase 1 since three days, 3 of 30 workspaces, of whose vitals nothing is known."""
    with time_machine.travel(NOW - 3 * DAY, tick=False):
        builders.a_plan_in_phase(1, ELIGIBLE)
    return builders.engagement()


def a_measured_plan(**how: Any) -> Plan:
    """The same plan with traffic: an hour of each baseline day, and every fourth hour of the last day.

    Of the last six hours every one; there `how` goes to `traffic.flow` for the cohort.
    """
    plan = a_running_plan()
    everybody, turn = builders.numbered(ELIGIBLE), SLOT - 6 * HOUR
    baseline = [SLOT - day * DAY for day in range(4, 17)]
    for hour in (*baseline, *(turn - ago * HOUR for ago in range(2, 18, 4))):
        traffic.flow(plan.module, everybody, hour, hour + HOUR, used=False)
    traffic.flow(plan.module, everybody[len(COHORT) :], turn, SLOT, used=False)
    traffic.flow(plan.module, COHORT, turn, SLOT, **how)
    return plan


def broken() -> Plan:
    """Half of the cohort's requests fail since five hours, and nobody else's."""
    return a_measured_plan(errors=traffic.failing(COHORT, 50, SLOT - 5 * HOUR))


def slow() -> Plan:
    """The cohort waits longer for an answer than phase 1 allows."""
    return a_measured_plan(milliseconds=700)
