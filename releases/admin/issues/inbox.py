"""Issues in the admin: the list, the worst and oldest first, the board, and an issue's page."""

from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern
from unfold.decorators import display

from operations.doors.inbox import Inbox, InboxPaginator
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent
from releases.admin.issues import board, filters, links, listing, page, wording
from releases.admin.issues.operations import OPERATIONS
from releases.issues import finding
from releases.models import Issue


class IssueList(Inbox):
    """The list of issues; what belongs to them is read for the whole page."""

    page_only = ("description",)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = listing.with_counts(list(self.result_list))


class IssueAdmin(VerbAdmin):
    operations = OPERATIONS
    list_display = ("severity_chip", "summary", "state_chip", "owner_name", "due")
    list_display_links = None
    list_filter = (
        filters.StateFilter,
        "severity",
        filters.ModuleFilter,
        filters.OwnerFilter,
        filters.ReleaseFilter,
        filters.DueFilter,
    )
    # What is searched, `finding` says; Django asks for a field before it shows the box.
    search_fields = ("title",)
    search_help_text = "Words, or a reference such as BUG-007"
    paginator: type[Paginator] = InboxPaginator
    show_full_result_count = False
    ordering = ("rank", "number")
    list_per_page = 50
    list_before_template = "admin/releases/issue_list_head.html"
    change_form_outer_before_template = "admin/releases/issue.html"
    change_form_outer_after_template = ""

    class Media:
        css = {"all": ["feedback/tickets.css", "releases/issues.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return IssueList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        found: QuerySet[Issue] = super().get_queryset(request)
        return found.select_related("module", "owner", "release")

    def get_ordering(self, request: HttpRequest) -> Any:
        """The worst first; of the past, the latest."""
        return ("-number",) if filters.is_past(filters.state_of(request)) else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found: Any = queryset
        return finding.matching(found, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        number = finding.number_of(request.GET.get(SEARCH_VAR, ""))
        if number and self.has_view_permission(request):
            named = Issue.objects.filter(number=number).values_list("pk", flat=True).first()
            if named is not None:
                return HttpResponseRedirect(links.issue(named))
        here = filters.state_of(request)
        views = [(title, links.issues(state=state), state == here) for state, title in filters.VIEWS]
        context = {"views": views, "board_url": links.board(), **(extra_context or {})}
        return super().changelist_view(request, context)

    def more_urls(self) -> list[URLPattern]:
        return board.urls(self)

    def get_fieldsets(self, request: HttpRequest, obj: Issue | None = None) -> Any:
        return ()

    def page_context(self, request: HttpRequest, obj: Issue) -> dict[str, Any]:
        return {**super().page_context(request, obj), **page.context(request, obj)}

    def describe(self, event: AuditEvent) -> str:
        return page.describe(event)

    # As expressions, so that the list's own order is not shown as one that was chosen.
    @display(description="Severity", ordering=F("rank"), label=wording.SEVERITY_LABELS)
    def severity_chip(self, issue: Issue) -> tuple[str, str]:
        return issue.severity, issue.get_severity_display()

    @display(description="Issue", ordering=F("number"))
    def summary(self, issue: Issue) -> str:
        return listing.summary(issue)

    @display(description="State", ordering="state", label=wording.STATE_LABELS)
    def state_chip(self, issue: Issue) -> tuple[str, str]:
        return issue.state, issue.get_state_display()

    @display(description="Owner", ordering="owner__username")
    def owner_name(self, issue: Issue) -> str:
        return issue.owner.get_username() if issue.owner else ""

    @display(
        description="Wanted by", ordering="due_on", label={"danger": "danger", "warning": "warning", "": ""}
    )
    def due(self, issue: Issue) -> Any:
        found = wording.due_of(issue, wording.today())
        return (found.label, found.chip) if found else None
