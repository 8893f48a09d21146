"""Announcements and maintenance as the API and the command spell them."""

from typing import Any

from operations.models import Window
from releases.models import Announcement


def of_announcement(announcement: Announcement) -> dict[str, Any]:
    """What the product shows: nothing of who wrote it, or of who else was told."""
    return {
        "id": announcement.pk,
        "kind": announcement.kind,
        "title": announcement.title,
        "text": announcement.text,
        "state": announcement.state,
        "startsAt": announcement.starts_at,
        "endsAt": announcement.ends_at,
        "publishedAt": announcement.published_at,
        "changedAt": announcement.changed_at,
    }


def whole(announcement: Announcement) -> dict[str, Any]:
    """An announcement with what the team keeps about it."""
    return {
        **of_announcement(announcement),
        "audience": announcement.audience,
        "module": announcement.module.key if announcement.module else None,
        "inProduct": announcement.in_product,
        "byMail": announcement.by_mail,
        "roles": announcement.mail_roles,
        "dueAt": announcement.due_at,
        "cancelledAt": announcement.cancelled_at,
        "completedAt": announcement.completed_at,
        "window": announcement.window_id,
        "deployment": announcement.deployment_id,
        "version": announcement.version,
    }


def of_window(window: Window) -> dict[str, Any]:
    """A maintenance window as everybody may know it."""
    return {
        "title": window.title,
        "state": window.state.replace(" ", "_"),
        "startsAt": window.starts_at,
        "endsAt": window.ends_at,
    }
