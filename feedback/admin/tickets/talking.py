"""What is written about a ticket, as operations: replies to the reporter, notes for the team."""

from django.db.models import Q

from feedback.admin.tickets import brief
from feedback.admin.tickets.forms import FixedForm, NoteForm, ReplyForm, TicketForm
from feedback.models import CannedReply, Ticket
from feedback.service import replies
from feedback.tickets import fixes, messaging
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.inbox import MOST
from operations.errors import Invalid


def _rendered(ticket: Ticket, inputs: Inputs, actor: Actor) -> str:
    """The reply as the reporter gets it: the variables of prepared texts are filled in."""
    return replies.render(CannedReply(body=inputs["text"]), ticket, actor)


def _named(fault: Invalid) -> Invalid:
    """A fault of the verb's `body` at the form's `text`."""
    return Invalid({"text" if name == "body" else name: rule for name, rule in fault.fields.items()})


def _readers(ticket: Ticket) -> list[str]:
    """Whom a reply is mailed to: the reporter, and those of the tickets merged into it."""
    concerned = Ticket.objects.filter(Q(pk=ticket.pk) | Q(merged_into=ticket)).exclude(reporter_email="")
    found = concerned.order_by("pk").values_list("reporter_email", flat=True)
    return list(dict.fromkeys(found))


def _letter(ticket: Ticket, inputs: Inputs, actor: Actor) -> Preview:
    """The reply as it arrives, and who reads it."""
    context = {
        **brief.facts(ticket),
        "letter": _rendered(ticket, inputs, actor),
        "readers": _readers(ticket),
        "waits": inputs["waits"],
    }
    return Preview("admin/feedback/reply_preview.html", context)


def _reply(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    body = _rendered(ticket, inputs, actor)
    try:
        messaging.reply(ticket, actor=actor, body=body, waits=inputs["waits"])
    except Invalid as fault:
        raise _named(fault) from fault
    waits = " Both clocks stand still until the reporter answers." if inputs["waits"] else ""
    return f"{ticket.reference} is answered.{waits}"


def _note(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    try:
        messaging.note(ticket, actor=actor, body=inputs["text"])
    except Invalid as fault:
        raise _named(fault) from fault
    return f"The note on {ticket.reference} is kept."


def _resume(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    messaging.resume(ticket, actor=actor)
    return f"{ticket.reference} waits no longer: its clocks run on."


def _tell_fixed(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    fixes.tell(ticket, actor=actor, version=inputs["version"])
    return f"Who reported {ticket.reference} hears that {inputs['version']} is out."


OPERATIONS = (
    Operation(
        name="reply",
        title="Reply",
        permission=TRIAGE,
        perform=_reply,
        preview=_letter,
        form=ReplyForm,
        previewed=("text", "waits"),
        offered=lambda ticket: not (ticket.quarantined_at or ticket.erased_at),
        icon="reply",
        note="The reporter gets it by mail, and on their page. The first reply stops the first clock.",
    ),
    Operation(
        name="fixed",
        title="Tell that the fix is out",
        permission=TRIAGE,
        perform=_tell_fixed,
        preview=brief.preview,
        form=FixedForm,
        initial=lambda ticket: {"version": ticket.fixed_in},
        offered=lambda ticket: ticket.resolved_at is not None and not ticket.erased_at,
        icon="new_releases",
        note="By mail, to the reporter and to those of the tickets merged into it; once for each version.",
        on_list=True,
        most=MOST,
    ),
    Operation(
        name="note",
        title="Add a note",
        permission=TRIAGE,
        perform=_note,
        preview=brief.preview,
        form=NoteForm,
        offered=lambda ticket: not ticket.erased_at,
        icon="sticky_note_2",
    ),
    Operation(
        name="resume",
        title="Wait no longer",
        permission=TRIAGE,
        perform=_resume,
        preview=brief.preview,
        form=TicketForm,
        offered=lambda ticket: ticket.waiting_since is not None,
        icon="timer_play",
        style="warning",
        note="Both clocks run on, as if the reporter had answered.",
    ),
)
