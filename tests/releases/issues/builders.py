"""Issues in every state, reached through the verbs."""

from itertools import count
from typing import Any

from django.contrib.auth.models import User

from feedback.models import Ticket
from monitoring.models import Alert
from releases import releases
from releases.issues import linking, moving, raising, shipping
from releases.lifecycle import IssueState
from releases.models import Issue, Release
from rollout.models import Module
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket
from tests.monitoring import alert_states

# The steps that lead to each state from a new issue; to those not named it comes with a release.
WAYS: dict[str, tuple[str, ...]] = {
    IssueState.DETECTED: (),
    IssueState.TRIAGED: ("triage",),
    IssueState.ASSIGNED: ("triage", "assign"),
    IssueState.IN_DEVELOPMENT: ("triage", "assign", "start"),
    IssueState.FIXED: ("triage", "fix"),
    IssueState.DECLINED: ("decline",),
}
_versions = count(1)


def the_module(key: str = "patient_engagement") -> Module:
    if not Module.objects.filter(key=key).exists():
        builders.modules()
    return builders.module(key)


def a_worker(username: str = "grace") -> User:
    """Somebody who may work on issues."""
    return builders.a_person(username, group="Support")


def an_issue(title: str = "Reminders come twice", **values: Any) -> Issue:
    """A new issue of Patient Engagement."""
    module = values.pop("module", None) or the_module()
    return raising.raise_issue(actor=ROOT, module=module, title=title, **values)


def step(issue: Issue, transition: str, **given: Any) -> Issue:
    """One step, with what it asks for."""
    if transition == "assign":
        given.setdefault("owner", a_worker())
    if transition in moving.NEEDS_REASON:
        given.setdefault("reason", "for the test")
    return moving.move(issue, transition, actor=ROOT, **given)


def an_issue_in(state: str, title: str = "Reminders come twice", **values: Any) -> Issue:
    """An issue in this state; planned and deployed ones have a release of their own."""
    issue = an_issue(title, **values)
    for transition in WAYS.get(state, WAYS[IssueState.FIXED]):
        issue = step(issue, transition)
    if state not in WAYS:
        release = a_release(issue)
        if state != IssueState.PLANNED:
            shipping.deployed(release, actor=ROOT)
        if state == IssueState.VERIFIED:
            step(issue, "verify")
    return now(issue)


def a_release(*issues: Issue, version: str = "") -> Release:
    """A draft that holds these issues."""
    return releases.create(version or f"7.0.{next(_versions)}", issues, actor=ROOT)


def now(issue: Issue) -> Issue:
    return Issue.objects.select_related("release", "module", "owner").get(pk=issue.pk)


def many(number: int) -> None:
    """This many issues in each state, each with a ticket and an alert, and one with many of them."""
    for each in range(number):
        for state in IssueState:
            an_issue_in(state, f"Issue {each} {state}")
    last = an_issue("Issue with many tickets")
    tickets = [a_ticket(title=f"Ticket {each} of an issue") for each in range(number)]
    alerts = [alert_states.raised(f"Alert {each} of an issue") for each in range(number)]
    linked(last, tickets, alerts)
    for each in range(number):
        last = step(last, "triage") if each == 0 else step(last, "assign", owner=a_worker(f"grace{each}"))


def linked(issue: Issue, tickets: list[Ticket], alerts: list[Alert]) -> None:
    linking.link(issue, actor=ROOT, tickets=tickets, alerts=alerts)
