"""Feedback over HTTP: the guide's payload, each field wrong in each way, repeats, and strange texts."""

import json
from typing import Any

import pytest
from django.test import Client

from feedback.models import Original, Ticket
from operations.models import AuditEvent, OutboxMessage
from tests import builders
from tests.doors import an_api_key, bearing, post
from tests.feedback.builders import GUIDE

pytestmark = pytest.mark.django_db

FEEDBACK = "/api/monitoring/feedback"
LEAST = {"category": "bug_report", "title": "No reminders", "description": "None is sent."}
LIMITS = {
    "title": 200,
    "description": 100_000,
    "featureArea": 100,
    "browserInfo": 200,
    "deviceInfo": 200,
    "expectedBehavior": 5_000,
    "actualBehavior": 5_000,
    "workspace": 200,
    "module": 200,
    "release": 60,
    "reporter.name": 200,
    "reporter.email": 254,
    "reporter.locale": 35,
}
CHOICES = ("category", "severity")
RATINGS = ("satisfactionRating", "usabilityRating", "performanceRating")
REQUIRED = ("category", "title", "description")
NO_TEXT = (None, 5, 2.5, True, ["a"], {"a": "b"})
BAD_TEXT = ("a\0b", "half \ud83d of one")


def wrong() -> dict[str, list[Any]]:
    """Each field with the values that it must refuse."""
    found: dict[str, list[Any]] = {name: [*NO_TEXT, *BAD_TEXT, "x" * (LIMITS[name] + 1)] for name in LIMITS}
    found |= {name: [*NO_TEXT, *BAD_TEXT, "", " ", "odd", "Bug_Report", "x" * 1_000] for name in CHOICES}
    for name in ("title", "description"):
        found[name] += ["", " \n\t"]
    found |= {name: [None, 0, 6, -1, 2.5, True, False, "3", "", [], {}, 10**30] for name in RATINGS}
    found["steps"] = [None, "first this", 5, True, {}, {"0": "a"}, ["a"] * 51]
    found["steps.1"] = [*NO_TEXT, *BAD_TEXT, "", " ", "x" * 1_001]
    found["reporter"] = [None, "Anna", 5, True, [], ["a"]]
    found["workspace"] += ["W404"]
    found["module"] += ["nothing"]
    found["reporter.locale"] += ["?"]
    found["reporter.email"] += ["anna", "anna@", "@example.org", "a@b", "a@example.org, b@example.org"]
    unknown = ("colour", "feature_area", "Title", "x" * 500, "\ud83d", "reporter.phone", "id", "state")
    return found | {name: ["red"] for name in unknown}


def with_value(name: str, value: Any) -> dict[str, Any]:
    """The guide's payload with one field so."""
    body: dict[str, Any] = {**GUIDE, "reporter": {"name": "Anna", "email": "anna@example.org"}}
    if name.startswith("reporter."):
        body["reporter"][name.partition(".")[2]] = value
    elif name == "steps.1":
        body["steps"] = ["Open it", value]
    else:
        body[name] = value
    return body


@pytest.fixture
def key() -> str:
    return an_api_key("feedback")


def send(key: str, body: Any, **headers: str) -> Any:
    return post(FEEDBACK, body, key, **headers)


def test_the_guides_payload_is_a_ticket(key: str) -> None:
    answer = send(key, GUIDE)
    assert answer.status_code == 201, answer.json()
    ticket = Ticket.objects.get()
    found = answer.json()
    assert set(found) == {"reference", "status", "category", "severity", "receivedAt", "redacted", "link"}
    assert found["reference"] == ticket.reference == f"FB-{ticket.pk}"
    assert (found["status"], found["category"], found["severity"]) == ("new", "bug_report", "high")
    assert found["redacted"] == []
    assert ticket.title == GUIDE["title"]
    assert ticket.description == GUIDE["description"]
    assert (ticket.feature_area, ticket.browser_info) == ("reminders", "Chrome 118.0.0.0")
    assert (ticket.device_info, ticket.steps) == ("Windows 11", GUIDE["steps"])
    assert ticket.expected_behavior == GUIDE["expectedBehavior"]
    assert ticket.actual_behavior == GUIDE["actualBehavior"]
    ratings = (ticket.satisfaction_rating, ticket.usability_rating, ticket.performance_rating)
    assert ratings == (2, 3, 4)
    assert (ticket.source, ticket.received_by) == ("api", "api:product")
    assert AuditEvent.objects.get(action="ticket.submitted").who == "api:product"


def test_three_fields_are_enough_and_the_severity_is_medium(key: str) -> None:
    assert send(key, LEAST).status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.steps, ticket.satisfaction_rating) == ("medium", [], None)


def test_it_says_where_it_was_said_and_who_said_it(key: str) -> None:
    builders.modules()
    builders.workspaces(["W1"])
    reporter = {"name": "Anna Müller", "email": "anna@example.org", "locale": "de-CH"}
    more = {"workspace": "W1", "module": "patient_engagement", "release": "2.4.0", "reporter": reporter}
    answer = send(key, {**LEAST, **more})
    assert answer.status_code == 201, answer.json()
    ticket = Ticket.objects.get()
    assert ticket.workspace_id == "W1"
    assert ticket.module is not None
    assert (ticket.module.key, ticket.release) == ("patient_engagement", "2.4.0")
    assert (ticket.reporter_name, ticket.reporter_email) == ("Anna Müller", "anna@example.org")
    assert ticket.reporter_locale == "de-CH"


@pytest.mark.parametrize("name", sorted({*LIMITS, "steps"} - {*REQUIRED}))
def test_what_is_empty_counts_as_not_given_where_it_may_be_left_out(key: str, name: str) -> None:
    assert send(key, with_value(name, [] if name == "steps" else "")).status_code == 201


@pytest.mark.parametrize(("name", "values"), wrong().items())
def test_each_field_that_is_wrong_is_named_and_nothing_is_kept(
    key: str, name: str, values: list[Any]
) -> None:
    for value in values:
        answer = send(key, with_value(name, value))
        assert answer.status_code == 400, (value, answer.content)
        error = answer.json()["error"]
        assert error["code"] == "invalid"
        # Half a character cannot be answered, and long names are cut.
        assert list(error["fields"]) == [name.replace("\ud83d", "?")[:100]], value
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize("name", REQUIRED)
def test_each_field_that_is_missing_is_named(key: str, name: str) -> None:
    answer = send(key, {field: value for field, value in GUIDE.items() if field != name})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [name]


def test_all_faults_are_named_at_once(key: str) -> None:
    answer = send(key, {"category": "odd", "title": "", "satisfactionRating": 9, "steps": [""]})
    found = answer.json()["error"]["fields"]
    assert set(found) == {"category", "title", "description", "satisfactionRating", "steps.0"}


@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"a"', "5", "true", "{", "\0", "[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_object_is_refused(key: str, body: Any) -> None:
    answer = send(key, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in ("malformed", "invalid")


def test_a_title_of_ten_megabytes_is_refused(key: str) -> None:
    assert send(key, {**LEAST, "title": "x" * (10 * 1024 * 1024)}).status_code == 413
    answer = send(key, {**LEAST, "title": "x" * (9 * 1024 * 1024)})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["title"]
    assert len(answer.content) < 500


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE feedback_ticket; --",
        "{{ 7 * 7 }} {% load x %} ${7*7}",
        "التذكيرات لا تُرسل",
        "התזכורות אינן נשלחות",
        "\u202eevil\u202c right to left",
        "👩\u200d⚕️💊 🇬🇧",
        "=HYPERLINK(1)",
        "a\u0301\u0302\u0303",
        "日本語のテキスト",
        "\ufeffwith a mark",
    ],
)
def test_strange_texts_are_kept_as_they_are(key: str, text: str) -> None:
    body = {**LEAST, "title": text, "description": text, "steps": [text], "featureArea": text}
    assert send(key, body).status_code == 201
    ticket = Ticket.objects.get()
    assert ticket.title == text
    assert ticket.description == text
    assert ticket.feature_area == text
    assert ticket.steps == [text]


def test_what_looks_like_patient_data_is_taken_out_and_named(key: str) -> None:
    body = {
        **LEAST,
        "title": "Reminder for 943 476 5919 is late",
        "description": "Patient Jane Doe, born 12/03/1980, has none; nor has 401 023 2137.",
        "steps": ["Open it", "Search for jane@example.org"],
    }
    answer = send(key, body)
    assert answer.status_code == 201
    assert answer.json()["redacted"] == [
        {"field": "title", "kind": "NHS number", "count": 1},
        {"field": "description", "kind": "NHS number", "count": 1},
        {"field": "description", "kind": "date of birth", "count": 1},
        {"field": "description", "kind": "name", "count": 1},
        {"field": "steps", "kind": "e-mail address", "count": 1},
    ]
    ticket = Ticket.objects.get()
    assert ticket.title == "Reminder for [NHS number] is late"
    assert ticket.steps == ["Open it", "Search for [e-mail address]"]
    assert "943" not in json.dumps(answer.json())
    assert Original.objects.get(field="title").text == body["title"]


def test_the_link_shows_the_ticket_to_its_reporter(key: str) -> None:
    link = send(key, GUIDE).json()["link"]
    path = link.partition("//")[2].partition("/")[2]
    page = Client().get(f"/{path}")
    assert page.status_code == 200
    assert Ticket.objects.get().reference in page.content.decode()


def test_its_reporter_gets_a_receipt(key: str) -> None:
    send(key, {**GUIDE, "reporter": {"email": "anna@example.org"}})
    assert "anna@example.org" in json.dumps(OutboxMessage.objects.get().payload)


def test_a_repeat_under_one_idempotency_key_is_one_ticket(key: str) -> None:
    answers = [send(key, GUIDE, **{"Idempotency-Key": "a"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert Ticket.objects.count() == 1
    assert send(key, LEAST, **{"Idempotency-Key": "a"}).status_code == 409
    assert send(key, GUIDE, **{"Idempotency-Key": "b"}).status_code == 201
    assert Ticket.objects.count() == 2


def test_after_a_fault_the_idempotency_key_is_free(key: str) -> None:
    assert send(key, {**GUIDE, "workspace": "W404"}, **{"Idempotency-Key": "a"}).status_code == 400
    assert send(key, GUIDE, **{"Idempotency-Key": "a"}).status_code == 201


def test_another_scope_and_no_key_are_refused() -> None:
    assert send(an_api_key("read", "respond", "ingest"), GUIDE).status_code == 403
    assert Client().post(FEEDBACK, GUIDE, content_type="application/json").status_code == 401
    assert Ticket.objects.count() == 0


def test_other_methods_and_other_bodies_are_refused(key: str) -> None:
    assert Client().get(FEEDBACK, **bearing(key)).status_code == 405
    assert Client().post(FEEDBACK, GUIDE, **bearing(key)).status_code == 415
