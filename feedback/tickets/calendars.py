"""The promised service as it stands: the calendar of each workspace, and the targets of each severity."""

from collections import defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from feedback.clocks import Calendar
from feedback.models import Holiday, OpeningHours, ServiceTarget
from rollout.models import Workspace

EVERYWHERE = ""


class Calendars:
    """Hours, holidays and targets, read once in three queries; for one verb, or one batch of many tickets."""

    def __init__(self) -> None:
        rows = OpeningHours.objects.values_list("weekday", "opens", "closes")
        self._week = {weekday: (opens, closes) for weekday, opens, closes in rows}
        self._holidays: dict[str, set[date]] = defaultdict(set)
        for region, day in Holiday.objects.values_list("region", "day"):
            self._holidays[region.casefold()].add(day)
        self._targets = {
            target.severity: (timedelta(minutes=target.first_response), timedelta(minutes=target.resolution))
            for target in ServiceTarget.objects.all()
        }
        self._made: dict[tuple[str, str], Calendar] = {}

    def of(self, workspace: Workspace | None) -> Calendar:
        """The calendar that a workspace's tickets go by; the portal's own for none.

        In the workspace's time zone, else the portal's, with the holidays of its region and of everywhere.
        """
        zone = workspace.time_zone if workspace else ""
        region = workspace.region.casefold() if workspace else EVERYWHERE
        if (zone, region) not in self._made:
            days = self._holidays.get(region, set()) | self._holidays.get(EVERYWHERE, set())
            self._made[zone, region] = Calendar(_zone(zone), self._week, frozenset(days))
        return self._made[zone, region]

    def target(self, severity: str) -> tuple[timedelta, timedelta]:
        """Business time until the first response, and until the resolution."""
        return self._targets[severity]


def _zone(name: str) -> ZoneInfo:
    """Time zones come with the import of workspaces; one that this machine does not know is the portal's."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
