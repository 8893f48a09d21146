"""How many queries a report takes does not grow with what there is to tell."""

import random
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports import documents
from reports.models import Kind
from tests import builders
from tests.feedback.builders import a_ticket
from tests.monitoring import past, seeds, traffic
from tests.monitoring.past import DAY, HOUR, NOW, SLOT

pytestmark = pytest.mark.django_db
# The most of each kind. The KPIs, which measure again over their own windows, are some thirty of them.
MOST = {"rollout": 62, "daily": 70, "weekly": 103, "post_launch": 118, "feedback": 38, "phase2": 38}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_reports_take_a_bounded_number_of_queries() -> None:
    plan = past.a_measured_plan()
    seeds.a_past(plan, 3)
    seeds.a_check(plan, slot=SLOT - 30 * HOUR)
    a_ticket(module="patient_engagement", category="feature_request")
    few = _queries()
    assert {kind: n for kind, n in few.items() if n > MOST[kind]} == {}
    everybody = builders.numbered(past.ELIGIBLE)
    traffic.flow(plan.module, everybody, SLOT - 5 * DAY + HOUR, SLOT - 5 * DAY + 9 * HOUR)
    seeds.a_past(plan, 60, without=[0, 1, 2, 30])
    seeds.reviews(plan, due=20)
    chance = random.Random(1)
    for number in range(12):
        category = chance.choice(["feature_request", "bug_report"])
        a_ticket(module="patient_engagement", category=category, received_at=NOW - number * HOUR)
    many = _queries()
    assert many == few


def _queries() -> dict[str, int]:
    module, found = builders.module(), {}
    for kind in Kind.values:
        since, until = documents.span_of(kind, NOW, module)
        with CaptureQueriesContext(connection) as captured:
            since = max(since, NOW - timedelta(days=30))
            documents.build(Kind(kind), module, since=since, until=until, now=NOW)
        found[kind] = len(captured)
    return found
