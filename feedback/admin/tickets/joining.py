"""Tickets that say the same: put together, parted again, or said to be different."""

from collections.abc import Sequence

from feedback.admin.tickets import alike, brief
from feedback.admin.tickets.forms import (
    NAMED,
    OLDEST,
    WORST,
    DismissForm,
    MergeForm,
    MergeManyForm,
    UnmergeForm,
)
from feedback.models import Ticket
from feedback.similarity import likeness
from feedback.tickets import merging
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.inbox import MOST


def _is_open(ticket: Ticket) -> bool:
    return ticket.is_open


def _together(tickets: Sequence[Ticket], inputs: Inputs) -> Inputs:
    """The inputs with the one of the chosen tickets that stays."""
    if inputs["keep"] == NAMED:
        return inputs
    key = _oldest if inputs["keep"] == OLDEST else _worst
    return {**inputs, "into": min(tickets, key=key)}


def _worst(ticket: Ticket) -> tuple[object, ...]:
    return ticket.rank, *_oldest(ticket)


def _oldest(ticket: Ticket) -> tuple[object, ...]:
    return ticket.received_at, ticket.pk


def _merge(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    into: Ticket = inputs["into"]
    merging.merge(ticket, into, actor=actor, reason=inputs["reason"])
    return f"{ticket.reference} is merged into {into.reference}: its reporter hears what becomes of that."


def _merge_many(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    if ticket == inputs["into"]:
        return f"{ticket.reference} stays."
    return _merge(ticket, inputs, actor, version)


def _beside(ticket: Ticket, inputs: Inputs, actor: Actor) -> Preview:
    """Both tickets side by side, and why they seem alike."""
    into: Ticket = inputs["into"]
    return _pair(ticket, into, "Is merged", "Stays")


def _pair(one: Ticket, other: Ticket, *titles: str) -> Preview:
    sides = [{"title": title, **brief.facts(each)} for each, title in zip((one, other), titles, strict=True)]
    return Preview("admin/feedback/merge_preview.html", {"sides": sides, "alike": alike.between(one, other)})


def _one_of_many(ticket: Ticket, inputs: Inputs, actor: Actor) -> Preview:
    return Preview(
        "admin/feedback/ticket_brief.html", {**brief.facts(ticket), "stays": ticket == inputs["into"]}
    )


def _unmerge(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = merging.unmerge(ticket, actor=actor, reason=inputs["reason"])
    return f"{done.reference} is {done.get_state_display().lower()} again, as it was."


def _dismiss(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    other: Ticket = inputs["other"]
    likeness.dismiss(ticket, other, actor=actor)
    return f"{ticket.reference} and {other.reference} are not shown as similar any more."


def _difference(ticket: Ticket, inputs: Inputs, actor: Actor) -> Preview:
    return _pair(ticket, inputs["other"], "This one", "The other")


OPERATIONS = (
    Operation(
        name="merge",
        title="Merge",
        permission=TRIAGE,
        perform=_merge,
        preview=_beside,
        form=MergeForm,
        previewed=("into",),
        offered=_is_open,
        label=lambda ticket: "Merge into another",
        icon="merge",
        note="For a ticket that says the same as another one. It can be undone: then it is as it was.",
    ),
    Operation(
        name="merge-many",
        title="Merge",
        permission=TRIAGE,
        perform=_merge_many,
        together=_together,
        preview=_one_of_many,
        form=MergeManyForm,
        initial=lambda ticket: {"keep": WORST},
        previewed=("keep", "into"),
        icon="merge",
        note="For tickets that say the same: one stays, the others are merged into it. Each can be taken "
        "out again.",
        on_list=True,
        on_page=False,
        most=MOST,
    ),
    Operation(
        name="unmerge",
        title="Undo the merge",
        permission=TRIAGE,
        perform=_unmerge,
        preview=brief.preview,
        form=UnmergeForm,
        offered=lambda ticket: ticket.merged_into_id is not None,
        icon="call_split",
        style="primary",
        note="It is a ticket of its own again, as it was, with what had been merged into it.",
    ),
    Operation(
        name="not-similar",
        title="Not similar",
        permission=TRIAGE,
        perform=_dismiss,
        preview=_difference,
        form=DismissForm,
        previewed=("other",),
        on_page=False,
        icon="difference",
        note="They say different things: neither is shown beside the other any more.",
    ),
)
