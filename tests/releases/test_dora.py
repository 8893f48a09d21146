"""DORA's metrics equal those counted one by one over a history of a thousand deployments, in five queries."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.errors import Invalid
from releases import dora
from rollout.models import Module
from tests import builders
from tests.releases import dora_history
from tests.releases.dora_history import BEGIN, DAY, HOUR, MODULES, History

pytestmark = pytest.mark.django_db
QUERIES = 5


@pytest.fixture
def history() -> History:
    made = dora_history.generate(1_000, random.Random(7))
    dora_history.store(made)
    return made


def measured(since: datetime, until: datetime, module: str | None = None) -> dict[str, Any]:
    of = Module.objects.get(key=module) if module else None
    return dora.document(dora.measure(since, until, of))


def test_the_history_has_every_case_that_a_metric_tells_apart(history: History):
    everything = measured(BEGIN, BEGIN + 800 * DAY)
    assert len(history.deployments) == 1_000
    rolled_back = everything["recoveryTime"]["n"]
    assert everything["changeFailRate"]["deployments"] > rolled_back > 50
    assert everything["stopped"] > 50
    assert everything["leadTime"]["n"] > 300
    assert len({each["finished"] for each in history.deployments}) < 980, "ties"


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Pacific/Auckland"])
def test_the_metrics_are_those_counted_one_by_one(history: History, zone: str):
    chance = random.Random(zone)
    last = max(each["finished"] for each in history.deployments if each["finished"])
    periods = [(BEGIN - DAY, last + DAY), (BEGIN - 100 * DAY, BEGIN + 300 * DAY)]
    ends = [each["finished"] for each in history.deployments if each["finished"]]
    for _ in range(4):
        since = chance.choice(ends)
        until = since + chance.choice([1, 10, 100, 2_000]) * HOUR
        periods += [(since, until), (since, min((end for end in ends if end >= until), default=until))]
    with timezone.override(zone):
        for since, until in periods:
            for module in (None, *MODULES):
                expected = dora_history.metrics(history, since, until, module, zone)
                assert measured(since, until, module) == expected


def test_a_period_takes_five_queries_however_much_happened_in_it(history: History):
    for until in (BEGIN, BEGIN + 10 * DAY, BEGIN + 2_000 * DAY):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            dora.measure(BEGIN - DAY, until)
        assert len(queries) == QUERIES


@pytest.mark.parametrize(
    ("after", "security", "fails"),
    [(0 * HOUR, False, 1), (7 * DAY, False, 1), (7 * DAY + HOUR, False, 0), (HOUR, True, 0)],
)
def test_a_hotfix_within_a_week_says_that_the_deployment_before_it_failed(
    after: timedelta, security: bool, fails: int
):
    plain = {"id": 1, "module": MODULES[0], "hotfix": False, "security": False}
    hotfix = {"id": 2, "module": MODULES[0], "hotfix": True, "security": security}
    shipped: dict[str, Any] = {
        "environment": "production",
        "state": "complete",
        "rollback": None,
        "steps": [],
    }
    began = BEGIN + HOUR + after
    first = {**shipped, "id": 1, "release": plain, "started": BEGIN, "finished": BEGIN + HOUR}
    second = {**shipped, "id": 2, "release": hotfix, "started": began, "finished": began + HOUR}
    dora_history.store(History(releases=[plain, hotfix], deployments=[first, second]))
    found = measured(BEGIN, BEGIN + 30 * DAY)
    assert found["changeFailRate"] == {"share": fails / 2, "deployments": fails, "n": 2}
    assert found["reworkRate"] == {"share": 0.5, "deployments": 1, "n": 2}


def test_of_nothing_nothing_is_known():
    builders.modules()
    found = measured(BEGIN, BEGIN + DAY)
    assert found["deploymentFrequency"] == {"n": 0, "perDay": 0, "perWeek": 0, "level": None}
    assert found["leadTime"] == {"medianSeconds": None, "p90Seconds": None, "n": 0, "level": None}
    assert found["changeFailRate"] == {"share": None, "deployments": 0, "n": 0}
    assert [each["from"].isoformat() for each in found["trend"]] == ["2025-10-20"]


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(Invalid, match="before until"):
        dora.measure(BEGIN, BEGIN)


def test_a_long_period_is_told_in_months_none_left_out():
    since = datetime(2025, 11, 15, tzinfo=UTC)
    found = dora.measure(since, since + timedelta(days=400))
    assert found.step == "month"
    assert [each.key.month for each in found.trend] == [11, 12, *range(1, 13)]
