"""Tickets on their way out as CSV: redacted texts only, read from the database while they are written."""

from collections.abc import Iterator

from django.utils import timezone

from feedback.models import Ticket
from feedback.models.tickets import TicketQuerySet
from operations.actor import Actor
from operations.csv_files.cells import escape

PERMISSION = "feedback.view_ticket"
FETCHED_AT_ONCE = 1_000
HEADER = (
    "reference",
    "externalId",
    "status",
    "category",
    "severity",
    "title",
    "description",
    "steps",
    "expectedBehavior",
    "actualBehavior",
    "featureArea",
    "workspace",
    "module",
    "release",
    "fixedIn",
    "owner",
    "tags",
    "browserInfo",
    "deviceInfo",
    "satisfactionRating",
    "usabilityRating",
    "performanceRating",
    "reporterName",
    "reporterEmail",
    "reporterLocale",
    "receivedAt",
    "resolvedAt",
    "resolutionMinutes",
    "mergedInto",
    "quarantined",
)


def rows(tickets: TicketQuerySet, *, actor: Actor) -> Iterator[list[str]]:
    """The cells of each ticket. Text that a spreadsheet would take for a formula is quoted."""
    actor.require(PERMISSION, "export tickets")
    found = tickets.select_related("module", "owner").prefetch_related("tags")
    return ([escape(cell) for cell in _cells(each)] for each in found.iterator(chunk_size=FETCHED_AT_ONCE))


def _cells(ticket: Ticket) -> list[str]:
    return [
        ticket.reference,
        ticket.external_id,
        ticket.state,
        ticket.category,
        ticket.severity,
        ticket.title,
        ticket.description,
        "\n".join(ticket.steps),
        ticket.expected_behavior,
        ticket.actual_behavior,
        ticket.feature_area,
        ticket.workspace_id or "",
        ticket.module.key if ticket.module else "",
        ticket.release,
        ticket.fixed_in,
        ticket.owner.get_username() if ticket.owner else "",
        ", ".join(tag.name for tag in ticket.tags.all()),
        ticket.browser_info,
        ticket.device_info,
        _plain(ticket.satisfaction_rating),
        _plain(ticket.usability_rating),
        _plain(ticket.performance_rating),
        ticket.reporter_name,
        ticket.reporter_email,
        ticket.reporter_locale,
        timezone.localtime(ticket.received_at).isoformat(),
        timezone.localtime(ticket.resolved_at).isoformat() if ticket.resolved_at else "",
        _plain(ticket.resolution_minutes),
        f"FB-{ticket.merged_into_id}" if ticket.merged_into_id else "",
        "true" if ticket.quarantined_at else "false",
    ]


def _plain(number: int | None) -> str:
    return "" if number is None else str(number)
