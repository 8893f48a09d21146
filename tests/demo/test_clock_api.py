"""`/api/demo/clock`: who may move it, how far, among whom, and what happens then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from monitoring.models import HealthCheck
from operations import keys
from operations.admin.keys import KeyForm
from operations.errors import Invalid
from operations.models import ScheduledJob
from ops_portal.demo_clock import CLOCK, clock
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.doors import an_api_key, bearing, post

pytestmark = pytest.mark.django_db

PATH = "/api/demo/clock"
NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def moving(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A portal whose clock can be moved, from half past twelve on."""
    settings.DEMO_CLOCK = True
    monkeypatch.setattr(timezone, "now", clock.now)
    CLOCK.attach(tmp_path / "demo_clock")
    with time_machine.travel(NOON, tick=False):
        yield
    CLOCK.detach()


def a_demo() -> str:
    """Both modules, twelve workspaces of a demo, and a key that may move the clock."""
    builders.modules()
    builders.workspaces(f"demo-{number:03}" for number in range(12))
    return an_api_key("demo", "read", "rollout")


def test_it_moves_the_clock_and_runs_what_is_due(moving: None) -> None:
    key = a_demo()
    assert post("/api/rollouts/patient_engagement/phase", {"number": 1}, key).status_code == 200
    answer = post(PATH, {"hours": 1}, key).json()
    assert answer["now"] == (NOON + HOUR).isoformat().replace("+00:00", "Z")
    assert answer["aheadHours"] == 1
    ran = {line["job"]: line for line in answer["ran"]}
    assert "Patient Engagement: unknown" in ran["health-checks"]["result"]
    assert HealthCheck.objects.get().slot == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert ScheduledJob.objects.get(pk="health-checks").due_at == datetime(2026, 3, 2, 14, 10, tzinfo=UTC)


def test_it_tells_the_time_without_moving_it(moving: None) -> None:
    key = a_demo()
    post(PATH, {"hours": 1.5}, key)
    told = Client().get(PATH, **bearing(key)).json()
    assert told == {"now": "2026-03-02T14:00:00Z", "aheadHours": 1.5, "refused": ""}


def test_two_at_once_come_one_after_the_other(moving: None, transactional_db: None) -> None:
    key = a_demo()
    move = lambda: post(PATH, {"hours": 1}, key).status_code  # noqa: E731
    assert at_once(move, move) == [200, 200]
    assert CLOCK.ahead() == 2 * HOUR


@pytest.mark.parametrize("hours", [0, -1, 2.1, 1e9, "one", None, True])
def test_it_goes_ahead_by_two_hours_at_most_and_never_back(moving: None, hours: Any) -> None:
    answer = post(PATH, {"hours": hours}, a_demo())
    assert answer.status_code == 400
    assert CLOCK.ahead() == timedelta(0)


def test_a_real_customers_clock_is_never_moved(moving: None) -> None:
    key = a_demo()
    builders.workspaces(["FA002"])
    answer = post(PATH, {"hours": 1}, key)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "real_workspaces"
    assert "FA002" in answer.json()["error"]["message"]
    assert "FA002" in Client().get(PATH, **bearing(key)).json()["refused"]
    assert CLOCK.ahead() == timedelta(0)


def test_another_key_may_not_move_it(moving: None) -> None:
    key = an_api_key("rollout", "read", "ingest")
    assert post(PATH, {"hours": 1}, key).status_code == 403
    assert Client().post(PATH).status_code == 401


def test_where_it_is_off_there_is_no_such_call_and_no_such_scope(settings: Any) -> None:
    settings.DEMO_CLOCK = True
    key = an_api_key("demo")
    settings.DEMO_CLOCK = False
    for answer in (post(PATH, {"hours": 1}, key), Client().get(PATH), Client().post(PATH)):
        assert answer.status_code == 404
    with pytest.raises(Invalid, match="demo unknown"):
        keys.create("another", ["demo"], actor=ROOT)
    assert "demo" not in dict(KeyForm().fields["scopes"].choices)  # type: ignore[attr-defined]


def test_the_health_status_says_how_far_it_is_ahead(moving: None) -> None:
    assert Client().get("/api/health/status").json()["demoClock"] == {"aheadHours": 0}
    post(PATH, {"hours": 2}, a_demo())
    assert Client().get("/api/health/status").json()["demoClock"] == {"aheadHours": 2}


def test_the_health_status_says_nothing_of_it_elsewhere() -> None:
    assert Client().get("/api/health/status").json()["demoClock"] is None


def test_whoever_is_signed_in_stays_so_over_four_weeks(moving: None, settings: Any) -> None:
    settings.SESSION_COOKIE_AGE = 365 * 24 * 60 * 60
    browser = builders.signed_in("Viewer")
    CLOCK.move(timedelta(days=28))
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("page", ["/admin/", "/admin/rollout/plan/"])
def test_every_page_says_that_the_clock_is_ahead(moving: None, settings: Any, page: str) -> None:
    settings.SESSION_COOKIE_AGE = 365 * 24 * 60 * 60
    browser = builders.signed_in("Viewer")
    assert b"clock runs" not in browser.get(page).content
    CLOCK.move(timedelta(days=28))
    assert "this portal&#x27;s clock runs 28 days ahead." in browser.get(page).content.decode()
