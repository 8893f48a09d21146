"""How each workspace was in the two weeks before a plan began: taken once, and kept."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from monitoring.judging import baselines as judging
from monitoring.judging.baselines import BASELINE_DAYS
from monitoring.models import Baseline, BaselineSet
from monitoring.slots import full_hour
from monitoring.sources.base import Source
from monitoring.vitals import Count, UnitKey, Window
from rollout.models import Plan

DAY = timedelta(days=1)
Days = Iterator[Mapping[UnitKey, Count]]


class Taken:
    """The baselines of a plan: each workspace's, for both arms alike, and the sums of all of them."""

    def __init__(self, units: Mapping[str, judging.Baseline], fleet: Count) -> None:
        self.units = units
        self.fleet = fleet


NOTHING = Taken({}, Count())


def of_plan(plan: Plan, source: Source, *, keep: bool = True) -> Taken:
    """The plan's baselines: the kept ones, else those measured now over the 14 days before it left 0 %.

    With `keep`, what was measured is stored; two weeks in which nothing was measured are not, since the
    product may yet send them. None for a plan that never left 0 %. Raises SourceFailed.
    """
    if plan.started_at is None:
        return NOTHING
    kept = BaselineSet.objects.filter(plan=plan).first()
    if kept is not None:
        return _read(kept)
    until = full_hour(plan.started_at)
    found = judging.baselines_of(days_before(source, until))
    if keep and found.fleet.requests:
        _write(plan, until, found)
    return Taken({key.workspace: baseline for key, baseline in found.units.items()}, found.fleet)


def days_before(source: Source, until: datetime) -> Days:
    """Each workspace's counts of the 14 days before `until`, the latest first; arms of users together."""
    for number in range(BASELINE_DAYS):
        end = until - number * DAY
        yield _by_workspace(source.counts(Window(end - DAY, end)))


def _by_workspace(counts: Mapping[UnitKey, Count]) -> Mapping[UnitKey, Count]:
    if not any(key.arm for key in counts):
        return counts
    summed: dict[UnitKey, Count] = {}
    for key, count in counts.items():
        unit = UnitKey(key.workspace)
        summed[unit] = summed.get(unit, Count()).plus(count)
    return summed


def _read(kept: BaselineSet) -> Taken:
    rows = Baseline.objects.filter(plan=kept.plan_id).values_list(
        "workspace", "requests", "errors", "dispersion"
    )
    units = {
        workspace: judging.Baseline(requests, errors, dispersion)
        for workspace, requests, errors, dispersion in rows.iterator()
    }
    return Taken(units, Count(kept.fleet_requests, kept.fleet_errors))


def _write(plan: Plan, until: datetime, found: judging.Baselines) -> None:
    """Keep them, unless another process was faster: it measured the same."""
    try:
        with transaction.atomic():
            BaselineSet.objects.create(
                plan=plan,
                since=until - BASELINE_DAYS * DAY,
                until=until,
                fleet_requests=found.fleet.requests,
                fleet_errors=found.fleet.errors,
            )
            rows = (
                Baseline(plan=plan, workspace=key.workspace, **each._asdict())
                for key, each in found.units.items()
            )
            Baseline.objects.bulk_create(rows, batch_size=5_000)
    except IntegrityError:
        return
