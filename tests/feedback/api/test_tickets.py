"""Tickets over HTTP: listed by filters, moved by every step, answered and merged, and refused by contract."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.lifecycle import TRANSITIONS, allowed
from feedback.models import Message, Tag, Ticket
from operations.models import AuditEvent
from tests import builders
from tests.doors import an_api_key, get, post
from tests.feedback.builders import a_ticket, a_ticket_in, an_agent, in_quarantine

pytestmark = pytest.mark.django_db

TICKETS = "/api/monitoring/feedback/tickets"
NEEDS = {
    "assign": {"owner": "hedy"},
    "decline": {"reason": "As designed"},
    "reopen": {"reason": "It is back"},
    "resolve": {"fixedIn": "2.4.1"},
}


@pytest.fixture
def key() -> str:
    return an_api_key("respond")


def listed(key: str, query: str = "") -> list[str]:
    answer = get(f"{TICKETS}{query}", key)
    assert answer.status_code == 200, answer.json()
    return [ticket["title"] for ticket in answer.json()["tickets"]]


def act(key: str, ticket: Ticket, verb: str, body: Any = None, **headers: str) -> Any:
    return post(f"{TICKETS}/{ticket.reference}/{verb}", body if body is not None else {}, key, **headers)


def test_open_tickets_are_listed_the_worst_first_and_of_these_the_oldest(key: str) -> None:
    a_ticket(title="Slow", severity="low")
    a_ticket(title="Lost", severity="critical")
    a_ticket(title="Lost too", severity="critical")
    a_ticket_in("closed", title="Done")
    in_quarantine(title="Spam")
    assert listed(key) == ["Lost", "Lost too", "Slow"]
    assert listed(key, "?status=quarantine") == ["Spam"]
    assert listed(key, "?status=closed") == ["Done"]
    assert len(listed(key, "?status=all")) == 5


def test_filters_choose_and_pages_follow_one_another(key: str) -> None:
    builders.modules()
    builders.workspaces(["W1"])
    one = a_ticket(title="One", workspace="W1", module="patient_engagement")
    a_ticket(title="Two", category="feature_request", module="patient_engagement")
    a_ticket(title="Three", severity="high")
    one.tags.add(Tag.objects.create(name="sms"))
    assert listed(key, "?workspace=W1") == ["One"]
    assert listed(key, "?module=patient_engagement") == ["One", "Two"]
    assert listed(key, "?category=feature_request") == ["Two"]
    assert listed(key, "?severity=high") == ["Three"]
    assert listed(key, "?tag=sms&category=bug_report") == ["One"]
    assert listed(key, "?tag=none") == []
    assert listed(key, "?status=unassigned&limit=1&offset=1") == ["One"]
    first = get(f"{TICKETS}?limit=2", key).json()
    assert (len(first["tickets"]), first["more"]) == (2, True)
    assert get(f"{TICKETS}?limit=3", key).json()["more"] is False


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?status=odd", "status"),
        ("?category=odd", "category"),
        ("?severity=odd", "severity"),
        ("?limit=0", "limit"),
        ("?limit=501", "limit"),
        ("?offset=-1", "offset"),
        ("?module=%00", "module"),
        ("?workspace=%00", "workspace"),
        ("?tag=%00", "tag"),
        ("?owner=%00", "owner"),
    ],
)
def test_a_wrong_question_names_its_parameter(key: str, query: str, field: str) -> None:
    answer = get(f"{TICKETS}{query}", key)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_a_list_asks_the_same_number_of_questions_however_long_it_is(key: str) -> None:
    builders.modules()
    builders.workspaces(["W1"])

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            get(TICKETS, key)
        return len(seen)

    a_ticket(workspace="W1", module="patient_engagement")
    queries()
    few = queries()
    for number in range(5):
        a_ticket(title=f"Ticket {number}", workspace="W1", module="patient_engagement")
    a_ticket_in("assigned")
    assert queries() == few


def test_one_ticket_is_told_whole(key: str) -> None:
    ticket = a_ticket(title="One", reporter_name="Anna")
    act(key, ticket, "note", {"body": "Seen it"})
    whole = get(f"{TICKETS}/{ticket.reference}", key).json()
    assert (whole["reference"], whole["title"], whole["status"]) == (ticket.reference, "One", "new")
    assert whole["reporter"]["name"] == "Anna"
    assert whole["allowed"] == list(allowed("new"))
    assert [message["body"] for message in whole["messages"]] == ["Seen it"]
    assert [event["kind"] for event in whole["history"]] == ["received", "mailed", "noted"]
    assert get(f"{TICKETS}/{ticket.pk}", key).json()["reference"] == ticket.reference
    assert get(f"{TICKETS}/fb-{ticket.pk}", key).status_code == 200


@pytest.mark.parametrize("reference", ["FB-404", "0", "FB-", "x", "%00", "1" * 30, "FB-1x", "-1"])
def test_what_names_no_ticket_is_not_found(key: str, reference: str) -> None:
    for answer in (
        get(f"{TICKETS}/{reference}", key),
        post(f"{TICKETS}/{reference}/triage", {}, key),
        post(f"{TICKETS}/{reference}/note", {"body": "a"}, key),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


def test_a_step_says_who_asked_for_it_and_why(key: str) -> None:
    ticket = a_ticket()
    answer = act(key, ticket, "decline", {"reason": "As designed", "by": "grace"})
    assert answer.status_code == 200
    event = AuditEvent.objects.get(action="ticket.declined")
    assert (event.who, str(event.reason)) == ("api:product for grace", "As designed")


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("explode", {}, "transition"),
        ("assign", {}, "owner"),
        ("assign", {"owner": "nobody"}, "owner"),
        ("assign", {"owner": 5}, "owner"),
        ("assign", {"owner": "a\0"}, "owner"),
        ("triage", {"owner": "grace"}, "owner"),
        ("triage", {"fixedIn": "1.0"}, "fixedIn"),
        ("triage", {"version": "1"}, "version"),
        ("triage", {"version": 0}, "version"),
        ("triage", {"colour": "red"}, "colour"),
        ("decline", {}, "reason"),
        ("decline", {"reason": "x" * 501}, "reason"),
        ("decline", {"reason": None}, "reason"),
        ("note", {}, "body"),
        ("note", {"body": " "}, "body"),
        ("note", {"body": "x" * 10_001}, "body"),
        ("reply", {"body": 5}, "body"),
        ("reply", {"body": "a\0"}, "body"),
        ("reply", {"body": "\ud83d"}, "body"),
        ("reply", {"body": "a", "waits": "true"}, "waits"),
        ("reply", {"body": "a", "waits": 1}, "waits"),
        ("merge", {}, "into"),
        ("merge", {"into": 5}, "into"),
        ("merge", {"into": "FB-1", "reason": 5}, "reason"),
        ("unmerge", {"into": "FB-1"}, "into"),
        ("unmerge", {"by": "x" * 201}, "by"),
    ],
)
def test_a_wrong_body_names_its_field_and_changes_nothing(
    key: str, verb: str, body: dict[str, Any], field: str
) -> None:
    an_agent()
    ticket = a_ticket()
    answer = act(key, ticket, verb, body)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["error"]["fields"]) == [field]
    assert Ticket.objects.get().version == ticket.version


def test_somebody_who_may_not_work_on_tickets_gets_none(key: str) -> None:
    builders.a_person("victor", group="Viewer")
    answer = act(key, a_ticket(), "assign", {"owner": "victor"})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["owner"]


def test_a_version_that_is_gone_is_refused(key: str) -> None:
    ticket = a_ticket()
    assert act(key, ticket, "triage", {"version": ticket.version}).status_code == 200
    answer = act(key, ticket, "start", {"version": ticket.version})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "changed"


def test_a_reply_reaches_its_reporter_and_may_stop_the_clocks(key: str) -> None:
    ticket = a_ticket()
    answer = act(key, ticket, "reply", {"body": "Which browser?", "waits": True})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["waitingSince"] is not None
    assert Message.objects.get().kind == "reply"
    silent = a_ticket(reporter_email="")
    assert act(key, silent, "reply", {"body": "Which?", "waits": True}).status_code == 409


def test_a_merge_and_its_undoing_leave_the_ticket_as_it_was(key: str) -> None:
    ticket, other = a_ticket(title="One"), a_ticket(title="Two")
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    answer = act(key, ticket, "merge", {"into": other.reference, "reason": "The same"})
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["status"], answer.json()["mergedInto"]) == ("duplicate", other.reference)
    assert act(key, ticket, "merge", {"into": other.reference}).status_code == 409
    assert act(key, other, "merge", {"into": other.reference}).status_code == 409
    assert act(key, other, "unmerge").status_code == 409
    assert act(key, other, "merge", {"into": "FB-404"}).status_code == 404
    answer = act(key, ticket, "unmerge")
    assert (answer.status_code, answer.json()["mergedInto"]) == (200, None)
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == before


def test_a_repeat_under_one_idempotency_key_is_done_once(key: str) -> None:
    ticket = a_ticket()
    for _ in range(3):
        answer = act(key, ticket, "note", {"body": "Seen"}, **{"Idempotency-Key": "a"})
        assert answer.status_code == 200
    assert Message.objects.count() == 1
    assert act(key, ticket, "note", {"body": "Else"}, **{"Idempotency-Key": "a"}).status_code == 409


@pytest.mark.parametrize("scope", ["read", "feedback", "ingest"])
def test_other_scopes_neither_read_tickets_nor_work_on_them(scope: str) -> None:
    ticket, key = a_ticket(), an_api_key(scope)
    assert get(TICKETS, key).status_code == 403
    assert get(f"{TICKETS}/{ticket.reference}", key).status_code == 403
    for verb in (*TRANSITIONS, "reply", "note", "merge", "unmerge"):
        assert act(key, ticket, verb).status_code == 403
