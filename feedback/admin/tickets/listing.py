"""The cells of the inbox, and what they count."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.utils import timezone

from feedback.admin.tickets import links, wording
from feedback.models import Likeness, Ticket


def with_counts(rows: Sequence[Ticket]) -> Sequence[Ticket]:
    """The tickets of a page, with how many were merged into each and how many seem alike: two queries."""
    keys = [row.pk for row in rows]
    merged = Ticket.objects.filter(merged_into__in=keys).order_by().values_list("merged_into")
    merges, alike = dict(merged.annotate(n=Count("pk"))), _alike(keys)
    for row in rows:
        row.merged_count = merges.get(row.pk, 0)  # type: ignore[attr-defined]
        row.alike_count = alike[row.pk]  # type: ignore[attr-defined]
    return rows


def _alike(keys: Sequence[int]) -> Counter[int]:
    pairs = Likeness.objects.filter(
        Q(ticket__in=keys) | Q(other__in=keys),
        dismissed_at=None,
        ticket__merged_into=None,
        other__merged_into=None,
        ticket__quarantined_at=None,
        other__quarantined_at=None,
    )
    return Counter(key for pair in pairs.order_by().values_list("ticket", "other") for key in pair)


def due(ticket: Ticket) -> str:
    """Until when somebody owes an answer and a resolution, as chips."""
    return _cell("due", clocks=wording.chips_of(ticket, timezone.now()))


def summary(ticket: Ticket) -> str:
    """The title, which leads to the ticket, and below it what else tells tickets apart."""
    received = wording.moment(ticket.received_at, timezone.now())
    return _cell("ticket", ticket=ticket, url=links.ticket(ticket.pk), received=received)


def place(ticket: Ticket) -> str:
    """The workspace and the module."""
    return _cell("place", ticket=ticket) if ticket.workspace_id or ticket.module_id else ""


def _cell(name: str, **context: object) -> str:
    return render_to_string(f"admin/feedback/cells/{name}.html", context)
