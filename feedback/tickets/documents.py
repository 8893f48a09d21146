"""Tickets as JSON documents: what programs read of them. Texts are the redacted ones."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from feedback.lifecycle import allowed
from feedback.models import Ticket


def ticket_of(ticket: Ticket) -> dict[str, Any]:
    """One line of a list."""
    return {
        "reference": ticket.reference,
        "status": ticket.state,
        "category": ticket.category,
        "severity": ticket.severity,
        "title": ticket.title,
        "module": ticket.module.key if ticket.module else None,
        "workspace": ticket.workspace_id,
        "featureArea": ticket.feature_area,
        "owner": ticket.owner.get_username() if ticket.owner else None,
        "source": ticket.source,
        "receivedAt": ticket.received_at,
        "due": ticket.due_at,
        "waitingSince": ticket.waiting_since,
        "mergedInto": ticket.merged_into.reference if ticket.merged_into else None,
        "quarantined": ticket.quarantined_at is not None,
        "version": ticket.version,
    }


def whole_ticket_of(ticket: Ticket) -> dict[str, Any]:
    """A ticket with its texts, its clocks, its conversation and its history."""
    return {
        **ticket_of(ticket),
        "description": ticket.description,
        "steps": ticket.steps,
        "expectedBehavior": ticket.expected_behavior,
        "actualBehavior": ticket.actual_behavior,
        "browserInfo": ticket.browser_info,
        "deviceInfo": ticket.device_info,
        "satisfactionRating": ticket.satisfaction_rating,
        "usabilityRating": ticket.usability_rating,
        "performanceRating": ticket.performance_rating,
        "release": ticket.release,
        "reporter": {
            "name": ticket.reporter_name,
            "email": ticket.reporter_email,
            "locale": ticket.reporter_locale,
        },
        "flag": ticket.flag.key if ticket.flag else None,
        "phase": ticket.phase.number if ticket.phase else None,
        "tags": [tag.name for tag in ticket.tags.all()],
        "respondBy": ticket.respond_by,
        "resolveBy": ticket.resolve_by,
        "respondedAt": ticket.responded_at,
        "resolvedAt": ticket.resolved_at,
        "resolutionMinutes": ticket.resolution_minutes,
        "fixedIn": ticket.fixed_in,
        "allowed": list(allowed(ticket.state)),
        "merged": [each.reference for each in ticket.merged.order_by("pk")],
        "attachments": [
            {
                "name": each.name,
                "contentType": each.content_type,
                "size": each.size,
                "at": each.at,
                "by": each.by,
            }
            for each in ticket.attachments.all()
        ],
        "messages": [
            {"kind": message.kind, "body": message.body, "at": message.at, "by": message.by}
            for message in ticket.messages.all()
        ],
        "history": [
            {"at": event.at, "kind": event.kind, "by": event.by, "text": event.text, "changes": event.changes}
            for event in ticket.events.all()
        ],
        "url": settings.PORTAL_URL + reverse("admin:feedback_ticket_change", args=[ticket.pk]),
    }
