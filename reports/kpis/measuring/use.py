"""How the module is used and how well it goes: adoption, engagement, quality, support."""

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone

from feedback.models import Ticket
from monitoring import circumstances
from monitoring.membership import COHORT_ARM
from monitoring.models import CounterHour, DailyUser
from monitoring.tickets import LEAST_RATINGS
from monitoring.vitals import Window
from reports.kpis.measuring.measured import Measured, share
from reports.kpis.measuring.seen import WEEK, Seen
from rollout.models import Enrolment

MONTH = timedelta(days=28)
RECORDS = "health_records_created_total"
NOBODY = "Nobody that the portal knows has the module."
NO_USERS = "The product sent no users."
BY_USER = "The module is rolled out by user."
MORE = "More people used the module than the portal knows: let the product send all members."


def workspace_adoption(seen: Seen) -> Measured:
    """Workspaces that used the module in 7 days, of those that have had it for 5 (SPEC 4.1)."""
    if seen.by_user:
        return Measured(None, None, BY_USER)
    found = circumstances.adoption(seen.source, seen.membership, seen.until)
    if found is None:
        return Measured(None, None, "The source cannot tell which workspaces used the module.")
    if not found.used and seen.source.requests_in(Window(seen.until - WEEK, seen.until)) is None:
        return Measured(None, found.settled, "The product sent nothing in the last 7 days.")
    return share(found.used, found.settled, "No workspace has had the module for five days.")


def daily_share(seen: Seen) -> Measured:
    return _of_enabled(seen, seen.health.adoption.daily_active_users)


def weekly_share(seen: Seen) -> Measured:
    return _of_enabled(seen, seen.health.adoption.weekly_active_users)


def monthly_share(seen: Seen) -> Measured:
    """Distinct users of the last 28 days, of those who have the module."""
    users = _users(seen).filter(day__gt=_today(seen) - MONTH).values("user").distinct().count()
    return _of_enabled(seen, users or None)


def records_per_user(seen: Seen) -> Measured:
    users = seen.health.adoption.weekly_active_users
    counted = CounterHour.objects.filter(
        module=seen.module,
        arm=COHORT_ARM,
        name=RECORDS,
        hour__gte=seen.until - WEEK,
        hour__lt=seen.until,
    )
    records = counted.aggregate(found=Sum("value"))["found"]
    if records is None or not users:
        return Measured(None, users, f"The product sent no {RECORDS}, or no users, in 7 days.")
    return Measured(records / users, users)


def retention(seen: Seen) -> Measured:
    """Users of the week before the last 7 days who came again in the last 7; n is how many there were."""
    today = _today(seen)
    before = _users(seen).filter(day__gt=today - 2 * WEEK, day__lte=today - WEEK)
    again = _users(seen).filter(day__gt=today - WEEK, user__in=before.values("user"))
    were, came = (found.values("user").distinct().count() for found in (before, again))
    return share(came, were, "The product sent no users in the week before the last one.")


def counted(name: str) -> Callable[[Seen], Measured]:
    """A counter of `AdoptionMetrics`."""

    def measure(seen: Seen) -> Measured:
        value: int | None = getattr(seen.health.adoption, name)
        unknown = seen.health.fault or "The product sent no such counter in the last 24 hours."
        return Measured(value, None, "" if value is not None else unknown)

    return measure


def quality(name: str, of: str, nothing: str) -> Callable[[Seen], Measured]:
    """A rate of `QualityMetrics` with what it is a share of."""

    def measure(seen: Seen) -> Measured:
        found = seen.health.quality
        value: float | None = getattr(found, name)
        return Measured(value, getattr(found, of), "" if value is not None else seen.health.fault or nothing)

    return measure


def satisfaction(seen: Seen) -> Measured:
    found = seen.health.told
    unknown = f"Too few ratings in 7 days: {found.ratings}, and {LEAST_RATINGS} are needed."
    return Measured(found.satisfaction, found.ratings, "" if found.satisfaction is not None else unknown)


def support_requests(seen: Seen) -> Measured:
    """Tickets about the module received within 28 days; those in quarantine count for nothing."""
    received = Ticket.objects.heard().filter(
        module=seen.module, received_at__gt=seen.until - MONTH, received_at__lte=seen.until
    )
    return Measured(received.count())


def _of_enabled(seen: Seen, users: int | None) -> Measured:
    enabled = seen.health.adoption.enabled_users or 0
    if users is None:
        return Measured(None, enabled, seen.health.fault or NO_USERS)
    if users > enabled > 0:
        return Measured(None, enabled, MORE)
    return share(users, enabled, NOBODY)


def _users(seen: Seen) -> QuerySet[DailyUser]:
    """The days of those who have the module: the arm that is on, or the workspaces of the cohort."""
    days = DailyUser.objects.filter(module=seen.module, day__lte=_today(seen)).order_by()
    if seen.by_user:
        return days.filter(arm=COHORT_ARM)
    enrolled = Enrolment.objects.open().filter(plan=seen.plan)
    return days.filter(workspace__in=enrolled.values("workspace_id"))


def _today(seen: Seen) -> date:
    return timezone.localdate(seen.until - timedelta.resolution)
