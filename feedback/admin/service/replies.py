"""Canned replies in the admin: prepared answers, and how one reads in the end."""

from typing import Any

from django import forms
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from feedback.models import CannedReply
from feedback.service import replies
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.errors import Invalid

NOTE = (
    f"{replies.variables()} stand for what differs. Where it is not known the sentence still holds: the "
    "reporter is “there”, the module “the product”, the version “a coming version”."
)


class ReplyForm(forms.Form):
    name = forms.CharField(
        max_length=replies.LONGEST_NAME,
        widget=UnfoldAdminTextInputWidget(),
        help_text="What it is chosen by; the reporter does not see it.",
    )
    # Not `body`: that is what the confirmation page calls a form's own template.
    text = forms.CharField(
        max_length=replies.LONGEST_BODY,
        widget=UnfoldAdminTextareaWidget({"rows": 10, "dir": "auto"}),
        help_text=NOTE,
    )


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    try:
        reply = replies.add(inputs["name"], _lines(inputs), actor=actor)
    except Invalid as fault:
        raise _as_entered(fault) from None
    return f"The reply “{reply.name}” is added."


def _change(reply: CannedReply, inputs: Inputs, actor: Actor, version: int | None) -> str:
    try:
        changed = replies.change(reply, actor=actor, name=inputs["name"], body=_lines(inputs))
    except Invalid as fault:
        raise _as_entered(fault) from None
    return f"The reply “{changed.name}” is changed. What was sent stays as it was."


def _remove(reply: CannedReply, inputs: Inputs, actor: Actor, version: int | None) -> str:
    name = reply.name
    replies.remove(reply, actor=actor)
    return f"The reply “{name}” is removed."


def _initial(reply: CannedReply) -> Inputs:
    return {"name": reply.name, "text": reply.body}


def _lines(inputs: Inputs) -> str:
    """The text with the line ends of a text file: a browser sends those of a telegram."""
    return str(inputs["text"]).replace("\r\n", "\n")


def _as_entered(fault: Invalid) -> Invalid:
    return Invalid({"text" if name == "body" else name: rule for name, rule in fault.fields.items()})


class ReplyAdmin(VerbAdmin):
    operations = (
        Operation(
            name="add",
            title="Add canned reply",
            permission="feedback.add_cannedreply",
            perform=_add,
            form=ReplyForm,
            creates=True,
            icon="quickreply",
            note="A prepared answer that the support team puts into a reply, and changes before it is sent.",
        ),
        Operation(
            name="change",
            title="Change reply",
            permission="feedback.change_cannedreply",
            perform=_change,
            form=ReplyForm,
            initial=_initial,
            icon="edit",
            style="primary",
        ),
        Operation(
            name="remove",
            title="Remove reply",
            permission="feedback.delete_cannedreply",
            perform=_remove,
            icon="delete",
            style="danger",
            note="Nobody is offered it any more. What was sent stays.",
        ),
    )
    list_display = ("name", "begins")
    search_fields = ("name", "body")
    fields = ("name", "text", "example")

    @display(description="Text")
    def begins(self, reply: CannedReply) -> str:
        line = " ".join(reply.body.split())
        return line if len(line) <= 100 else f"{line[:99]}…"

    @display(description="Text")
    def text(self, reply: CannedReply) -> Any:
        return _in_lines(reply.body)

    @display(description="For example")
    def example(self, reply: CannedReply) -> Any:
        return _in_lines(replies.filled(reply.body, replies.EXAMPLE))


def _in_lines(text: str) -> Any:
    return format_html('<div dir="auto">{}</div>', linebreaksbr(text))
