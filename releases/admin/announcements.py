"""Announcements in the admin: written with a preview of who reads them, changed, cancelled and completed."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from unfold.decorators import display

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.model_admin import VerbAdmin
from operations.models import Channel
from operations.spelling import local_time
from releases.admin import announcement_forms as entered
from releases.announcements import mails, previews, publishing
from releases.announcements.wording import Event
from releases.models import Announcement

TEMPLATE = "admin/releases/announcement_preview.html"
LABELS = {"Published": "success", "Scheduled": "info", "Cancelled": "", "Complete": ""}
TOLD = "Who was told by mail or through a channel hears of it."


def _preview_publish(nothing: None, inputs: Inputs, actor: Actor) -> Preview:
    draft = entered.draft_of(inputs)
    publishing.publish_draft(draft, actor=actor, dry_run=True)
    return Preview(TEMPLATE, {"found": previews.of_draft(draft, actor), "new": True})


def _publish(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    made = publishing.publish_draft(entered.draft_of(inputs), actor=actor)
    if made.published_at is None:
        return f"{made} goes out at {local_time(made.due_at)}."
    return f"{made} is published. {mails.said(made.recipients.count())} mailed."


def _preview_change(announcement: Announcement, inputs: Inputs, actor: Actor) -> Preview:
    given = entered.changes_of(announcement, inputs)
    changed = publishing.change(announcement, actor=actor, dry_run=True, **given)
    return Preview(TEMPLATE, {"found": previews.of_event(changed, Event.CHANGED)})


def _change(announcement: Announcement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    given = entered.changes_of(announcement, inputs)
    changed = publishing.change(announcement, actor=actor, version=version, **given)
    return f"{changed} is changed."


def _preview_cancel(announcement: Announcement, inputs: Inputs, actor: Actor) -> Preview:
    ended = publishing.cancel(announcement, actor=actor, note=inputs["note"], dry_run=True)
    return Preview(TEMPLATE, {"found": previews.of_event(ended, Event.CANCELLED, inputs["note"])})


def _cancel(announcement: Announcement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{publishing.cancel(announcement, actor=actor, version=version, **inputs)} is cancelled."


def _preview_complete(announcement: Announcement, inputs: Inputs, actor: Actor) -> Preview:
    ended = publishing.complete(announcement, actor=actor, note=inputs["note"], dry_run=True)
    return Preview(TEMPLATE, {"found": previews.of_event(ended, Event.COMPLETE, inputs["note"])})


def _complete(announcement: Announcement, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{publishing.complete(announcement, actor=actor, version=version, **inputs)} is complete."


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Published"), ("later", "Scheduled"), ("done", "Cancelled or complete")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        open_ = Q(cancelled_at=None, completed_at=None)
        chosen = {
            "now": open_ & Q(published_at__isnull=False),
            "later": Q(cancelled_at=None, published_at=None),
            "done": ~open_,
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class AnnouncementAdmin(VerbAdmin):
    operations = (
        Operation(
            name="publish",
            title="Announce",
            permission=publishing.ADD,
            perform=_publish,
            preview=_preview_publish,
            previewed=tuple(entered.PublishForm.base_fields),
            form=entered.PublishForm,
            creates=True,
            icon="campaign",
            note="What users are told. Of maintenance they are told by the portal itself, 30 minutes before.",
        ),
        Operation(
            name="change",
            title="Change",
            permission=publishing.CHANGE,
            perform=_change,
            preview=_preview_change,
            previewed=tuple(entered.ChangeForm.base_fields),
            form=entered.ChangeForm,
            initial=entered.as_it_stands,
            offered=lambda announcement: not announcement.has_ended,
            icon="edit",
            note=TOLD,
        ),
        Operation(
            name="complete",
            title="Complete",
            permission=publishing.CHANGE,
            perform=_complete,
            preview=_preview_complete,
            previewed=("note",),
            form=entered.NoteForm,
            offered=lambda announcement: announcement.state == "published",
            icon="task_alt",
            style="primary",
            note=f"It is over, and the product shows it no more. {TOLD}",
        ),
        Operation(
            name="cancel",
            title="Cancel announcement",
            permission=publishing.CHANGE,
            perform=_cancel,
            preview=_preview_cancel,
            previewed=("note",),
            form=entered.NoteForm,
            offered=lambda announcement: not announcement.has_ended,
            icon="cancel",
            style="danger",
            note=f"It is taken back, and the product shows it no more. {TOLD}",
        ),
    )
    list_display = ("title", "kind", "status", "reader", "ways", "begins", "ends", "out")
    list_filter = ("kind", StateFilter)
    search_fields = ("title", "text")
    fields = (
        *("title", "said", "kind", "status", "reader", "ways", "mailed", "begins", "ends"),
        *("window", "deployment", "out", "created_by"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Announcement]:
        found: QuerySet[Announcement] = super().get_queryset(request)
        channels = Prefetch("channels", queryset=Channel.objects.order_by("name"))
        named = found.select_related("module").prefetch_related(channels)
        return named.annotate(workspace_count=Count("announcementworkspace"))

    @display(description="State", label=LABELS)
    def status(self, announcement: Announcement) -> str:
        return announcement.state.capitalize()

    @display(description="To")
    def reader(self, announcement: Announcement) -> str:
        if announcement.audience == Announcement.Audience.MODULE:
            return f"Workspaces with {announcement.module}"
        if announcement.audience == Announcement.Audience.WORKSPACES:
            count = announcement.workspace_count  # type: ignore[attr-defined]
            return f"{count:,} workspace{'' if count == 1 else 's'}"
        return "Everybody"

    @display(description="Through")
    def ways(self, announcement: Announcement) -> str:
        mail = f"mail to {', '.join(announcement.mail_roles)}" if announcement.mail_roles else "mail"
        ways = ["the product"] if announcement.in_product else []
        ways += [mail] if announcement.by_mail else []
        return ", ".join([*ways, *map(str, announcement.channels.all())])

    @display(description="Mailed to")
    def mailed(self, announcement: Announcement) -> str:
        count = announcement.recipients.count()
        return f"{count:,} {'person' if count == 1 else 'people'}" if announcement.by_mail else "-"

    @display(description="Text")
    def said(self, announcement: Announcement) -> Any:
        return format_html('<div dir="auto">{}</div>', linebreaksbr(announcement.text))

    @display(description="Begins", ordering="starts_at")
    def begins(self, announcement: Announcement) -> str:
        return local_time(announcement.starts_at) if announcement.starts_at else "-"

    @display(description="Ends", ordering="ends_at")
    def ends(self, announcement: Announcement) -> str:
        return local_time(announcement.ends_at) if announcement.ends_at else "-"

    @display(description="Goes out", ordering="due_at")
    def out(self, announcement: Announcement) -> str:
        return local_time(announcement.published_at or announcement.due_at)
