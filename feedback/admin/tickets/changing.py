"""What a ticket says and where it belongs, as operations."""

from feedback.admin.tickets import alike, brief
from feedback.admin.tickets.forms import AddForm, AttachForm, EditForm, EditManyForm, EnhancementForm
from feedback.models import Ticket
from feedback.tickets import attaching, editing, submitting
from feedback.tickets.drafts import Draft
from feedback.tickets.story import CHANGE
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.inbox import MOST


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    ticket = submitting.submit(_draft(inputs), actor=actor, source=Ticket.Source.PERSON)
    receipt = " Its reporter gets a receipt." if ticket.reporter_email else ""
    return f"{ticket.reference} is added.{receipt}"


def _draft(inputs: Inputs) -> Draft:
    """What was entered, as the verb takes it."""
    workspace, module = inputs["workspace"], inputs["module"]
    keys = {"workspace": workspace.pk if workspace else "", "module": module.key if module else ""}
    return Draft(**{**inputs, **keys})


def _known(nothing: None, inputs: Inputs, actor: Actor) -> Preview:
    """Tickets that say the same already."""
    found = alike.like(inputs["title"], inputs["description"])
    return Preview("admin/feedback/known.html", {"similar": found})


def _edit(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = editing.edit(ticket, actor=actor, version=version, **inputs)
    return f"{done.reference} is changed."


def _edit_many(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    given = {name: inputs[name] for name in ("category", "severity", "module") if inputs[name]}
    add, remove = inputs["add_tags"], inputs["remove_tags"]
    if add or remove:
        gone = {name.lower() for name in remove}
        given["tags"] = [*(tag.name for tag in ticket.tags.all() if tag.name not in gone), *add]
    done = editing.edit(ticket, actor=actor, version=version, **given)
    return f"{done.reference} is changed."


def _attach(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    kept = attaching.attach(ticket, inputs["file"], actor=actor)
    return f"{kept.name} is attached to {ticket.reference}."


def _enhance(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = editing.edit(ticket, actor=actor, version=version, enhancement=inputs["enhancement"])
    return f"{done.reference} asks for “{done.enhancement}”."


def _whole(ticket: Ticket) -> bool:
    """Whether its texts are there and it is no part of another one."""
    return ticket.merged_into_id is None and ticket.erased_at is None


OPERATIONS = (
    Operation(
        name="add",
        title="Add ticket",
        permission=submitting.PERMISSION,
        perform=_add,
        preview=_known,
        form=AddForm,
        previewed=("title", "description"),
        creates=True,
        icon="add_call",
        style="primary",
        note="For what somebody said on the phone. Preview shows whether it is known already.",
    ),
    Operation(
        name="edit",
        title="Edit",
        permission=CHANGE,
        perform=_edit,
        preview=brief.preview,
        form=EditForm,
        initial=EditForm.filled_in,
        offered=_whole,
        icon="edit",
    ),
    Operation(
        name="edit-many",
        title="Edit",
        permission=CHANGE,
        perform=_edit_many,
        preview=brief.preview,
        form=EditManyForm,
        icon="edit",
        note="What you leave empty stays as it is.",
        on_list=True,
        on_page=False,
        most=MOST,
    ),
    Operation(
        name="enhancement",
        title="Put into an enhancement",
        permission=CHANGE,
        perform=_enhance,
        preview=brief.preview,
        form=EnhancementForm,
        initial=lambda ticket: {"enhancement": ticket.enhancement_id},
        offered=lambda ticket: _whole(ticket) and ticket.category == Ticket.Category.FEATURE_REQUEST,
        icon="lightbulb",
        note="Wishes that ask for one thing stand together in the Phase 2 plan.",
        on_list=True,
        most=MOST,
    ),
    Operation(
        name="attach",
        title="Attach a file",
        permission=attaching.PERMISSION,
        perform=_attach,
        preview=brief.preview,
        form=AttachForm,
        offered=lambda ticket: not ticket.erased_at,
        icon="attach_file",
    ),
)
