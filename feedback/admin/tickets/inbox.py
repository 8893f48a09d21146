"""Tickets in the admin: the inbox, the worst and oldest first, and a ticket's page."""

from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern
from unfold.decorators import display

from feedback.admin import attachments
from feedback.admin.imports import ImportPages
from feedback.admin.summary.page import urls as summary_urls
from feedback.admin.tickets import filters, links, listing, page, searching, shortcuts, wording
from feedback.admin.tickets.operations import OPERATIONS
from feedback.models import Original, Ticket
from operations.doors.admin import actor_of
from operations.doors.inbox import ALL, Inbox, InboxPaginator
from operations.doors.model_admin import VerbAdmin
from rollout.admin.module_filters import WholeModules


class TicketInbox(Inbox):
    """The list of tickets; what belongs to them is read for the whole page."""

    page_only = (
        "description",
        "steps",
        "expected_behavior",
        "actual_behavior",
        "browser_info",
        "device_info",
    )

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = listing.with_counts(list(self.result_list))


class TicketAdmin(VerbAdmin):
    operations = OPERATIONS
    list_display = ("due", "severity_chip", "summary", "state_chip", "place", "owner_name")
    list_display_links = None
    list_filter = (
        filters.StateFilter,
        "severity",
        "category",
        filters.OwnerFilter,
        ("module", WholeModules),
        filters.TagFilter,
        "source",
        filters.WorkspaceFilter,
        filters.AreaFilter,
        filters.FlagFilter,
        filters.PhaseFilter,
        filters.ReporterFilter,
    )
    # What is searched, `searching` says; Django asks for a field before it shows the box.
    search_fields = ("title",)
    search_help_text = "Words, a reference such as FB-12, or a reporter's e-mail"
    paginator: type[Paginator] = InboxPaginator
    show_full_result_count = False
    ordering = ("rank", "received_at", "pk")
    list_per_page = 50
    list_before_template = "admin/feedback/inbox_head.html"
    change_form_outer_before_template = "admin/feedback/ticket.html"
    change_form_outer_after_template = ""

    class Media:
        css = {"all": ["feedback/tickets.css"]}
        js = ("feedback/inbox.js",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TicketInbox

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        found: QuerySet[Ticket] = super().get_queryset(request)
        found = found.select_related("workspace", "module", "owner", "merged_into").prefetch_related("tags")
        if request.resolver_match is None or "object_id" not in request.resolver_match.kwargs:
            return found
        # A ticket's own page asks for more; the list's joins stay few, so that its index is used.
        redacted = Exists(Original.objects.filter(ticket=OuterRef("pk")))
        linked = found.select_related("flag__module", "phase__plan", "enhancement")
        return linked.annotate(was_redacted=redacted)

    def get_ordering(self, request: HttpRequest) -> Any:
        """The worst first; of the past, and of quarantine, the latest."""
        state = filters.state_of(request)
        if state in filters.PAST:
            return ("-changed_at", "-pk")
        if state == ALL:
            return ("-received_at", "-pk")
        return ("-quarantined_at", "-pk") if state == "quarantine" else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return searching.found(queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        named = searching.reference(request.GET.get(SEARCH_VAR, ""))
        if named is not None and self.has_view_permission(request):
            return HttpResponseRedirect(links.ticket(named.pk))
        here = filters.state_of(request)
        context = {
            "shortcuts": shortcuts.allowed(actor_of(request), self.operations),
            "views": [(title, links.tickets(state=state), state == here) for state, title in filters.VIEWS],
            "may_import": ImportPages.permitted(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def more_urls(self) -> list[URLPattern]:
        return [*attachments.urls(self), *ImportPages(self).urls(), *summary_urls(self)]

    def get_fieldsets(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        return ()

    def page_context(self, request: HttpRequest, obj: Ticket) -> dict[str, Any]:
        return {
            **page.split(self.buttons(request, obj)),
            **page.context(request, obj, self.operations),
        }

    @display(description="Due", ordering="due_at")
    def due(self, ticket: Ticket) -> str:
        return listing.due(ticket)

    # As expressions, so that the list's own order is not shown as one that was chosen.
    @display(description="Severity", ordering=F("rank"), label=wording.SEVERITY_LABELS)
    def severity_chip(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.severity, ticket.get_severity_display()

    @display(description="Ticket", ordering=F("received_at"))
    def summary(self, ticket: Ticket) -> str:
        return listing.summary(ticket)

    @display(description="State", ordering="state", label=wording.STATE_LABELS)
    def state_chip(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.state, ticket.get_state_display()

    @display(description="Where", ordering="workspace")
    def place(self, ticket: Ticket) -> str:
        return listing.place(ticket)

    @display(description="Owner", ordering="owner__username")
    def owner_name(self, ticket: Ticket) -> str:
        return ticket.owner.get_username() if ticket.owner else ""
