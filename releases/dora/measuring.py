"""Measures DORA's metrics in five queries, however many deployments there are."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Count,
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Window,
)
from django.db.models.functions import RowNumber, Trunc
from django.utils import timezone

from feedback.summary.periods import start_of
from operations.errors import Invalid
from releases.dora.figures import Dora, Frequency, Rate, Times
from releases.dora.figures import Step as Part
from releases.models import PRODUCTION, Deployment, Step
from releases.models.deployments import DeploymentQuerySet
from rollout.models import Module

# A hotfix within so long mends the deployment before it ("immediate intervention").
BLAMED_FOR = timedelta(days=7)
# A period of so many days is told in weeks, a longer one in months.
WEEKS_FOR_DAYS = 366
LONGEST = {"week": timedelta(days=7), "month": timedelta(days=31)}
COMPLETE, ROLLED_BACK = Deployment.State.COMPLETE, Deployment.State.ROLLED_BACK

Counts = Mapping[str, int]
NOTHING: Counts = {"complete": 0, "reached": 0, "failed": 0, "hotfixes": 0, "stopped": 0}


def measure(since: datetime, until: datetime, module: Module | None = None) -> Dora:
    """The metrics of the deployments that ended from `since` up to but not `until`, of one module or of all.

    Weeks and months are those of the current time zone. Raises Invalid of a period that is none.
    """
    if since >= until:
        raise Invalid({"since": "must be before until"})
    step = "week" if (until - since).days <= WEEKS_FOR_DAYS else "month"
    place = Q(release__module=module) if module else Q()
    ended = _production().filter(place, finished_at__gte=since, finished_at__lt=until)
    key = Trunc("finished_at", step, output_field=DateField())
    counts = _counts(ended, key)
    total = {name: sum(each[name] for each in counts.values()) for name in NOTHING}
    leads = _changes(ended).annotate(key=key, began_at=F("fixed_at"))
    backs = ended.filter(Exists(_felt()), state=ROLLED_BACK).annotate(key=key, began_at=F("rollback_at"))
    lead_steps, back_steps = _times(leads, by_step=True), _times(backs, by_step=True)
    return Dora(
        since=since,
        until=until,
        module=module.key if module else None,
        frequency=Frequency(total["complete"], until - since),
        lead_time=_times(leads).get(None, Times()),
        change_fail_rate=Rate(total["failed"], total["reached"]),
        recovery_time=_times(backs).get(None, Times()),
        rework_rate=Rate(total["hotfixes"], total["reached"]),
        stopped=total["stopped"],
        step=step,
        trend=tuple(
            _step(each, counts.get(each, NOTHING), lead_steps.get(each), back_steps.get(each))
            for each in _keys(since, until, step)
        ),
    )


def _production() -> DeploymentQuerySet:
    return Deployment.objects.filter(environment=PRODUCTION).order_by()


def _counts(ended: DeploymentQuerySet, key: Trunc) -> dict[date, Counts]:
    """The numbers of deployments by step."""
    turned = Q(state=ROLLED_BACK) & Q(Exists(_felt()))
    reached = Q(state=COMPLETE) | turned
    rows = ended.values(key=key).annotate(
        complete=Count("id", Q(state=COMPLETE)),
        reached=Count("id", reached),
        failed=Count("id", turned | Q(state=COMPLETE, id__in=_mended())),
        hotfixes=Count("id", reached & Q(release__hotfix=True)),
        stopped=Count("id", Q(state=Deployment.State.FAILED) | Q(state=ROLLED_BACK) & ~Q(Exists(_felt()))),
    )
    found = rows.values_list("key", *NOTHING)
    return {key: dict(zip(NOTHING, numbers, strict=True)) for key, *numbers in found}


def _felt() -> QuerySet[Step]:
    """The steps that were begun of a deployment and that users can feel: of a change, or of the rollout."""
    felt = Q(changes=True) | Q(action="rollout")
    forward = Step.Direction.FORWARD
    return Step.objects.filter(felt, deployment=OuterRef("id"), attempts__gt=0, direction=forward)


def _mended() -> QuerySet[Deployment, Any]:
    """The deployments that hotfixes came for: what was the last complete one of the module as each began."""
    before = (
        _production()
        .filter(state=COMPLETE, release__module=OuterRef("release__module"))
        .filter(finished_at__lte=OuterRef("started_at"), finished_at__gte=OuterRef("started_at") - BLAMED_FOR)
        .exclude(id=OuterRef("id"))
        .order_by("-finished_at", "-id")
    )
    return (
        _production()
        .filter(release__hotfix=True, release__security=False, started_at__isnull=False)
        .exclude(state=Deployment.State.CANCELLED)
        .values_list(Subquery(before.values("id")[:1]))
    )


def _changes(ended: DeploymentQuerySet) -> DeploymentQuerySet:
    """A row for each fix that a complete deployment was the first to bring everybody.

    What was opened and fixed once more since counts where the new fix was brought.
    """
    held = "release__releaseissue__issue"
    earlier = _production().filter(
        Q(finished_at__lt=OuterRef("finished_at"))
        | Q(finished_at=OuterRef("finished_at"), id__lt=OuterRef("id")),
        state=COMPLETE,
        finished_at__gte=OuterRef("fixed_at"),
        release__releaseissue__issue=OuterRef("issue"),
    )
    found = ended.filter(state=COMPLETE).annotate(issue=F(held), fixed_at=F(f"{held}__fixed_at"))
    return found.filter(~Exists(earlier), fixed_at__lte=F("finished_at"))


def _times(found: DeploymentQuerySet, *, by_step: bool = False) -> dict[date | None, Times]:
    """Medians and ninetieth percentiles from `began_at` to the end, as percentile_disc finds them.

    SQLite has no such function: rows are numbered in order, and only the two in the right places are read.
    """
    parts = [F("key")] if by_step else None
    took = ExpressionWrapper(F("finished_at") - F("began_at"), output_field=DurationField())
    ranked = found.annotate(
        took=took,
        place=Window(RowNumber(), partition_by=parts, order_by=took),
        n=Window(Count("*"), partition_by=parts),
    )
    median, p90 = (F("n") + 1) / 2, (F("n") * 9 + 9) / 10
    rows = ranked.filter(Q(place=median) | Q(place=p90)).order_by("place")
    times: dict[date | None, Times] = {}
    for key, n, length in rows.values_list("key", "n", "took"):
        part = key if by_step else None
        # The first is the median; where there is no second, it is both.
        first = times.get(part)
        times[part] = Times(n, first.median if first else length, length)
    return times


def _keys(since: datetime, until: datetime, step: str) -> Iterator[date]:
    """The days with which the weeks or months of the period begin, none left out."""
    key = start_of(timezone.localdate(since), step)
    last = timezone.localdate(until - timedelta.resolution)
    while key <= last:
        yield key
        key = start_of(key + LONGEST[step], step)


def _step(key: date, counts: Counts, lead_time: Times | None, recovery_time: Times | None) -> Part:
    return Part(
        key=key,
        deployments=counts["complete"],
        lead_time=lead_time or Times(),
        change_fail_rate=Rate(counts["failed"], counts["reached"]),
        recovery_time=recovery_time or Times(),
        rework_rate=Rate(counts["hotfixes"], counts["reached"]),
        stopped=counts["stopped"],
    )
