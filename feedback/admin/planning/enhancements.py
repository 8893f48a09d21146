"""Enhancements in the admin: the plan instead of a list, and a page for each."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from feedback.admin.planning import lines, plan_page
from feedback.admin.planning.operations import OPERATIONS
from feedback.lifecycle import OPEN
from feedback.models import Enhancement, Ticket
from feedback.planning import gathering, plan
from feedback.planning.documents import TITLES
from feedback.planning.enhancements import CHANGEABLE
from feedback.planning.wishes import Range
from operations.doors.admin import actor_of
from operations.doors.model_admin import VerbAdmin
from operations.doors.paging import slice_of
from operations.doors.timeline import details
from operations.models import AuditEvent

PER_PAGE = 25
LABELS = {"note": "note of", **TITLES}


class EnhancementAdmin(VerbAdmin):
    operations = OPERATIONS
    change_form_outer_before_template = "admin/feedback/plan_enhancement.html"

    class Media:
        css = {"all": ["feedback/plan.css"]}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The plan: a list of enhancements would say less."""
        self.require_view(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "media": self.media,
            **plan_page.context(request),
        }
        return TemplateResponse(request, "admin/feedback/plan.html", context)

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("plan.csv", view(self.csv_view), name="feedback_enhancement_csv"),
            path("plan.json", view(self.json_view), name="feedback_enhancement_json"),
        ]

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """The plan as a table."""
        self.require_view(request)
        return plan_page.as_csv(request)

    def json_view(self, request: HttpRequest) -> HttpResponse:
        """The plan as a document."""
        self.require_view(request)
        return plan_page.as_json(request)

    def get_fieldsets(self, request: HttpRequest, obj: Enhancement | None = None) -> Any:
        return ()

    def page_context(self, request: HttpRequest, obj: Enhancement) -> dict[str, Any]:
        drawn = plan.draw_up(Range(), proposing=False)
        line = next(line for line in drawn.enhancements if line.enhancement == obj)
        counts = Q(merged__quarantined_at=None)
        tickets = (
            Ticket.objects.filter(enhancement=obj, merged_into=None)
            .select_related("workspace")
            .annotate(duplicates=Count("merged", filter=counts))
            .order_by("-received_at", "-pk")
        )
        page = slice_of(tickets, request, "tickets", PER_PAGE)
        return {
            "line": lines.shown(line),
            "of": len(drawn.enhancements),
            "everybody": drawn.everybody,
            "tickets": page,
            "rows": [
                (ticket, _counts(ticket), lines.take_out_url(obj, ticket)) for ticket in page.object_list
            ],
            "may_take_out": actor_of(request).may(gathering.PERMISSION),
        }

    def describe(self, event: AuditEvent) -> str:
        match event.action:
            case "enhancement.changed":
                changes = (
                    f"{_word(name)} {_spelled(name, before)} → {_spelled(name, after)}"
                    for name, (before, after) in _in_order(event)
                )
                return "; ".join(changes)
            case "enhancement.created" | "enhancement.removed":
                return "; ".join(
                    f"{_word(name)} {_spelled(name, value)}"
                    for name, value in _in_order(event)
                    if name not in ("name", "note") and value is not None
                )
            case "enhancement.gathered" | "enhancement.let_go":
                return ", ".join(event.data["tickets"])
        return details(event)


def _counts(ticket: Ticket) -> bool:
    """Whether a ticket in an enhancement still speaks for it."""
    return (
        ticket.state in OPEN
        and ticket.quarantined_at is None
        and ticket.category == Ticket.Category.FEATURE_REQUEST
    )


def _in_order(event: AuditEvent) -> Iterator[tuple[str, Any]]:
    """An event's facts in the order of the form: PostgreSQL keeps them in its own."""
    return ((name, event.data[name]) for name in CHANGEABLE if name in event.data)


def _word(name: str) -> str:
    return LABELS.get(name, name).lower()


def _spelled(name: str, value: Any) -> str:
    if name == "objective":
        return str(Enhancement.Objective(value).label)
    if name == "note":
        return f"{value:,} characters"
    return "not judged" if value is None else str(value)
