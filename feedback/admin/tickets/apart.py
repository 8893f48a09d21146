"""Quarantine, what was redacted, and erasing, as operations."""

from feedback.admin.tickets import brief
from feedback.admin.tickets.forms import EraseForm, QuarantineForm, TicketForm
from feedback.models import Original, Ticket
from feedback.tickets import erasing, originals, quarantining
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Shown
from operations.doors.inbox import MOST


def _quarantine(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = quarantining.quarantine(ticket, actor=actor, reason=inputs["reason"])
    return f"{done.reference} is in quarantine."


def _release(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = quarantining.release(ticket, actor=actor)
    return f"{done.reference} is in the inbox: its clocks begin now."


def _read(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> Shown:
    found = originals.read(ticket, actor=actor)
    context = {"ticket": ticket, "originals": [(_named(each), _counted(each), each.text) for each in found]}
    return Shown("admin/feedback/originals.html", context)


def _named(original: Original) -> str:
    """ "message:12" as "An answer of the reporter", a field by its name."""
    field = original.field
    return "An answer of the reporter" if ":" in field else field.replace("_", " ").capitalize()


def _counted(original: Original) -> str:
    """ "NHS number, name 2 times"."""
    return ", ".join(f"{kind} {count} times" if count > 1 else kind for kind, count in original.found.items())


def _erase(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = erasing.erase(ticket, actor=actor, reason=inputs["reason"])
    return f"The texts of {done.reference} are erased."


def _was_redacted(ticket: Ticket) -> bool:
    return bool(getattr(ticket, "was_redacted", False)) and not ticket.erased_at


OPERATIONS = (
    Operation(
        name="quarantine",
        title="Quarantine",
        permission=TRIAGE,
        perform=_quarantine,
        preview=brief.preview,
        form=QuarantineForm,
        offered=lambda ticket: ticket.is_open,
        icon="report",
        note="For spam. It is kept apart: it owes nothing, and its reporter hears nothing.",
        on_list=True,
        most=MOST,
    ),
    Operation(
        name="release",
        title="Not spam",
        permission=TRIAGE,
        perform=_release,
        preview=brief.preview,
        form=TicketForm,
        offered=lambda ticket: ticket.quarantined_at is not None,
        icon="thumb_up",
        style="primary",
        note="Into the inbox: its clocks begin now, and its reporter gets the receipt.",
        on_list=True,
        most=MOST,
    ),
    Operation(
        name="original",
        title="Read the original",
        permission=originals.PERMISSION,
        perform=_read,
        preview=brief.preview,
        form=TicketForm,
        offered=_was_redacted,
        icon="visibility",
        style="warning",
        note="The texts as they were sent, with what looks like patient data. That you read them stays in "
        "the ticket's history and in the audit trail.",
    ),
    Operation(
        name="erase",
        title="Erase",
        permission=erasing.PERMISSION,
        perform=_erase,
        preview=brief.preview,
        form=EraseForm,
        offered=lambda ticket: not (ticket.is_open or ticket.erased_at),
        icon="delete_forever",
        style="danger",
        note="Its texts, its files, what was written about it and who reported it are gone for good. What is "
        "counted stays.",
    ),
)
