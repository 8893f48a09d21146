"""Which announcements the product shows, and finding one by its number."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from operations.errors import NotFound
from releases.models import Announcement, AnnouncementWorkspace
from rollout.models import Enrolment, Plan

LARGEST = 2**63 - 1


def for_product(workspace: str | None = None) -> QuerySet[Announcement]:
    """What the product shows now, the newest first: to everybody, and to one workspace what is for it.

    By one query. A workspace that does not exist gets what everybody gets.
    """
    shown = Announcement.objects.current().filter(
        Q(ends_at=None) | Q(ends_at__gt=timezone.now()), in_product=True
    )
    meant = Q(audience=Announcement.Audience.EVERYBODY)
    if workspace is not None:
        plans = Plan.objects.live().filter(module=OuterRef(OuterRef("module")))
        enrolled = Enrolment.objects.open().filter(workspace=workspace, plan__in=plans.values("pk"))
        chosen = AnnouncementWorkspace.objects.filter(announcement=OuterRef("pk"), workspace=workspace)
        meant |= Q(Exists(enrolled), audience=Announcement.Audience.MODULE)
        meant |= Q(Exists(chosen), audience=Announcement.Audience.WORKSPACES)
    return shown.filter(meant).order_by("-published_at", "-id")


def by_number(number: int) -> Announcement:
    """The announcement of this number. Raises NotFound."""
    found = Announcement.objects.filter(pk=number).first() if 0 < number <= LARGEST else None
    if found is None:
        raise NotFound(f"There is no announcement {number}.")
    return found
