"""The front page's part: what came in the last two weeks, how content people are, what is open and late."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from feedback.admin.tickets import links, wording
from feedback.lifecycle import OPEN, State
from feedback.models import Ticket
from feedback.models.tickets import RANKS
from operations.actor import Actor

DAYS = 14
# The mean of fewer says nothing (SPEC 4.2).
FEWEST_RATINGS = 5
WAITS = Q(state__in=OPEN, quarantined_at=None)
NEW = WAITS & Q(state__in=(State.NEW, State.REOPENED))
SPAM = Q(quarantined_at__isnull=False, erased_at=None)


@dataclass(frozen=True)
class Day:
    """How many tickets came on one day, and how many of them are critical."""

    day: date
    tickets: int
    critical: int


@dataclass(frozen=True)
class Pulse:
    """The tickets of the last two weeks, and what is open of all of them."""

    days: Sequence[Day]
    ratings: int
    mean: float | None
    counts: Mapping[str, int]
    # The earliest time by which something is owed, of each kind; None where nothing is.
    due: Mapping[str, datetime | None]

    @property
    def received(self) -> int:
        return sum(each.tickets for each in self.days)

    @property
    def most(self) -> int:
        """The height of the chart: at least one ticket."""
        return max(1, *(each.tickets for each in self.days))

    @property
    def labels(self) -> list[tuple[str, str, str]]:
        """The open ones by severity: title, kind of label, address."""
        return [
            (
                f"{Ticket.Severity(severity).label} {self.counts[severity]}",
                wording.SEVERITY_LABELS[severity],
                links.tickets(severity__exact=severity),
            )
            for severity in RANKS
            if self.counts[severity]
        ]

    @property
    def views(self) -> list[tuple[int, str, str]]:
        """What of the open ones is late, nobody's, or apart: number, title, address."""
        named = (("overdue", "overdue"), ("unassigned", "of nobody"), ("quarantine", "in quarantine"))
        return [
            (self.counts[state], title, links.tickets(state=state))
            for state, title in named
            if self.counts[state]
        ]


def read(now: datetime) -> Pulse:
    """All of it in one query: what came of late, and what is open whenever it came."""
    today = timezone.localdate(now)
    first = today - timedelta(days=DAYS - 1)
    recent = Q(received_on__gte=first, received_on__lte=today, quarantined_at=None)
    late, ahead = WAITS & Q(due_at__lte=now), WAITS & Q(due_at__gt=now)
    rows = (
        Ticket.objects.filter(recent | WAITS | SPAM)
        .order_by()
        .values("received_on")
        .annotate(
            received=Count("pk", filter=recent),
            received_critical=Count("pk", filter=recent & Q(severity=Ticket.Severity.CRITICAL)),
            rated=Count("satisfaction_rating", filter=recent),
            rating_sum=Sum("satisfaction_rating", filter=recent, default=0),
            open=Count("pk", filter=WAITS),
            overdue=Count("pk", filter=late),
            unassigned=Count("pk", filter=WAITS & Q(owner=None)),
            new=Count("pk", filter=NEW),
            quarantine=Count("pk", filter=SPAM),
            due_overdue=Min("due_at", filter=late),
            due_ahead=Min("due_at", filter=ahead),
            **{severity: Count("pk", filter=WAITS & Q(severity=severity)) for severity in RANKS},
        )
    )
    return _pulse(list(rows), first)


def _pulse(rows: Sequence[Mapping[str, Any]], first: date) -> Pulse:
    by_day = {row["received_on"]: row for row in rows}
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update({name: value for name, value in row.items() if isinstance(value, int)})
    days = [first + timedelta(days=number) for number in range(DAYS)]
    rated = counts["rated"]
    return Pulse(
        days=[_day(day, by_day.get(day, {})) for day in days],
        ratings=rated,
        mean=counts["rating_sum"] / rated if rated >= FEWEST_RATINGS else None,
        counts=counts,
        due={name: _earliest(rows, f"due_{name}") for name in ("overdue", "ahead")},
    )


def _day(day: date, row: Mapping[str, Any]) -> Day:
    return Day(day, row.get("received", 0), row.get("received_critical", 0))


def _earliest(rows: Sequence[Mapping[str, Any]], name: str) -> datetime | None:
    return min((row[name] for row in rows if row[name] is not None), default=None)


def due_soon(actor: Actor, until: datetime, most: int, *, unowned: bool) -> list[Ticket]:
    """The tickets due until then of which this person owes something: theirs, and those of nobody with
    `unowned`. The most urgent first, in one query."""
    theirs = Q(owner=actor.user.pk if actor.user else None)
    whose = theirs | Q(owner=None) if unowned else theirs
    found = Ticket.objects.open().filter(whose, due_at__lte=until, waiting_since=None)
    rows = found.select_related("workspace").order_by("due_at", "rank", "pk")
    return list(rows.defer("description", "steps", "expected_behavior", "actual_behavior")[:most])
