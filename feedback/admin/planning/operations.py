"""What people do with enhancements and the weights, as operations of their pages."""

from typing import Any

from feedback.admin.planning.forms import (
    EnhancementForm,
    GatherForm,
    NewEnhancementForm,
    TakeOutForm,
    WeightsForm,
)
from feedback.models import Enhancement, Ticket
from feedback.planning import enhancements, gathering, weights
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview


def tickets_in_words(tickets: list[Ticket]) -> str:
    """How many, for a sentence."""
    return "1 ticket" if len(tickets) == 1 else f"{len(tickets):,} tickets"


def _listed(target: Enhancement | None, inputs: Inputs, actor: Actor) -> Preview | None:
    """The tickets that are meant, with what keeps each from being put in."""
    tickets = inputs["tickets"]
    if not tickets:
        return None
    rows = [{"ticket": ticket, "fault": gathering.fault_of(ticket)} for ticket in tickets]
    return Preview("admin/feedback/plan_tickets.html", {"rows": rows, "target": target})


def _create(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    made = enhancements.create(actor=actor, **inputs)
    behind = f" with {tickets_in_words(inputs['tickets'])}" if inputs["tickets"] else ""
    return f"“{made.name}” is in the plan{behind}."


def _change(enhancement: Enhancement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    enhancements.change(enhancement, actor=actor, version=version, **inputs)
    return f"“{inputs['name']}” is changed."


def _initial(enhancement: Enhancement) -> dict[str, Any]:
    return {name: getattr(enhancement, name) for name in enhancements.CHANGEABLE}


def _gather(enhancement: Enhancement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    put = gathering.gather(enhancement, inputs["tickets"], actor=actor)
    if not put:
        return f"All of these asked for “{enhancement}” already."
    asks = "asks" if len(put) == 1 else "ask"
    return f"{tickets_in_words(put)} more {asks} for “{enhancement}”."


def _take_out(enhancement: Enhancement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    gone = gathering.take_out(enhancement, inputs["tickets"], actor=actor)
    asks = "asks" if len(gone) == 1 else "ask"
    return f"{tickets_in_words(gone)} {asks} for “{enhancement}” no longer."


def _remove(enhancement: Enhancement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    name, left = enhancement.name, enhancements.remove(enhancement, actor=actor, version=version)
    # As Django leaves what it deleted: there is no page to go back to.
    enhancement.pk = None
    stay = f" Its {left:,} ticket{'' if left == 1 else 's'} stay." if left else ""
    return f"“{name}” is removed from the plan.{stay}"


def _set_weights(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    weights.set_weights(actor=actor, **inputs)
    return "The plan is ranked by the new weights."


OPERATIONS = (
    Operation(
        name="create",
        title="Add enhancement",
        permission=enhancements.ADD,
        perform=_create,
        preview=_listed,
        form=NewEnhancementForm,
        creates=True,
        icon="add",
        style="primary",
        note="Feature requests that ask for one thing, under one name. Who asks is counted from the tickets; "
        "the other three criteria are yours to judge, now or later.",
    ),
    Operation(
        name="weights",
        title="Change weights",
        permission=weights.PERMISSION,
        perform=_set_weights,
        form=WeightsForm,
        creates=True,
        icon="tune",
        note="How much each criterion counts beside the others: 40 beside 20 counts twice. 0 leaves one out.",
    ),
    Operation(
        name="change",
        title="Change",
        permission=enhancements.CHANGE,
        perform=_change,
        form=EnhancementForm,
        initial=_initial,
        icon="edit",
        style="primary",
    ),
    Operation(
        name="gather",
        title="Put tickets in",
        permission=gathering.PERMISSION,
        perform=_gather,
        preview=_listed,
        form=GatherForm,
        previewed=("tickets",),
        icon="playlist_add",
    ),
    Operation(
        name="take-out",
        title="Take tickets out",
        permission=gathering.PERMISSION,
        perform=_take_out,
        form=TakeOutForm,
        icon="playlist_remove",
        note="They stay feature requests, and are proposed anew.",
    ),
    Operation(
        name="remove",
        title="Remove",
        permission=enhancements.DELETE,
        perform=_remove,
        icon="delete",
        style="danger",
        note="Its tickets stay, and are proposed anew. What was judged is lost, but for the audit trail.",
    ),
)
