"""The cells of the list, and what the list and the board count."""

from collections.abc import Sequence

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils import timezone

from releases.admin.issues import brief, links
from releases.models import Issue, IssueAlert, IssueTicket


def with_counts(rows: Sequence[Issue]) -> Sequence[Issue]:
    """The issues of a page, with how many tickets and alerts each has: two queries."""
    keys = [row.pk for row in rows]
    tickets = dict(IssueTicket.objects.filter(issue__in=keys).values_list("issue").annotate(n=Count("pk")))
    alerts = dict(IssueAlert.objects.filter(issue__in=keys).values_list("issue").annotate(n=Count("pk")))
    for row in rows:
        row.ticket_count = tickets.get(row.pk, 0)  # type: ignore[attr-defined]
        row.alert_count = alerts.get(row.pk, 0)  # type: ignore[attr-defined]
    return rows


def summary(issue: Issue) -> str:
    """The title, which leads to the issue, and below it what else tells issues apart."""
    release = links.page_of(issue.release) if issue.release else ""
    context = {**brief.facts(issue), "release_url": release, "now": timezone.now()}
    return render_to_string("admin/releases/issue_cell.html", context)
