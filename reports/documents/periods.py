"""The time that a report is about: what is usual for its kind, what somebody asks for, and its steps.

Days and weeks are those of the portal's time zone. A period has its beginning and not its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from feedback.summary import periods as days_of
from monitoring import slots
from operations.errors import Invalid
from reports.models import Kind
from rollout.models import Module, Plan

DAY = timedelta(days=1)
LONGEST = timedelta(days=731)
# A period of at most so many days is told by the hour, a longer one by the day, the week or the month.
HOURLY_FOR = 2
LAST_DAYS = {Kind.ROLLOUT: 7, Kind.POST_LAUNCH: 7, Kind.FEEDBACK: 30, Kind.PHASE2: 730}
NO_MOMENT = "must be a day such as 2026-01-31 or a time such as 2026-01-31T18:00:00Z"
YEARS = range(2000, 2101)


@dataclass(frozen=True)
class Step:
    """A part of a period. `key` is what a chart calls it: an hour, or the first day of a longer one."""

    key: datetime | str
    since: datetime
    until: datetime


class Period(NamedTuple):
    """The time from `since` up to, and without, `until`."""

    since: datetime
    until: datetime

    @property
    def first(self) -> date:
        return timezone.localdate(self.since)

    @property
    def last(self) -> date:
        """The last day of which something is in it."""
        return timezone.localdate(self.until - timedelta.resolution)

    @property
    def days(self) -> int:
        """How many days it touches."""
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> "Period":
        """The same hours of as many days before: a Monday is compared with a Monday, half a day with half.

        By the clock on the wall, so that a day of 23 hours is compared with the whole day before.
        """
        return Period(_earlier(self.since, self.days), _earlier(self.until, self.days))

    @property
    def step(self) -> str:
        """In what it is told: hour, day, week, month or year."""
        return "hour" if self.days <= HOURLY_FOR else days_of.step_of(self.days)

    def has(self, moment: datetime | None) -> bool:
        return moment is not None and self.since <= moment < self.until

    def steps(self) -> list[Step]:
        """All parts in order, none left out; the first and the last are cut off where the period is."""
        return [*(self._hours() if self.step == "hour" else self._longer())]

    def _hours(self) -> Iterator[Step]:
        at = slots.full_hour(self.since)
        while at < self.until:
            following = at + slots.HOUR
            yield Step(at, max(at, self.since), min(following, self.until))
            at = following

    def _longer(self) -> Iterator[Step]:
        for each in days_of.periods(self.first, self.last):
            since, until = start_of(each.first), start_of(each.last + DAY)
            yield Step(f"{each.first}", max(since, self.since), min(until, self.until))


def start_of(day: date) -> datetime:
    """When a day begins in the portal's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min)).astimezone(UTC)


def span_of(kind: str, now: datetime, module: Module | None = None) -> Period:
    """What a report of this kind is about unless somebody asks for something else.

    A daily summary is about yesterday, a weekly one about the last week that is over, Monday to Sunday. The
    others end now: a rollout report begins with the module's plan, the rest as many days ago as LAST_DAYS
    says, today included.
    """
    today = timezone.localdate(now)
    if kind == Kind.DAILY:
        return Period(start_of(today - DAY), start_of(today))
    if kind == Kind.WEEKLY:
        monday = today - today.weekday() * DAY
        return Period(start_of(monday - 7 * DAY), start_of(monday))
    since = start_of(today - (LAST_DAYS[Kind(kind)] - 1) * DAY)
    began = _began(module) if kind == Kind.ROLLOUT and module else None
    if began is not None:
        since = max(began, now - LONGEST)
    # At midnight itself nothing of today is over yet.
    return Period(min(since, now - slots.HOUR), now)


def asked(kind: str, module: Module, now: datetime, *, since: str = "", until: str = "") -> Period:
    """The period that somebody asks for, in words; what they leave open is as usual for the kind.

    A start without an end goes on until now; an end without a start has the usual length before it. Raises
    Invalid, which names the field and the rule that it breaks.
    """
    usual = span_of(kind, now, module)
    begin, end = _moment("since", since), _moment("until", until)
    if begin is None and end is None:
        return usual
    if end is None:
        end = now
    if begin is None:
        begin = _earlier(end, usual.days)
    return checked(Period(begin, end), now)


def checked(period: Period, now: datetime) -> Period:
    """The period, if it is one that a report can be about. Raises Invalid."""
    faults = {}
    if period.until > now:
        faults["until"] = "must not lie in the future"
    if period.since > now:
        faults["since"] = "must not lie in the future"
    elif period.since >= period.until:
        faults["since"] = "must be before until"
    elif period.until - period.since > LONGEST:
        faults["since"] = "must be at most two years before until"
    if faults:
        raise Invalid(faults)
    return period


def _moment(name: str, text: str) -> datetime | None:
    """The moment of a text, a day's is its first one; None for none. Raises Invalid."""
    if not text:
        return None
    try:
        at, day = parse_datetime(text), parse_date(text)
    except ValueError:
        at, day = None, None
    if day is not None:
        at = datetime.combine(day, time.min)
    if at is None or at.year not in YEARS:
        raise Invalid({name: NO_MOMENT})
    return (at if timezone.is_aware(at) else timezone.make_aware(at)).astimezone(UTC)


def _earlier(at: datetime, days: int) -> datetime:
    """The same time by the clock on the wall so many days before."""
    wall = timezone.localtime(at).replace(tzinfo=None)
    return timezone.make_aware(wall - days * DAY).astimezone(UTC)


def _began(module: Module) -> datetime | None:
    return Plan.objects.live().filter(module=module).values_list("started_at", flat=True).first()
