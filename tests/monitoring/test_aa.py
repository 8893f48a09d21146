"""The A/A test: would the guardrail have blamed the feature before anybody had it?"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from monitoring import aa_test
from monitoring.slots import HOUR
from rollout.models import Plan
from tests import builders
from tests.monitoring.traffic import Failing, failing, flow, healthy

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 9, 10, tzinfo=UTC)
SLOT = NOW.replace(minute=0)
EVERYBODY = builders.numbered(60)


def plan_with_days(errors: Failing = healthy) -> Plan:
    plan = builders.a_plan(eligible=60)
    for back in range(1, 15):
        day = SLOT - timedelta(days=back)
        flow(plan.module, EVERYBODY, day, day + HOUR, errors=errors)
    return plan


@time_machine.travel(NOW, tick=False)
def test_alike_workspaces_are_called_on_no_day() -> None:
    shown = aa_test.of_plan(plan_with_days(), 10)
    assert shown is not None
    assert shown.found is not None
    assert (shown.found.called, shown.found.days) == (0, 14)
    assert (shown.found.cohort, shown.found.control) == (6, 54)
    assert "on none of the last 14 days" in shown.text
    assert "not chosen at random" in shown.text


@time_machine.travel(NOW, tick=False)
def test_a_day_on_which_they_were_worse_already_is_told() -> None:
    yesterday = SLOT - timedelta(days=1)
    shown = aa_test.of_plan(plan_with_days(failing(EVERYBODY[:6], 40, yesterday)), 10)
    assert shown is not None
    assert shown.found is not None
    assert shown.found.called == 1
    assert "1 day of the last 14" in shown.text


@time_machine.travel(NOW, tick=False)
def test_without_traffic_it_says_so() -> None:
    shown = aa_test.of_plan(builders.a_plan(eligible=60), 10)
    assert shown is not None
    assert "too little was measured" in shown.text


def test_of_users_nothing_is_known_beforehand() -> None:
    builders.modules()
    assert aa_test.of_plan(builders.health(), 5) is None
