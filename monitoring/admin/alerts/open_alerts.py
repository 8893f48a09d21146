"""Open alerts in a few lines: on the front page, and on the pages of what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Min, Q, QuerySet, Value, When

from monitoring.admin import links
from monitoring.admin.alerts import told
from monitoring.admin.alerts.filters import OWED
from monitoring.admin.alerts.operations import facts
from monitoring.admin.alerts.wording import LEVEL_LABELS
from monitoring.levels import ORDER
from monitoring.models import Alert, HealthCheck
from operations.actor import Actor
from rollout.models import Module

FIRST = 8
# Of a storm, so many are read to see what of it is whose.
MOST = 40


@dataclass(frozen=True)
class Standing:
    """The open alerts as the front page shows them: the first of them, and how many there are."""

    rows: Sequence[dict[str, Any]]
    counts: Sequence[tuple[str, str, str]]
    open: int
    unanswered: int
    postmortems: int
    postmortem_due: datetime | None
    gaps: Sequence[str]


def standing(actor: Actor) -> Standing:
    """The front page's part, in two queries, and for whoever may repair it what nobody is told of."""
    of_level = {level: Count("pk", filter=_OPEN & Q(level=level)) for level in ORDER}
    waits = Q(acknowledged_at=None, clock_at__isnull=False)
    counts = Alert.objects.filter(_OPEN | OWED).aggregate(
        owed=Count("pk", filter=OWED),
        owed_by=Min("due_at", filter=OWED),
        unanswered=Count("pk", filter=_OPEN & waits),
        **of_level,
    )
    labels = [
        (f"{Alert.Level(level).label} {counts[level]}", LEVEL_LABELS[level], links.alerts(level__exact=level))
        for level in ORDER
        if counts[level]
    ]
    return Standing(
        rows=[facts(each) for each in _first(Alert.objects.all(), MOST)],
        counts=labels,
        open=sum(counts[level] for level in ORDER),
        unanswered=counts["unanswered"],
        postmortems=counts["owed"],
        postmortem_due=counts["owed_by"],
        gaps=told.gaps() if actor.may("monitoring.add_route") else (),
    )


def of_module(module: Module | int) -> dict[str, Any]:
    """The open alerts of a module, in one query."""
    pk = module if isinstance(module, int) else module.pk
    return _section(Alert.objects.filter(module=pk), links.alerts(module__id__exact=pk))


def of_check(check: HealthCheck) -> dict[str, Any]:
    """The alerts that a health check raised or renewed, open ones, in one query."""
    module = check.plan.module.whole.pk
    found = Alert.objects.filter(module=module, health_check=check)
    return _section(found, links.alerts(module__id__exact=module))


_OPEN = Q(resolved_at=None, fired_at__isnull=False)


def _section(found: QuerySet[Alert], url: str) -> dict[str, Any]:
    rows = _first(found, FIRST + 1)
    return {"alerts": [facts(each) for each in rows[:FIRST]], "more": len(rows) > FIRST, "url": url}


def _first(found: QuerySet[Alert], most: int = FIRST) -> Sequence[Alert]:
    """Open ones that wait for somebody first, then those that are taken, each by what is due."""
    waits = Case(When(acknowledged_at=None, clock_at__isnull=False, then=Value(0)), default=Value(1))
    rows = found.filter(_OPEN).select_related("module")
    return list(rows.order_by(waits, F("due_at").asc(nulls_last=True), "-urgency", "pk")[:most])
