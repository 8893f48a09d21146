"""`GET /api/health/status`, and what /api answers where no view does."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.utils import timezone

from monitoring import dead_man, health, slots
from operations import outbox
from operations.models import OutboxMessage, ScheduledJob
from ops_portal import errors, status
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def fail() -> None:
    raise ConnectionError("redis://:hunter2@10.0.0.1 refused")


def test_a_working_portal_is_ready(client: Client) -> None:
    response = client.get("/api/health/status")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["status"] == "ok"
    assert set(body["checks"]) == {"database", "cache", "broker", "migrations"}
    assert all(check["ok"] and check["milliseconds"] >= 0 for check in body["checks"].values())


def test_it_tells_of_the_last_health_check_and_whether_one_is_overdue(client: Client) -> None:
    now = slots.newest(timezone.now())
    assert client.get("/api/health/status").json()["lastCheck"] is None
    with time_machine.travel(now - 2 * slots.HOUR, tick=False):
        plan = builders.a_plan_in_phase(1)
        assert client.get("/api/health/status").json()["lastCheck"] is None
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        health.check(plan, actor=ROOT)
        found = client.get("/api/health/status").json()["lastCheck"]
        assert (found["slot"], found["overdue"]) == (f"{now:%Y-%m-%dT%H:%M:%SZ}", False)
    for minutes, overdue in [(80, False), (90, True)]:
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            response = client.get("/api/health/status")
            assert response.status_code == 200
            assert response.json()["lastCheck"]["overdue"] is overdue


def test_it_tells_whether_the_dead_man_rings(client: Client) -> None:
    assert client.get("/api/health/status").json()["deadMan"] == {"ringing": False, "since": None}
    now = timezone.now()
    with time_machine.travel(now - timedelta(hours=4), tick=False):
        builders.a_plan_in_phase(1)
    ScheduledJob.objects.create(pk=dead_man.JOB, due_at=now, last_done_at=now)
    with time_machine.travel(now, tick=False):
        dead_man.look()
    response = client.get("/api/health/status")
    assert response.status_code == 200
    assert response.json()["deadMan"] == {"ringing": True, "since": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}


def test_it_counts_messages_that_wait_that_are_late_and_that_were_given_up(client: Client) -> None:
    def counts() -> list[int]:
        found = client.get("/api/health/status").json()["deliveries"]
        return [found[name] for name in ("waiting", "late", "dead")]

    assert counts() == [0, 0, 0]
    messages = [outbox.put("mail", {}) for _ in range(5)]
    assert counts() == [5, 0, 0]
    now = timezone.now()
    rows = [OutboxMessage.objects.filter(pk=message.pk) for message in messages]
    rows[0].update(delivered_at=now)
    rows[1].update(dead_at=now)
    rows[2].update(due_at=now - timedelta(minutes=6))
    # It has failed for an hour, and is tried again later.
    rows[3].update(created_at=now - timedelta(hours=1), attempts=7, due_at=now + timedelta(hours=1))
    assert counts() == [3, 2, 1]


def test_it_tells_when_what_is_due_was_last_run_and_whether_that_is_too_long_ago(client: Client) -> None:
    assert client.get("/api/health/status").json()["schedule"] == {"lastTick": None, "stuck": False}
    now = timezone.now()
    row = ScheduledJob.objects.create(pk=dead_man.TICK_JOB, due_at=now, last_done_at=now)
    assert client.get("/api/health/status").json()["schedule"]["stuck"] is False
    row.last_done_at = now - timedelta(minutes=11)
    row.save()
    response = client.get("/api/health/status")
    assert response.status_code == 200
    assert response.json()["schedule"]["stuck"] is True


def test_what_it_tells_takes_few_queries_and_none_without_a_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    status.CHECKS["migrations"]()
    # One is the check of the database itself.
    with django_assert_max_num_queries(8):
        client.get("/api/health/status")
    monkeypatch.setitem(status.CHECKS, "database", fail)
    with django_assert_max_num_queries(0):
        body = client.get("/api/health/status").json()
    assert {body[name] for name in ("lastCheck", "deadMan", "deliveries", "schedule")} == {None}


def test_what_it_tells_stands_in_the_schema(client: Client) -> None:
    schemas = client.get("/api/schema?format=json").json()["components"]["schemas"]
    body = client.get("/api/health/status").json()
    assert set(schemas["HealthStatus"]["properties"]) == set(body)
    assert set(schemas["HealthStatusDeliveries"]["properties"]) == set(body["deliveries"])
    assert set(schemas["HealthStatusDeadMan"]["properties"]) == set(body["deadMan"])
    assert set(schemas["HealthStatusSchedule"]["properties"]) == set(body["schedule"])


@pytest.mark.parametrize("part", ["database", "cache", "broker", "migrations"])
def test_a_part_that_fails_makes_it_unready_without_telling_secrets(
    client: Client, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(status.CHECKS, part, fail)
    response = client.get("/api/health/status")
    assert response.status_code == 503
    body = response.json()
    assert body["status"] == "unavailable"
    assert [name for name, check in body["checks"].items() if not check["ok"]] == [part]
    assert b"hunter2" not in response.content


def test_a_migration_that_is_not_applied_makes_it_unready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(status.CHECKS, "migrations", status.Migrations())
    monkeypatch.setattr("ops_portal.status.MigrationExecutor.migration_plan", lambda *_: [object(), object()])
    body = client.get("/api/health/status").json()
    assert body["checks"]["migrations"]["message"] == "2 not applied"


def test_an_unknown_api_address_answers_in_the_apis_error_form(client: Client) -> None:
    response = client.get("/api/nothing")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_an_unknown_page_answers_as_a_page(client: Client) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_defect_under_api_answers_in_the_apis_error_form(rf: RequestFactory) -> None:
    assert errors.server_error(rf.get("/api/x"))["Content-Type"] == "application/json"
    assert errors.server_error(rf.get("/x"))["Content-Type"].startswith("text/html")


def test_the_front_door_leads_to_the_admin(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"] == "/admin/"


def test_pages_allow_no_inline_script_and_no_other_host(client: Client) -> None:
    for address in ("/admin/login/", "/api/docs"):
        response = client.get(address)
        assert response.status_code == 200
        policy = response["Content-Security-Policy"]
        script = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert script == "script-src 'self' 'unsafe-eval'"
        page = response.content.decode()
        assert "<script>" not in page
        assert 'src="http' not in page
        assert 'href="http' not in page.replace('href="https://www.djangoproject.com', "")


def test_whether_it_is_alive_asks_nothing(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = client.get("/api/health/status?live")

    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert response.headers["Cache-Control"] == "no-store"


def test_it_is_asked_without_https_from_within(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/api/health/status?live").status_code == 200
    assert client.get("/api/status").status_code == 301
