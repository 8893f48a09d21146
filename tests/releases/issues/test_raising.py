"""Raising issues: their numbers, what they take over, and what a dry run leaves."""

import pytest
from django.db import transaction

from feedback.lifecycle import State
from feedback.models import Ticket
from monitoring.models import Alert
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from releases.issues import linking, moving, raising
from releases.lifecycle import IssueState
from releases.models import Issue
from rollout.models import Module
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.doors import events_after, every_row, last_event
from tests.feedback.builders import a_ticket, a_ticket_in, in_quarantine
from tests.monitoring import alert_states
from tests.releases.issues.builders import a_worker, an_issue, an_issue_in, the_module

pytestmark = pytest.mark.django_db


def test_issues_are_numbered_from_one_without_gaps() -> None:
    assert [an_issue(f"Bug {number}").reference for number in range(3)] == ["BUG-001", "BUG-002", "BUG-003"]
    Issue.objects.filter(number=3).update(number=999)
    assert an_issue().reference == "BUG-1000"


def test_a_number_that_was_given_back_goes_to_the_next() -> None:
    the_module()
    with transaction.atomic():
        an_issue()
        transaction.set_rollback(True)
    assert an_issue().reference == "BUG-001"


def test_an_issue_is_as_it_was_given_and_leaves_one_event() -> None:
    grace, module, last = a_worker(), the_module(), last_event()
    issue = an_issue(
        "  Reminders \n come twice ", severity="high", owner=grace, estimate_hours=2.25, description=" x "
    )
    assert (issue.title, issue.description, issue.severity) == ("Reminders come twice", "x", "high")
    assert (issue.state, issue.owner, issue.module, issue.created_by) == (
        IssueState.DETECTED,
        grace,
        module,
        "command:root",
    )
    assert str(Issue.objects.get(pk=issue.pk).estimate_hours) == "2.2"
    assert [(event.action, event.subject) for event in events_after(last)] == [("issue.raised", "BUG-001")]


def test_what_looks_like_patient_data_is_in_no_text_and_no_event() -> None:
    last = last_event()
    issue = an_issue("Patient Mary Jones sees 943 476 5919", description="NHS number 943 476 5919")
    assert "943" not in issue.title + issue.description
    assert "Mary" not in issue.title
    assert not [event for event in events_after(last) if "943" in str(event.facts())]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "Bug", "severity": "awful"}, "severity"),
        ({"title": "Bug", "estimate_hours": 0}, "estimate_hours"),
        ({"title": "Bug", "estimate_hours": 0.01}, "estimate_hours"),
        ({"title": "Bug", "estimate_hours": float("nan")}, "estimate_hours"),
        ({"title": "Bug", "estimate_hours": 100_000}, "estimate_hours"),
        ({"title": "Bug", "due_on": "tomorrow"}, "due_on"),
    ],
)
def test_bad_input_names_the_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        an_issue(**given)  # type: ignore[arg-type]
    assert list(fault.value.fields) == [field]


def test_who_may_not_work_on_issues_owns_none_and_raises_none() -> None:
    viewer = builders.a_person("vera", group="Viewer")
    with pytest.raises(Invalid, match="vera may not work on issues"):
        an_issue(owner=viewer)
    with pytest.raises(Forbidden):
        raising.raise_issue(actor=builders.acting(viewer), module=the_module(), title="Bug")
    key = Actor(door=Door.API, label="key")
    with pytest.raises(Forbidden):
        raising.raise_issue(actor=key, module=the_module(), title="Bug")


def test_an_issue_of_a_release_belongs_to_the_whole_module() -> None:
    whole = the_module()
    part = Module.objects.create(key="release_1.0.2", name="1.0.2", part_of=whole)
    assert an_issue(module=part).module == whole


def test_a_ticket_becomes_an_issue_with_its_redacted_texts() -> None:
    the_module()
    ticket = a_ticket(
        title="Reminder for 943 476 5919 lost",
        severity="high",
        module="patient_engagement",
        steps=["Create it", "Wait"],
        actual_behavior="Nothing is sent",
    )
    issue = raising.from_ticket(ticket, actor=ROOT)
    assert issue.title == ticket.title == "Reminder for [NHS number] lost"
    assert issue.description == (
        "Recurring appointments trigger no reminder.\n\nHow to see it:\n1. Create it\n2. Wait\n\n"
        "What happens:\nNothing is sent"
    )
    assert (issue.severity, issue.module.key) == ("high", "patient_engagement")
    assert list(issue.tickets.all()) == [ticket]
    # The ticket itself goes its own way.
    assert Ticket.objects.get(pk=ticket.pk).state == State.NEW


def test_a_ticket_without_a_module_asks_for_one() -> None:
    ticket = a_ticket()
    with pytest.raises(Invalid, match=f"module: must be given: {ticket} has none"):
        raising.from_ticket(ticket, actor=ROOT)
    assert raising.from_ticket(ticket, actor=ROOT, module=the_module()).module == the_module()


def test_a_ticket_whose_issue_is_open_is_refused_by_its_name_until_that_is_over() -> None:
    ticket, module = a_ticket(), the_module()
    first = raising.from_ticket(ticket, actor=ROOT, module=module)
    for dry_run in (True, False):
        with pytest.raises(Refused, match=f"{first} is about {ticket} already"):
            raising.from_ticket(ticket, actor=ROOT, module=module, dry_run=dry_run)
    moving.move(first, "decline", actor=ROOT, reason="No bug")
    assert raising.from_ticket(ticket, actor=ROOT, module=module).reference == "BUG-002"


def test_a_ticket_that_stands_for_nothing_of_its_own_is_refused() -> None:
    merged, module = a_ticket_in(State.DUPLICATE), the_module()
    with pytest.raises(Refused, match=f"is merged into FB-{merged.merged_into_id}: take that one"):
        raising.from_ticket(merged, actor=ROOT, module=module)
    with pytest.raises(Refused, match="is in quarantine"):
        raising.from_ticket(in_quarantine(), actor=ROOT, module=module)
    assert not Issue.objects.exists()


@pytest.mark.parametrize(
    ("level", "severity"),
    [("critical", "critical"), ("error", "high"), ("warning", "medium"), ("info", "low")],
)
def test_an_alert_becomes_an_issue_as_severe_as_its_level(level: str, severity: str) -> None:
    alert = alert_states.raised("Claims fail", level, module=the_module(), summary="All of them")
    issue = raising.from_alert(alert, actor=ROOT)
    assert (issue.title, issue.description, issue.severity) == ("Claims fail", "All of them", severity)
    assert list(issue.alerts.all()) == [alert]
    with pytest.raises(Refused, match=f"{issue} is about the alert already"):
        raising.from_alert(alert, actor=ROOT)


def test_an_alert_of_no_module_asks_for_one() -> None:
    the_module()
    with pytest.raises(Invalid, match="the alert concerns no module"):
        raising.from_alert(alert_states.raised(), actor=ROOT)


def test_a_dry_run_says_the_number_and_writes_nothing() -> None:
    module, ticket, alert = the_module(), a_ticket(), alert_states.raised()
    an_issue()
    before = every_row()
    found = (
        raising.raise_issue(actor=ROOT, module=module, title="Bug", tickets=[ticket], dry_run=True),
        raising.from_ticket(ticket, actor=ROOT, module=module, dry_run=True),
        raising.from_alert(alert, actor=ROOT, module=module, dry_run=True),
    )
    assert {issue.reference for issue in found} == {"BUG-002"}
    assert all(issue._state.adding for issue in found)
    assert every_row() == before


def test_links_can_be_made_and_taken_away_and_leave_their_trace() -> None:
    issue, ticket, alert, last = an_issue(), a_ticket(), alert_states.raised(), last_event()
    linking.link(issue, actor=ROOT, tickets=[ticket, ticket], alerts=[alert])
    assert (list(issue.tickets.all()), list(issue.alerts.all())) == ([ticket], [alert])
    with pytest.raises(Refused, match=f"is linked to {ticket}, alert {alert.pk} already"):
        linking.link(issue, actor=ROOT, tickets=[ticket], alerts=[alert])
    before = every_row()
    linking.unlink(issue, actor=ROOT, tickets=[ticket], dry_run=True)
    assert every_row() == before
    linking.unlink(issue, actor=ROOT, tickets=[ticket])
    with pytest.raises(Refused, match=f"is not linked to {ticket}"):
        linking.unlink(issue, actor=ROOT, tickets=[ticket])
    told = [(event.action, event.data) for event in events_after(last) if event.subject == "BUG-001"]
    assert told == [
        ("issue.linked", {"tickets": [str(ticket)], "alerts": [alert.pk]}),
        ("issue.unlinked", {"tickets": [str(ticket)]}),
    ]
    assert Alert.objects.count() == 1


def test_a_ticket_may_tell_of_two_bugs() -> None:
    ticket = a_ticket()
    for issue in (an_issue(), an_issue_in(IssueState.FIXED)):
        linking.link(issue, actor=ROOT, tickets=[ticket])
    assert ticket.issues.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_that_are_raised_at_once_get_fifty_numbers_in_a_row() -> None:
    module = the_module()

    def five() -> list[int]:
        return [
            raising.raise_issue(actor=ROOT, module=module, title=f"Bug {each}").number for each in range(5)
        ]

    found = at_once(*([five] * 10))
    assert sorted(number for numbers in found for number in numbers) == list(range(1, 51))  # type: ignore[attr-defined]
    assert Issue.objects.count() == 50


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_on_one_ticket_one_raises_an_issue_and_the_other_hears_of_it() -> None:
    module, ticket = the_module(), a_ticket()
    found = at_once(*([lambda: raising.from_ticket(ticket, actor=ROOT, module=module)] * 2))
    refused = [each for each in found if isinstance(each, Refused)]
    assert [refusal.code for refusal in refused] == ["has_issue"]
    assert [issue.number for issue in Issue.objects.all()] == [1]
