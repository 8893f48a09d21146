"""From the public form to a ticket: judged, and taken in with its files."""

from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from feedback.models import Ticket
from feedback.pages import spam
from feedback.pages.forms import FeedbackForm
from feedback.tickets import attaching, drafts, messaging, submitting
from feedback.tickets.drafts import Draft
from feedback.tickets.story import TRIAGE
from operations.actor import Actor, Door
from operations.errors import Invalid
from rollout.models import Workspace

ACTOR = Actor(
    door=Door.API,
    label="public form",
    # To triage only so as to note what the form said of a workspace that does not exist.
    grants=frozenset({submitting.PERMISSION, attaching.PERMISSION, TRIAGE}),
)
REPEATED_WITHIN = timedelta(days=1)


@transaction.atomic
def take(request: HttpRequest, form: FeedbackForm, *, trap: str, seconds: float | None) -> Ticket:
    """Take in what the form says, with its files. Raises Invalid.

    The workspace is what a stranger claims: the ticket's source says so. The form takes any, for it must not
    tell strangers which workspaces there are; one that is not known is noted for the team.
    """
    claimed = form.cleaned_data["workspace"]
    workspace = claimed if Workspace.objects.filter(pk=claimed).exists() else ""
    draft = form.draft(request, workspace)
    why = spam.reason(_texts(draft), trap=trap, seconds=seconds, same=_same(draft))
    ticket = submitting.submit(draft, actor=ACTOR, source=Ticket.Source.FORM, quarantine=why)
    for file in form.cleaned_data["attachments"]:
        _attach(ticket, file)
    if claimed and not workspace:
        messaging.note(ticket, actor=ACTOR, body=f"Pharmacy or workspace, as its sender wrote it: {claimed}")
    return ticket


def _attach(ticket: Ticket, file: UploadedFile) -> None:
    try:
        attaching.attach(ticket, file, actor=ACTOR)
    except Invalid as fault:
        rule = "; ".join(fault.fields.values())
        raise Invalid({"attachments": f"file, {file.name}, {rule}"}) from None


def _texts(draft: Draft) -> list[str]:
    return [draft.title, draft.description, draft.expected_behavior, draft.actual_behavior, *draft.steps]


def _same(draft: Draft) -> list[str]:
    """The references of what came through the form within a day, and says the same to the letter."""
    said = drafts.redacted(drafts.cleaned(draft)).draft
    found = Ticket.objects.filter(
        received_at__gt=timezone.now() - REPEATED_WITHIN,
        source=Ticket.Source.FORM,
        title=said.title,
        description=said.description,
    )
    return [ticket.reference for ticket in found.only("pk").order_by("-pk")[:5]]
