"""Which issues somebody asks for, on the way to commands and programs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.errors import Invalid, NotFound
from releases.issues import finding
from releases.issues.documents import issue_document
from releases.lifecycle import OPEN_ISSUE, IssueState
from tests.doors import an_api_key, get
from tests.feedback.builders import a_ticket
from tests.monitoring import alert_states
from tests.releases.issues.builders import a_worker, an_issue, an_issue_in, step, the_module

pytestmark = pytest.mark.django_db


def titles(**asked: str) -> list[str]:
    return [issue.title for issue in finding.find(**asked)]


@pytest.mark.parametrize("text", ["BUG-001", "BUG-1", "bug-0001", " bug-1 ", "#BUG-1", "1", "001"])
def test_an_issue_is_found_by_whatever_names_it(text: str) -> None:
    issue = an_issue()
    assert finding.by_reference(text) == issue


@pytest.mark.parametrize(
    "text", ["", "BUG-2", "BUG-", "FB-1", "BUG-1\0", "BUG-99999999999", "1.0", "x" * 999]
)
def test_what_names_no_issue_is_said_so(text: str) -> None:
    an_issue()
    with pytest.raises(NotFound, match="There is no issue"):
        finding.by_reference(text)


def test_several_are_found_in_their_order_and_each_once() -> None:
    one, two = an_issue(), an_issue()
    assert finding.by_references(["BUG-002", "bug-1", "2"]) == [two, one]


def test_open_is_every_state_before_deployed_and_the_worst_come_first() -> None:
    for state in IssueState:
        an_issue_in(state, state.value, severity="low")
    an_issue_in(IssueState.TRIAGED, "bad", severity="critical")
    assert titles(status="open") == ["bad", *(state.value for state in OPEN_ISSUE)]
    assert titles()[0] == "bad"
    assert len(titles(status="all")) == len(IssueState) + 1
    assert titles(status="in development") == ["in_development"]
    for state in IssueState:
        assert state.value in titles(status=state)


def test_issues_are_found_by_all_that_is_known_of_them() -> None:
    health = the_module("health_management")
    an_issue("Other", module=health, severity="critical", owner=a_worker())
    planned = an_issue_in(IssueState.PLANNED, "Reminders come twice", description="On Sundays")
    assert titles(severity="critical") == titles(module="health_management") == ["Other"]
    assert titles(owner="grace") == ["Other"]
    assert list(finding.find(module=health)) == list(finding.find(search="OTHER"))
    assert planned.release is not None
    assert titles(release=planned.release.version) == ["Reminders come twice"]
    assert titles(search="sundays reminders") == titles(search="bug-2") == ["Reminders come twice"]
    assert titles(search="mondays reminders") == []


@pytest.mark.parametrize(
    "asked", [{"status": "lost"}, {"severity": "awful"}, {"owner": "a\0"}, {"search": "a\0"}]
)
def test_words_that_are_none_are_refused_by_their_field(asked: dict[str, str]) -> None:
    with pytest.raises(Invalid) as fault:
        finding.find(**asked)
    assert list(fault.value.fields) == list(asked)


def test_a_document_says_all_that_programs_read_in_three_queries_for_any_number() -> None:
    ticket, alert = a_ticket(), alert_states.raised()
    an_issue(tickets=[ticket], alerts=[alert], estimate_hours=1.5, owner=a_worker(), severity="high")
    an_issue_in(IssueState.DEPLOYED)
    with CaptureQueriesContext(connection) as queries:
        found = [issue_document(issue) for issue in finding.find()]
    assert len(queries) == 3
    first = found[-1]
    assert first.pop("detectedAt") is not None
    assert first == {
        "id": "BUG-001",
        "title": "Reminders come twice",
        "severity": "high",
        "status": "detected",
        "module": "patient_engagement",
        "owner": "grace",
        "estimateHours": 1.5,
        "dueOn": None,
        "release": None,
        "tickets": [ticket.reference],
        "alerts": [alert.pk],
        "fixedAt": None,
        "deployedAt": None,
    }
    assert found[0]["release"]
    assert found[0]["deployedAt"] > found[0]["fixedAt"]


def test_the_api_lists_open_issues_page_by_page() -> None:
    key = an_api_key("read")
    for number in range(3):
        an_issue(f"Bug {number}")
    step(an_issue("No bug"), "decline")
    found = get("/api/issues?limit=2", key).json()
    assert ([issue["title"] for issue in found["issues"]], found["more"]) == (["Bug 0", "Bug 1"], True)
    rest = get("/api/issues?limit=2&offset=2", key).json()
    assert ([issue["title"] for issue in rest["issues"]], rest["more"]) == (["Bug 2"], False)
    assert len(get("/api/issues?status=all", key).json()["issues"]) == 4
    assert get("/api/issues?status=declined&search=bug", key).json()["issues"][0]["id"] == "BUG-004"
    for bad in ("status=lost", "limit=0", "severity=x", "owner=%00"):
        answer = get(f"/api/issues?{bad}", key)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")


def test_the_api_reads_one_issue_with_a_key_for_reading_alone() -> None:
    issue = an_issue()
    found = get("/api/issues/bug-1", an_api_key("read"))
    assert (found.status_code, found.json()["id"]) == (200, str(issue))
    assert get("/api/issues/BUG-2", an_api_key("read", name="two")).status_code == 404
    assert get("/api/issues/BUG-1", an_api_key("ingest", name="three")).status_code == 403
