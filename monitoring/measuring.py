"""From a plan and its source to the evidence that a judgement rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from monitoring import baselines, circumstances, reviews
from monitoring.baselines import Taken
from monitoring.judging.evidence import Due, Evidence, Thresholds, Unit
from monitoring.membership import COHORT_ARM, CONTROL_ARM, Membership
from monitoring.models import Look
from monitoring.slots import HOUR
from monitoring.sources.base import Source
from monitoring.tickets import TicketFigures
from monitoring.vitals import Arms, Count, Gauges, UnitKey, Window
from rollout import gates
from rollout.models import Phase, Plan
from rollout.rules.ordering import Ordering

DAY = timedelta(days=1)
LONGEST_WITHOUT_LOOK = 2 * DAY
# The hard stop looks at so many hours; a source that told nothing for as long is silent (SPEC 4.3).
RECENT = 3 * HOUR


@dataclass(frozen=True)
class LookPlan:
    """When a plan's daily looks come: the one that is due at this slot, or when the next one is."""

    due: Due | None
    next_at: datetime
    last: Look | None


def evidence_of(
    plan: Plan, source: Source, membership: Membership, told: TicketFigures, slot: datetime, *, keep: bool
) -> Evidence:
    """Everything that the check of `plan` at `slot` looks at. Raises SourceFailed.

    `told` is what tickets say of the module. With `keep`, baselines that are measured for the first time are
    stored.
    """
    looks = looks_of(plan, slot)
    taken = baselines.of_plan(plan, source, keep=keep) if source.by_workspace else baselines.NOTHING
    phase = phase_of(plan)
    day = Window(slot - DAY, slot)
    heard = source.requests_in(Window(slot - RECENT, slot)) is not None
    return Evidence(
        slot=timezone.localtime(slot),
        percentage=plan.percentage,
        changed_at=plan.share_changed_at and timezone.localtime(plan.share_changed_at),
        units=units_of(source, membership, taken, slot, with_days=looks.due is not None),
        fleet=taken.fleet,
        hour=source.arms(Window(slot - HOUR, slot)),
        day=source.arms(day),
        history=Hours(source, slot),
        heard=heard,
        gauges=source.gauges(Window(slot - HOUR, slot)),
        database_p95_ms=source.gauges(day).database_p95_ms,
        phase=thresholds_of(phase),
        # From a source that fell silent, nobody's use is heard of either.
        adoption=circumstances.adoption(source, membership, slot) if heard else None,
        critical_issues=told.critical,
        satisfaction=told.satisfaction,
        ratings=told.ratings,
        missing_flags=circumstances.missing_flags(plan),
        trouble=circumstances.trouble(plan, phase, slot),
        ticked=reviews.ticked(plan, phase),
        look=looks.due,
        last_look=looks.last.findings if looks.last else None,
        next_look_at=timezone.localtime(looks.next_at),
        by_workspace=source.by_workspace,
        id_ordered=plan.ordering == Ordering.WORKSPACE_ID,
        other_changes=circumstances.other_changes(plan, slot),
    )


def phase_of(plan: Plan) -> Phase | None:
    """The phase whose criteria hold now: the present one, or the first for a percentage below it."""
    return gates.current_phase(plan) or gates.next_phase(plan)


def looks_of(plan: Plan, slot: datetime) -> LookPlan:
    """Looks come a day after the share last changed, and a day after one another.

    A share that is changed every few hours does not put them off: after two days without one, it comes.
    """
    planned = planned_looks(plan)
    last = plan.looks.first()
    changed = plan.share_changed_at or plan.created_at
    of_now = last if last is not None and last.slot >= changed else None
    since = of_now.slot if of_now else changed
    last_at = last.slot if last else plan.started_at or changed
    is_due = slot - since >= DAY or slot - last_at >= LONGEST_WITHOUT_LOOK
    due = Due((last.number if last else 0) + 1, planned) if is_due else None
    return LookPlan(due, (slot if due else since) + DAY, of_now)


def planned_looks(plan: Plan) -> int:
    """One for each day that the plan's phases last: 28 for four weeks."""
    return max(1, round(sum((phase.min_soak for phase in plan.phases.all()), timedelta()) / DAY))


def units_of(
    source: Source, membership: Membership, taken: Taken, slot: datetime, *, with_days: bool
) -> list[Unit]:
    """One record for every unit of both arms; the days are read only where a look needs them."""
    if not source.by_workspace:
        return []
    recent = source.counts(Window(slot - RECENT, slot))
    earlier = source.counts(Window(slot - RECENT - HOUR, slot - HOUR))
    day: Mapping[UnitKey, Count] = {}
    before: Mapping[UnitKey, Count] = {}
    if with_days:
        day = source.counts(Window(slot - DAY, slot))
        before = source.counts(Window(slot - 2 * DAY, slot - DAY))
    none = Count()
    return [
        Unit(
            key,
            in_cohort,
            taken.units.get(key.workspace),
            recent.get(key, none),
            earlier.get(key, none),
            day.get(key, none),
            before.get(key, none),
        )
        for key, in_cohort in _keys(membership, recent, earlier, day, before)
    ]


def thresholds_of(phase: Phase | None) -> Thresholds | None:
    """A phase's criteria as the judge takes them."""
    if phase is None:
        return None
    return Thresholds(
        max_error_rate=float(phase.max_error_rate),
        max_p95_ms=phase.max_p95_ms,
        target_error_rate=_float(phase.target_error_rate),
        min_adoption=_float(phase.min_adoption),
        max_database_p95_ms=phase.max_database_p95_ms,
        min_satisfaction=_float(phase.min_satisfaction),
        no_open_critical_issue=phase.no_open_critical_issue,
        stable_for=phase.stable_for,
        all_flags_available=phase.all_flags_available,
    )


@dataclass(frozen=True)
class Hours:
    """Earlier hours of a source, read one by one and only when asked for."""

    source: Source
    slot: datetime

    def arms(self, hours_ago: int) -> Arms:
        return self.source.arms(self._hour(hours_ago))

    def gauges(self, hours_ago: int) -> Gauges:
        return self.source.gauges(self._hour(hours_ago))

    def counts(self, hours_ago: int) -> Mapping[UnitKey, Count]:
        end = self.slot - hours_ago * HOUR
        return self.source.counts(Window(end - RECENT, end))

    def _hour(self, hours_ago: int) -> Window:
        end = self.slot - hours_ago * HOUR
        return Window(end - HOUR, end)


def _keys(membership: Membership, *counted: Mapping[UnitKey, Count]) -> Iterator[tuple[UnitKey, bool]]:
    """Each unit with whether it is in the cohort; users' units are those that were heard of."""
    if membership.by_user:
        for key in {key for counts in counted for key in counts}:
            if key.arm in (COHORT_ARM, CONTROL_ARM):
                yield key, key.arm == COHORT_ARM
        return
    for workspace in membership.cohort:
        yield UnitKey(workspace), True
    for workspace in membership.control:
        yield UnitKey(workspace), False


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def was_as_quiet_a_week_before(source: Source, slot: datetime) -> bool:
    """Whether the same three hours of the last week had no request either, though its day had some.

    A night on which every pharmacy is closed is no failure of the source. Raises SourceFailed.
    """
    then = slot - 7 * DAY
    return bool(source.requests_in(Window(then - DAY, then))) and not source.requests_in(
        Window(then - RECENT, then)
    )
