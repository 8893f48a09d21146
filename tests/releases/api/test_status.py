"""`GET /api/status`: maintenance for everybody, and nothing that is the team's own."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from operations import windows
from tests.builders import ROOT
from tests.releases.announcements.builders import HOUR, MINUTE, a_window, an_end_of, announce

pytestmark = pytest.mark.django_db

NOON = "2026-06-01T12:00:00+00:00"


def status(**headers: str) -> Any:
    return Client().get("/api/status", headers=headers)


def test_without_maintenance_there_is_nothing_to_say() -> None:
    a_window(kind="freeze", title="Secret launch", after=-MINUTE)
    heard = status()
    assert heard.json() == {"maintenance": False, "current": None, "next": None, "banner": None}


def test_it_tells_of_maintenance_from_its_planning_to_its_end() -> None:
    with time_machine.travel(NOON, tick=False):
        window = a_window(after=HOUR)
        planned = status().json()
    told = {
        "title": "Upgrade",
        "state": "planned",
        "startsAt": "2026-06-01T13:00:00Z",
        "endsAt": "2026-06-01T14:00:00Z",
    }
    assert planned == {"maintenance": False, "current": None, "next": told, "banner": None}
    with time_machine.travel(window.starts_at - 30 * MINUTE, tick=False):
        near = status().json()
    assert near["next"]["state"] == "announced"
    assert near["banner"] == {
        "kind": "maintenance",
        "text": "Maintenance from 2026-06-01 13:00 UTC until 2026-06-01 14:00 UTC: Upgrade",
        "until": "2026-06-01T13:00:00Z",
    }
    with time_machine.travel(window.starts_at, tick=False):
        now = status().json()
    assert (now["maintenance"], now["current"]["state"], now["next"]) == (True, "in_force", None)
    assert now["banner"]["text"] == "Maintenance is under way until 2026-06-01 14:00 UTC: Upgrade"
    with time_machine.travel(window.starts_at + HOUR, tick=False):
        assert status().json()["maintenance"] is False


def test_times_are_told_in_the_portals_zone_with_its_name() -> None:
    with time_machine.travel(NOON, tick=False), timezone.override("Europe/London"):
        a_window(after=-MINUTE, lasts=None)
        a_window(after=20 * MINUTE, title="Next")
        heard = status().json()
    assert heard["banner"]["text"] == "Maintenance is under way: Upgrade"
    assert heard["next"]["title"] == "Next"


def test_of_several_windows_in_force_the_one_that_ends_last_counts() -> None:
    a_window(after=-MINUTE, title="Short")
    a_window(after=-HOUR, lasts=9 * HOUR, title="Long")
    assert status().json()["current"]["title"] == "Long"
    a_window(after=-MINUTE, lasts=None, title="Open")
    assert status().json()["current"]["title"] == "Open"


def test_an_incident_is_shown_until_it_is_over_unless_maintenance_holds() -> None:
    incident = announce(kind="incident", title="Reminders are late")
    announce(kind="incident", title="For some", audience="module", module=_module())
    assert status().json()["banner"] == {"kind": "incident", "text": "Reminders are late", "until": None}
    window = a_window(after=-MINUTE)
    assert status().json()["banner"]["kind"] == "maintenance"
    windows.end(window, actor=ROOT)
    an_end_of(incident, "complete")
    assert status().json()["banner"] is None


def test_it_costs_two_queries_and_may_be_kept_for_a_moment(django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        a_window(after=(number + 1) * 20 * MINUTE)
    with django_assert_max_num_queries(2):
        heard = status()
    assert heard.headers["Cache-Control"] == "public, max-age=10"
    again = status(**{"If-None-Match": heard.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    a_window(after=-MINUTE)
    assert status(**{"If-None-Match": heard.headers["ETag"]}).status_code == 200


def test_who_asks_too_often_is_told_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from operations.doors.api import AnonymousThrottle

    monkeypatch.setattr(AnonymousThrottle, "__init__", _twice)
    assert [status().status_code for _ in range(3)] == [200, 200, 429]
    assert status().headers["Retry-After"].isdigit()


def _twice(self: Any) -> None:
    self.most, self.window = 2, 60


def _module() -> Any:
    from tests import builders

    builders.modules()
    return builders.module()
