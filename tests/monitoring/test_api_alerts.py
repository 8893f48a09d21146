"""Alerts over HTTP: the contract's keys, scopes, repeats, and faults that name their field."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from monitoring.models import Alert
from operations.models import AuditEvent
from tests import builders
from tests.doors import an_api_key, get, post
from tests.monitoring.alarms import again, an_alert, raised

pytestmark = pytest.mark.django_db

ALERTS = "/api/monitoring/alerts"
KEYS = {"id", "level", "urgency", "title", "module", "status", "count", "firstSeen", "lastSeen", "due"}


@pytest.fixture
def key() -> str:
    return an_api_key("respond", "read")


def listed(key: str, query: str = "") -> list[dict[str, Any]]:
    answer = get(f"{ALERTS}{query}", key)
    assert answer.status_code == 200, answer.json()
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


def test_open_alerts_are_listed_by_what_is_owed_first(key: str) -> None:
    raised("warning", "Slow")
    raised("critical", "Data lost")
    raised("error", "No reminders")
    found = listed(key)
    assert [alert["title"] for alert in found] == ["Data lost", "No reminders", "Slow"]
    assert set(found[0]) >= KEYS
    assert (found[0]["status"], found[0]["owes"], found[0]["module"]) == ("open", "acknowledge", None)


def test_filters_choose_and_pages_follow_one_another(key: str) -> None:
    builders.modules()
    raised("error", "One", module=builders.engagement().module)
    raised("warning", "Two", module=builders.health().module)
    raised("warning", "Three")
    assert [alert["title"] for alert in listed(key, "?module=patient_engagement")] == ["One", "Three"]
    assert [alert["title"] for alert in listed(key, "?level=warning")] == ["Two", "Three"]
    first = get(f"{ALERTS}?limit=2", key).json()
    assert (len(first["alerts"]), first["more"]) == (2, True)
    assert [alert["title"] for alert in listed(key, "?limit=2&offset=2")] == ["Three"]


@pytest.mark.parametrize(
    "status", ["unacknowledged", "acknowledged", "silenced", "pending", "resolved", "all"]
)
def test_each_status_can_be_asked_for(key: str, status: str) -> None:
    an_alert("a", hold_for=timedelta(minutes=5))
    acknowledged, resolved = raised("error", "b"), raised("error", "c")
    post(f"{ALERTS}/{acknowledged.pk}/acknowledge", {}, key)
    post(f"{ALERTS}/{resolved.pk}/resolve", {}, key)
    raised("error", "d")
    wanted = {"unacknowledged": ["d"], "acknowledged": ["b"], "silenced": [], "resolved": ["c"]}
    titles = [alert["title"] for alert in listed(key, f"?status={status}")]
    assert titles == wanted.get(status, titles)
    assert len(titles) == {"all": 4, "pending": 1, "silenced": 0}.get(status, 1)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("?status=odd", 400, "status"),
        ("?level=fatal", 400, "level"),
        ("?limit=0", 400, "limit"),
        ("?limit=501", 400, "limit"),
        ("?offset=-1", 400, "offset"),
        ("?limit=1e3", 400, "limit"),
        ("?module=nothing", 404, None),
        ("?module=%00", 404, None),
    ],
)
def test_a_wrong_question_names_its_parameter(key: str, query: str, status: int, field: str | None) -> None:
    answer = get(f"{ALERTS}{query}", key)
    assert answer.status_code == status
    assert list(answer.json()["error"].get("fields", {None: ""})) == [field]


def test_the_product_raises_what_no_metric_shows(key: str) -> None:
    builders.modules()
    body = {
        "title": "Prescriptions lost",
        "level": "critical",
        "urgency": 99,
        "module": "patient_engagement",
        "summary": "37 rows are gone",
        "affected": "FA002",
        "labels": {"table": "prescription"},
    }
    answer = post(ALERTS, body, key)
    assert answer.status_code == 201, answer.json()
    found = answer.json()
    assert (found["level"], found["urgency"], found["source"]) == ("critical", 99, "product")
    alert = Alert.objects.get()
    assert alert.due_at == alert.first_seen + timedelta(minutes=5)
    whole = get(f"{ALERTS}/{alert.pk}", key).json()
    assert (whole["summary"], whole["labels"], whole["events"][0]["kind"]) == (
        "37 rows are gone",
        {"table": "prescription"},
        "fired",
    )
    assert [stage["name"] for stage in whole["stages"]] == [
        "acknowledge",
        "respond",
        "resolve",
        "post-mortem",
    ]
    assert AuditEvent.objects.get(action="alert.raised").who == "api:product"


def test_a_repeat_under_one_idempotency_key_counts_once(key: str) -> None:
    body = {"title": "Prescriptions lost", "level": "critical"}
    answers = [post(ALERTS, body, key, **{"Idempotency-Key": "a"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert Alert.objects.get().count == 1
    assert post(ALERTS, {**body, "level": "error"}, key, **{"Idempotency-Key": "a"}).status_code == 409


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": 5}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"level": "fatal"}, "level"),
        ({"urgency": 10}, "urgency"),
        ({"urgency": "95"}, "urgency"),
        ({"url": "ftp://x"}, "url"),
        ({"labels": {"a": 1}}, "labels.a"),
        ({"labels": []}, "labels"),
        ({"summary": "a\0"}, "summary"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_body_names_its_field_and_raises_nothing(
    key: str, values: dict[str, Any], field: str
) -> None:
    answer = post(ALERTS, {"title": "Data lost", "level": "critical", **values}, key)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not Alert.objects.exists()


def test_it_is_acknowledged_answered_and_resolved_each_once(key: str) -> None:
    alert = raised()
    for verb, state in (
        ("acknowledge", "acknowledged"),
        ("respond", "acknowledged"),
        ("resolve", "resolved"),
    ):
        answer = post(f"{ALERTS}/{alert.pk}/{verb}", {"note": "seen", "by": "ada"}, key)
        assert (answer.status_code, answer.json()["status"]) == (200, state)
    again_ = post(f"{ALERTS}/{alert.pk}/resolve", {}, key)
    assert (again_.status_code, again_.json()["error"]["code"]) == (409, "resolved")
    assert again(alert).acknowledged_by == "api:product (ada)"


def test_what_is_not_there_is_not_found(key: str) -> None:
    assert get(f"{ALERTS}/7", key).status_code == 404
    assert get(f"{ALERTS}/{10**30}", key).status_code == 404
    assert post(f"{ALERTS}/7/acknowledge", {}, key).status_code == 404


def test_scopes_part_reading_from_responding() -> None:
    alert = raised()
    reader, responder = an_api_key("read", name="reader"), an_api_key("respond", name="responder")
    assert get(ALERTS, responder).status_code == 403
    assert post(ALERTS, {"title": "x", "level": "info"}, reader).status_code == 403
    assert post(f"{ALERTS}/{alert.pk}/acknowledge", {}, reader).status_code == 403
    assert again(alert).state == "open"


def test_a_list_takes_as_many_queries_long_as_short(key: str, django_assert_num_queries: Any) -> None:
    for length in (1, 20):
        for each in range(length):
            raised("error", f"{length} {each}")
        with django_assert_num_queries(2):
            listed(key)


def test_due_counts_from_when_it_fired(key: str) -> None:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        raised("error", "Slow")
        assert listed(key)[0]["due"] == "2026-03-02T14:00:00Z"
        assert timezone.now().isoformat() == "2026-03-02T12:00:00+00:00"
