"""A rollout to 631 real pharmacies, watched from the command line; their traffic comes through the API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from monitoring.slots import HOUR
from tests import builders
from tests.doors import Ran, an_api_key, post, run
from tests.pharmacies import IMPORT, codes, needs_pharmacies

pytestmark = [pytest.mark.django_db, needs_pharmacies]

BEGUN = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LARGEST = 5_000
BUCKETS = {"50": 20, "100": 80, "200": 100} | dict.fromkeys(
    ("300", "500", "1000", "2000", "5000", "+Inf"), 100
)
Failing = Callable[[str, datetime], int]


def healthy(pharmacy: str, hour: datetime) -> int:
    """Of a hundred requests one fails on average: none, one or two."""
    return (ord(pharmacy[-1]) + hour.hour + hour.day) % 3


class Product:
    """Posts every pharmacy's hour, a hundred requests, in batches as large as they may be."""

    def __init__(self) -> None:
        self.key = an_api_key("ingest")
        self.batches = 0

    def post(self, since: datetime, until: datetime, errors: Failing = healthy) -> None:
        hours = [since + number * HOUR for number in range(int((until - since) / HOUR))]
        samples = [self._sample(each, hour, errors) for hour in hours for each in codes()]
        with time_machine.travel(until, tick=False):
            for start in range(0, len(samples), LARGEST):
                self._send(samples[start : start + LARGEST])

    def _send(self, samples: list[dict[str, Any]]) -> None:
        self.batches += 1
        body = {"batch": f"b{self.batches}", "module": "patient_engagement", "samples": samples}
        answer = post("/api/monitoring/metrics", body, self.key)
        assert answer.status_code == 200, answer.content
        assert answer.json()["accepted"] == len(samples)

    def _sample(self, pharmacy: str, hour: datetime, errors: Failing) -> dict[str, Any]:
        return {
            "workspace": pharmacy,
            "at": hour.isoformat(),
            "requests": 100,
            "errors": errors(pharmacy, hour),
            "latencyBuckets": BUCKETS,
            "latencySumMs": 7_000,
            "counters": {"appointmentsCreated": 1},
        }


def at(hours: float) -> time_machine.travel:
    return time_machine.travel(BEGUN + hours * HOUR + timedelta(minutes=10), tick=False)


def monitored(hours: float) -> Ran:
    with at(hours):
        return run("monitor_rollout", "--json")


@pytest.fixture
def product() -> Product:
    """Phase 1 on 64 of 631 pharmacies, after two weeks in which each had one hour of traffic a day."""
    builders.modules()
    assert run(*IMPORT, "--json").document["created"] == 631
    made = Product()
    for back in range(1, 15):
        made.post(BEGUN - back * DAY, BEGUN - back * DAY + HOUR)
    with time_machine.travel(BEGUN, tick=False):
        assert run("rollout", "phase", "1", "ada@example.org", "--json").document["gain"] == 64
    return made


def failing(pharmacies: list[str]) -> Failing:
    ill = frozenset(pharmacies)
    return lambda pharmacy, hour: 30 if pharmacy in ill else healthy(pharmacy, hour)


def test_a_healthy_day_passes_and_a_regression_in_the_64_is_paused_within_two_checks(
    product: Product,
) -> None:
    product.post(BEGUN, BEGUN + DAY)
    passed = monitored(24)
    assert (passed.code, passed.document["verdict"]) == (0, "pass"), passed.out
    product.post(BEGUN + DAY, BEGUN + DAY + 2 * HOUR, failing(codes()[:64]))
    found = monitored(25)
    if found.code != 3:
        found = monitored(26)
    assert (found.code, found.document["action"], found.document["cause"]) == (3, "paused", "feature")
    with at(26):
        status = run("rollout", "status", "--json").document
    assert (status["status"], status["enabled"], status["verdict"]) == ("paused", 64, "breach")


def test_the_same_regression_in_all_631_is_held_and_the_platform_is_blamed(product: Product) -> None:
    product.post(BEGUN, BEGUN + DAY)
    assert monitored(24).code == 0
    product.post(BEGUN + DAY, BEGUN + DAY + 4 * HOUR, failing(codes()))
    for hours in (25, 26, 27, 28):
        found = monitored(hours)
        assert (found.code, found.document["verdict"]) == (2, "hold")
        assert (found.document["cause"], found.document["action"]) == ("platform", None)
        assert "the feature is not the cause" in found.document["summary"]
    with at(28):
        assert run("rollout", "status", "--json").document["status"] == "running"
