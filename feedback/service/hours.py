"""Opening hours: the same week for all workspaces, each in its own time zone."""

from collections.abc import Mapping

from django.db import transaction

from feedback.models import OpeningHours
from feedback.models.service import clock
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid

Day = tuple[int, int]
MINUTES_OF_DAY = 1440
# A clock that runs less than this in a week hardly moves: the longest target would take decades.
LEAST_OF_WEEK = 60
CLOSED = "closed"


@transaction.atomic
def set_hours(*, actor: Actor, hours: Mapping[int, Day | None]) -> None:
    """Set when each given weekday (0 is Monday) opens and closes, in minutes after midnight; None: closed.

    Weekdays that are not given stay as they are. What is due already stays due when it was; see
    `feedback.tickets.deadlines`. Raises Invalid, with the weekday's name where one is at fault, "hours" where
    the whole week is.
    """
    actor.require("feedback.change_openinghours", "set the opening hours")
    rows = {row.weekday: row for row in OpeningHours.objects.select_for_update()}
    before = {weekday: (row.opens, row.closes) for weekday, row in rows.items()}
    if faults := _faults(before, hours):
        raise Invalid(faults)
    for weekday, day in sorted(hours.items()):
        if day != before.get(weekday):
            row = rows.get(weekday) or OpeningHours(weekday=weekday)
            _set(row, day, actor, data={"before": _spelled(before.get(weekday)), "after": _spelled(day)})


def _set(row: OpeningHours, day: Day | None, actor: Actor, *, data: Mapping[str, str]) -> None:
    data = {"day": row.get_weekday_display(), **data}
    if day is None:
        audit.record("opening_hours.set", actor=actor, subject=row, data=data)
        row.delete()
        return
    row.opens, row.closes = day
    row.save()
    audit.record("opening_hours.set", actor=actor, subject=row, data=data)


def _faults(before: Mapping[int, Day], hours: Mapping[int, Day | None]) -> dict[str, str]:
    faults = {}
    for weekday, day in hours.items():
        if weekday not in OpeningHours.Weekday.values:
            faults["hours"] = "weekdays go from 0, which is Monday, to 6"
        elif day is not None and not 0 <= day[0] < day[1] <= MINUTES_OF_DAY:
            name = OpeningHours.Weekday(weekday).label.lower()
            faults[name] = "must open before it closes, from 00:00 to 24:00"
    if not faults:
        open_minutes = sum(day[1] - day[0] for day in {**before, **hours}.values() if day)
        if open_minutes < LEAST_OF_WEEK:
            faults["hours"] = "the week must be open for an hour or more"
    return faults


def _spelled(day: Day | None) -> str:
    return f"{clock(day[0])} to {clock(day[1])}" if day else CLOSED
