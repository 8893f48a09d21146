"""The steps of a ticket's life, as operations."""

from collections.abc import Callable

from django import forms
from django.db import transaction

from feedback.admin.tickets import brief
from feedback.admin.tickets.forms import (
    AssignForm,
    DeclineForm,
    ReopenForm,
    ResolveForm,
    TicketForm,
    TriageForm,
)
from feedback.lifecycle import State, allowed
from feedback.models import Ticket
from feedback.tickets import editing, moving
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.inbox import MOST


def may(transition: str) -> Callable[[Ticket], bool]:
    """Whether a ticket, as it stands, could take a step."""

    def offered(ticket: Ticket) -> bool:
        return transition in allowed(ticket.state) and not (ticket.quarantined_at or ticket.erased_at)

    return offered


def _triage(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    """In one step with what it corrects: neither happens without the other."""
    given = {name: inputs[name] for name in ("category", "severity")}
    corrected = {name: value for name, value in given.items() if value and value != getattr(ticket, name)}
    with transaction.atomic():
        if corrected:
            ticket = editing.edit(ticket, actor=actor, version=version, **corrected)
            version = ticket.version
        done = moving.move(ticket, "triage", actor=actor, version=version)
    words = f": {done.get_category_display().lower()}, {done.severity}" if corrected else ""
    return f"{done.reference} is triaged{words}."


def _assign(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "assign", actor=actor, version=version, owner=inputs["owner"])
    return f"{done.reference} is {inputs['owner']}'s now."


def _take(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "assign", actor=actor, version=version, owner=actor.user)
    return f"{done.reference} is yours now."


def _start(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "start", actor=actor, version=version)
    return f"{done.reference} is in progress."


def _resolve(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "resolve", actor=actor, version=version, fixed_in=inputs["fixed_in"])
    return f"{done.reference} is resolved{f' with {done.fixed_in}' if done.fixed_in else ''}."


def _verify(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "verify", actor=actor, version=version)
    return f"{done.reference} is verified."


def _close(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "close", actor=actor, version=version)
    return f"{done.reference} is closed."


def _decline(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "decline", actor=actor, version=version, reason=inputs["reason"])
    return f"{done.reference} is declined."


def _reopen(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = moving.move(ticket, "reopen", actor=actor, version=version, reason=inputs["reason"])
    return f"{done.reference} is open again: its clocks begin anew."


def _step(
    name: str,
    title: str,
    perform: Callable[[Ticket, Inputs, Actor, int | None], str],
    *,
    icon: str,
    style: str = "default",
    note: str = "",
    form: type[forms.Form] = TicketForm,
    on_list: bool = False,
    transition: str = "",
) -> Operation:
    return Operation(
        name=name,
        title=title,
        permission=TRIAGE,
        perform=perform,
        preview=brief.preview,
        form=form,
        offered=may(transition or name),
        icon=icon,
        style=style,
        note=note,
        on_list=on_list,
        most=MOST,
    )


BEGINNING = (
    Operation(
        name="triage",
        title="Triage",
        permission=TRIAGE,
        perform=_triage,
        preview=brief.preview,
        form=TriageForm,
        initial=lambda ticket: {"category": ticket.category, "severity": ticket.severity},
        offered=may("triage"),
        icon="rule",
        style="primary",
        note="Says that you have read it and that it is sorted well. Correct what its reporter chose.",
        on_list=True,
        most=MOST,
    ),
    _step(
        "take",
        "Take it",
        _take,
        icon="front_hand",
        note="It is yours: your name stands on it.",
        on_list=True,
        transition="assign",
    ),
    Operation(
        name="assign",
        title="Assign",
        permission=TRIAGE,
        perform=_assign,
        preview=brief.preview,
        form=AssignForm,
        label=lambda ticket: "Assign to another" if ticket.state == State.ASSIGNED else "Assign",
        offered=may("assign"),
        icon="person_add",
        on_list=True,
        most=MOST,
    ),
    _step("start", "Start", _start, icon="play_arrow", note="Says that somebody is at it."),
)
ENDING = (
    _step(
        "resolve",
        "Resolve",
        _resolve,
        icon="task_alt",
        style="primary",
        form=ResolveForm,
        note="Says that it is done. The reporter, and those of the tickets merged into it, are told.",
        on_list=True,
    ),
    _step(
        "verify",
        "Verify",
        _verify,
        icon="verified",
        style="primary",
        note="Says that somebody looked, and it works.",
    ),
    _step("close", "Close", _close, icon="lock", note="Says that nothing more is to be done.", on_list=True),
    _step(
        "decline",
        "Decline",
        _decline,
        icon="do_not_disturb_on",
        style="danger",
        form=DeclineForm,
        note="Says that it will not be done. The reporter is told why.",
        on_list=True,
    ),
    _step(
        "reopen",
        "Reopen",
        _reopen,
        icon="replay",
        style="warning",
        form=ReopenForm,
        note="It was not done after all. Both clocks begin anew.",
    ),
)
