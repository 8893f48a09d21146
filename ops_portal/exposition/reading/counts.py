"""What stands in lists: alerts, tickets, deployments, messages, jobs and the like. All of it in one query."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from feedback.models import Ticket
from monitoring.models import Alert
from operations import channels
from operations.models import AuditEvent, Backup, OutboxMessage, ScheduledJob, Window
from releases.models import Deployment, Release, Step

# The label of the shipped rules about the portal itself, and the word for alerts that have it.
RULE_LABEL, RULE_VALUE = "watches", "ops_portal"
OF_RULES, OF_OTHERS = "portal_rules", "others"
# What counts as lately: deployments that ended, and messages that were given up.
LATELY = timedelta(days=30)
GIVEN_UP = timedelta(days=1)
# No transaction that records an event lasts a day (operations.audit).
SEAL_HORIZON = timedelta(days=1)

ALERTS, TICKETS, DEPLOYMENTS, STEPS, RELEASES = "alerts", "tickets", "deployments", "steps", "releases"
WAITING, DEAD, WINDOWS = "waiting", "dead", "windows"
DUE, DONE, BACKUPS, UNSEALED = "due", "done", "backups", "unsealed"

NOTHING = Value(0, IntegerField())
NEVER: Combinable = Cast(Value(None, DateTimeField()), DateTimeField())


class Row(NamedTuple):
    """One line of a list: its labels, up to three numbers, and a time. What each means, `_parts` says."""

    kind: str
    a: str
    b: str
    c: str
    n: int
    m: int
    k: int
    at: datetime | None


def read(now: datetime) -> list[Row]:
    """All lists, in no order."""
    first, *others = _parts(now)
    return [Row(*values) for values in first.union(*others, all=True)]


def _parts(now: datetime) -> Iterator[QuerySet[Any]]:
    yield _alerts(now)
    yield _list(
        Ticket.objects.open(), TICKETS, "severity", "category", "state", m=Count("pk", Q(due_at__lte=now))
    )
    lately = Count("pk", Q(finished_at__gt=now - LATELY))
    yield _list(Deployment.objects.all(), DEPLOYMENTS, "environment_id", "state", m=lately)
    running = Step.objects.filter(state=Step.State.RUNNING)
    place, version = "deployment__environment_id", "deployment__release__version"
    yield _list(running, STEPS, place, version, "key", at=Min("started_at"))
    yield _list(Release.objects.all(), RELEASES, "state")
    late = Count("pk", Q(pk__in=OutboxMessage.objects.late(now).values("pk")))
    yield _list(OutboxMessage.objects.waiting(), WAITING, "kind", _lane(), m=late, at=Min("created_at"))
    given_up = Count("pk", Q(dead_at__gt=now - GIVEN_UP))
    yield _list(OutboxMessage.objects.dead(), DEAD, "kind", _lane(), m=given_up)
    yield _list(Window.objects.in_force(now), WINDOWS, "kind")
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = ScheduledJob.objects.filter(free, due_at__lte=now)
    yield _list(due, DUE, "name", at=Min("due_at"))
    failing = Count("pk", ~Q(last_error=""))
    yield _list(ScheduledJob.objects.all(), DONE, "name", m=failing, at=Max("last_done_at"))
    yield _list(Backup.objects.proven(), BACKUPS, at=Max("created_at"))
    unsealed = AuditEvent.objects.filter(seal=None, at__gt=now - SEAL_HORIZON)
    yield _list(unsealed, UNSEALED, at=Min("at"))


def _alerts(now: datetime) -> QuerySet[Any]:
    """Open alerts by level, module and origin: how many, unacknowledged, overdue; the oldest of the former.

    The origin tells alerts of the shipped rules about the portal from all others: a rule about alerts that
    counted its own would keep itself alive.
    """
    origin = Case(
        When(source=Alert.Source.ALERTMANAGER, labels__watches=RULE_VALUE, then=Value(OF_RULES)),
        default=Value(OF_OTHERS),
        output_field=CharField(),
    )
    free = Q(acknowledged_at=None)
    return _list(
        Alert.objects.open(),
        ALERTS,
        "level",
        Coalesce("module__key", Value("")),
        origin,
        m=Count("pk", free),
        k=Count("pk", Q(due_at__lte=now)),
        at=Min("fired_at", filter=free),
    )


def _lane() -> Combinable:
    """What kind of receiver a lane leads to, without the receiver."""
    kinds = ("channel:", "mail:", channels.USER_LANES)
    return Case(
        *(When(lane__startswith=kind, then=Value(kind.removesuffix(":"))) for kind in kinds),
        default=Value("none"),
        output_field=CharField(),
    )


def _list(
    rows: QuerySet[Any],
    kind: str,
    *labels: str | Combinable,
    m: Combinable = NOTHING,
    k: Combinable = NOTHING,
    at: Combinable = NEVER,
) -> QuerySet[Any]:
    """One part of the union: rows counted by up to three labels."""
    named = [F(each) if isinstance(each, str) else each for each in labels]
    padded = [*named, *[Value("", CharField())] * (3 - len(named))]
    names = dict(zip("abc", padded, strict=True))
    counted: QuerySet[Any] = (
        rows.order_by()
        .annotate(row_kind=Value(kind, CharField()), **{f"row_{name}": each for name, each in names.items()})
        .values_list("row_kind", "row_a", "row_b", "row_c")
        .annotate(row_n=Count("pk"), row_m=m, row_k=k, row_at=at)
    )
    return counted
