"""The steps of an issue's life, as operations."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.inbox import MOST
from releases.admin.issues import brief
from releases.admin.issues.forms import AssignForm, IssueForm, ReasonForm, TriageForm
from releases.issues import editing, moving
from releases.issues.story import CHANGE
from releases.lifecycle import IssueState, allowed
from releases.models import Issue

Perform = Callable[[Issue, Inputs, Actor, int | None], str]


def may(transition: str) -> Callable[[Issue], bool]:
    """Whether an issue, as it stands, could take a step."""

    def offered(issue: Issue) -> bool:
        held = transition == "decline" and issue.release_id is not None
        return transition in allowed(issue.state) and not held

    return offered


def _triage(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    """In one step with what it corrects: neither happens without the other."""
    severity = inputs["severity"]
    with transaction.atomic():
        if severity and severity != issue.severity:
            issue = editing.edit(issue, actor=actor, version=version, severity=severity)
            version = issue.version
        done = moving.move(issue, "triage", actor=actor, version=version)
    return f"{done} is triaged: {done.get_severity_display().lower()}."


def _assign(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(issue, "assign", actor=actor, version=version, owner=inputs["owner"])
    return f"{done} is {inputs['owner']}'s now."


def _take(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(issue, "assign", actor=actor, version=version, owner=actor.user)
    return f"{done} is yours now."


def _fix(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(issue, "fix", actor=actor, version=version)
    if done.state == IssueState.PLANNED:
        return f"{done} is fixed, and ships with {done.release}."
    return f"{done} is fixed: a release can bring it."


def _plain(transition: str, said: str) -> Perform:
    """A step without inputs, or with a reason alone."""

    def perform(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
        given: dict[str, Any] = {"reason": inputs["reason"]} if "reason" in inputs else {}
        done = moving.move(issue, transition, actor=actor, version=version, **given)
        return said.format(done)

    return perform


def _step(
    name: str,
    title: str,
    perform: Perform,
    *,
    icon: str,
    note: str,
    style: str = "default",
    form: type[forms.Form] = IssueForm,
    transition: str = "",
    **options: Any,
) -> Operation:
    transition = transition or name
    return Operation(
        name=name,
        title=title,
        permission=CHANGE,
        perform=perform,
        preview=brief.step(transition),
        form=form,
        offered=may(transition),
        icon=icon,
        note=note,
        style=style,
        on_list=True,
        most=MOST,
        **options,
    )


OPERATIONS = (
    _step(
        "triage",
        "Triage",
        _triage,
        icon="rule",
        style="primary",
        form=TriageForm,
        initial=lambda issue: {"severity": issue.severity},
        note="Says that it is a bug, and how bad. A release can take it from here on.",
    ),
    _step(
        "take",
        "Take it",
        _take,
        icon="front_hand",
        note="It is yours: your name stands on it.",
        transition="assign",
    ),
    _step(
        "assign",
        "Assign",
        _assign,
        icon="person_add",
        form=AssignForm,
        note="Says who is to fix it.",
        label=lambda issue: "Assign to another" if issue.owner_id else "Assign",
    ),
    _step(
        "start",
        "Start",
        _plain("start", "{} is in development."),
        icon="play_arrow",
        note="Says that somebody is at it. What nobody owns is then yours.",
    ),
    _step(
        "fix",
        "Fix",
        _fix,
        icon="build",
        style="primary",
        label=lambda issue: "Mark as fixed",
        note="Says that the fix is done and waits for a release. In a release already, it is planned.",
    ),
    _step(
        "verify",
        "Verify",
        _plain("verify", "{} is verified."),
        icon="verified",
        style="primary",
        note="Says that somebody looked in production, and it is gone.",
    ),
    _step(
        "reopen",
        "Reopen",
        _plain("reopen", "{} is open again."),
        icon="replay",
        style="warning",
        form=ReasonForm,
        note="It was not fixed after all, or is a bug after all. Another release is to bring the fix.",
    ),
    _step(
        "decline",
        "Decline",
        _plain("decline", "{} is declined."),
        icon="do_not_disturb_on",
        style="danger",
        form=ReasonForm,
        note="Says that it will not be fixed. Its tickets stay as they are: answer their reporters there.",
    ),
)
