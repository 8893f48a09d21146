"""The verbs of announcements: publish, change, cancel, complete. Each has a dry run that writes nothing."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Refused
from operations.models import Channel, Window
from releases.announcements import story
from releases.announcements.drafts import Draft
from releases.announcements.wording import Event
from releases.models import Announcement, AnnouncementWorkspace, Deployment
from rollout.models import Module

ADD, CHANGE = "releases.add_announcement", "releases.change_announcement"
KEEP: Any = object()


@transaction.atomic
def publish(
    *,
    actor: Actor,
    title: str,
    text: str,
    audience: str,
    channels: Collection[str | Channel],
    kind: str,
    module: Module | None = None,
    workspaces: Collection[str] = (),
    roles: Collection[str] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    at: datetime | None = None,
    deployment: Deployment | None = None,
    window: Window | None = None,
    key: str | None = None,
    dry_run: bool = False,
) -> Announcement:
    """Announce something, now or `at` a later time.

    `audience` is everybody, module (of `module`, or of the deployment's release) or workspaces; `channels`
    are "product", "mail" (to active members, of `roles` only where given) and channels of the portal. With
    `key` once for all time: the first one is returned. Of a maintenance `window` its times are taken. Raises
    Invalid; Refused for a window that is over or announced already.
    """
    actor.require(ADD, "publish announcements")
    if window is not None:
        starts_at, ends_at = window.starts_at, window.ends_at
    draft = Draft(
        kind=kind,
        title=title,
        text=text,
        audience=audience,
        channels=channels,
        module=module,
        workspaces=workspaces,
        roles=roles,
        starts_at=starts_at,
        ends_at=ends_at,
        at=at,
        deployment=deployment,
        window=window,
        key=key,
    )
    return publish_draft(draft, actor=actor, dry_run=dry_run)


@transaction.atomic
def publish_draft(draft: Draft, *, actor: Actor, dry_run: bool = False) -> Announcement:
    """Publish what `publish` would, as one thing."""
    actor.require(ADD, "publish announcements")
    if known := _known(draft.key):
        return known
    announcement, now = draft.row(actor), timezone.now()
    if draft.window is not None:
        story.check_window(draft.window, lock=not dry_run)
    if dry_run:
        announcement.published_at = now if announcement.due_at <= now else None
        return announcement
    if not _write_row(announcement, draft):
        return Announcement.objects.get(key=draft.key)
    if announcement.due_at <= now:
        return story.go_out(announcement, now, actor)
    story.record("scheduled", announcement, actor)
    return announcement


@transaction.atomic
def change(
    announcement: Announcement,
    *,
    actor: Actor,
    title: str | None = None,
    text: str | None = None,
    starts_at: datetime | None = KEEP,
    ends_at: datetime | None = KEEP,
    version: int | None = None,
    dry_run: bool = False,
) -> Announcement:
    """Say something else, or other times; those who were told hear of it. What is not given stays.

    Raises Invalid; Refused for one that has ended, where nothing changes, and for times that are not those of
    its window.
    """
    actor.require(CHANGE, "change announcements")
    announcement = story.begin(announcement, version, dry_run)
    given = {"title": title, "text": text, "starts_at": starts_at, "ends_at": ends_at}
    wanted = {
        name: value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
        for name, value in given.items()
        if value is not KEEP and not (value is None and name in ("title", "text"))
    }
    changed = {name: value for name, value in wanted.items() if getattr(announcement, name) != value}
    if not changed:
        raise Refused("unchanged", f"The announcement {announcement.title!r} says that already.")
    for name, value in changed.items():
        setattr(announcement, name, value)
    story.check(announcement, changed)
    told = announcement.published_at is not None
    if told:
        announcement.changed_at = timezone.now()
    return story.write(announcement, Event.CHANGED, actor, dry_run, told, [*changed, "changed_at"])


@transaction.atomic
def cancel(
    announcement: Announcement,
    *,
    actor: Actor,
    note: str = "",
    version: int | None = None,
    dry_run: bool = False,
) -> Announcement:
    """Take an announcement back; those who were told hear of it, with `note`.

    Raises Refused for one that has ended.
    """
    actor.require(CHANGE, "cancel announcements")
    announcement = story.begin(announcement, version, dry_run, note)
    announcement.cancelled_at = timezone.now()
    told = announcement.published_at is not None
    return story.write(announcement, Event.CANCELLED, actor, dry_run, told, ["cancelled_at"], note)


@transaction.atomic
def complete(
    announcement: Announcement,
    *,
    actor: Actor,
    note: str = "",
    version: int | None = None,
    dry_run: bool = False,
) -> Announcement:
    """Say that it is over; those who were told of maintenance or an incident hear of it, with `note`.

    Raises Refused for one that has ended, or that nobody has been told of.
    """
    actor.require(CHANGE, "complete announcements")
    announcement = story.begin(announcement, version, dry_run, note)
    if announcement.published_at is None:
        raise Refused("not_published", f"{announcement.title!r} has not gone out: cancel it.")
    announcement.completed_at = timezone.now()
    return story.write(announcement, Event.COMPLETE, actor, dry_run, True, ["completed_at"], note)


@transaction.atomic
def go_out(announcement: Announcement, *, actor: Actor) -> Announcement:
    """Publish an announcement whose time has come. Raises Refused when it went out, or was cancelled."""
    actor.require(ADD, "publish announcements")
    if announcement.window is not None:
        story.hold(announcement.window)
    announcement = story.begin(announcement, None, False)
    if announcement.published_at is not None:
        raise Refused("published", f"{announcement.title!r} has gone out.")
    return story.go_out(announcement, timezone.now(), actor)


def of_window(window: Window) -> Announcement | None:
    """The newest announcement of a window."""
    return Announcement.objects.filter(window=window).order_by("-pk").first()


def announced(deployment: Deployment) -> bool:
    """Whether users were told of a deployment or of its window, and it was not taken back."""
    told = Announcement.objects.filter(published_at__isnull=False, cancelled_at=None)
    found = told.filter(deployment=deployment)
    if deployment.window_id is not None:
        found = found | told.filter(window=deployment.window_id)
    return found.exists()


def _known(key: str | None) -> Announcement | None:
    return Announcement.objects.filter(key=key).first() if key is not None else None


def _write_row(announcement: Announcement, draft: Draft) -> bool:
    """Write a row with its channels and workspaces; False where somebody has written this key meanwhile."""
    try:
        with transaction.atomic():
            announcement.save(force_insert=True)
    except IntegrityError:
        if _known(draft.key):
            return False
        # What the database refuses for another reason is a defect.
        raise
    announcement.channels.set(draft.own_channels)
    AnnouncementWorkspace.objects.bulk_create(
        AnnouncementWorkspace(announcement=announcement, workspace_id=pk) for pk in draft.chosen
    )
    return True
