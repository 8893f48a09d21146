"""Who is in, as sets: who has what now, and what a change would do.

Each answer is one SQL statement over all units, whatever their number. Ordinary units follow a flag's
`full_reach`; the few with an override or on the internal list are counted apart, rule by rule.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from rollout.facts import State
from rollout.models import InternalUnit, Module, Override
from rollout.populations import Population, Unit, Units, minus, plan_reach, within_slice
from rollout.rules import ordering
from rollout.rules.ordering import NONE, OPEN, Cutoff
from rollout.rules.reach import FlagFacts, Reach, reach

FIRST_NAMES = 50


@dataclass(frozen=True)
class FlagChange:
    """How many units gain and lose a flag."""

    key: str
    gain: int
    lose: int


@dataclass(frozen=True)
class Preview:
    """What a change does: to the cohort (counts, and the first 50 by name) and to each flag."""

    eligible: int
    before: int
    after: int
    gain: int
    lose: int
    gaining: tuple[Unit, ...]
    losing: tuple[Unit, ...]
    flags: tuple[FlagChange, ...]


@dataclass(frozen=True)
class Shares:
    """How many units are eligible, and how many of them are in; the others are the control."""

    eligible: int
    enabled: int

    @property
    def control(self) -> int:
        return self.eligible - self.enabled

    @property
    def share(self) -> float:
        """In percent of the eligible."""
        return ordering.share(self.enabled, self.eligible)


class Comparison:
    """A module's units before and after a change."""

    def __init__(self, before: State, after: State) -> None:
        self.before, self.after = before, after
        self.population = Population(before)
        self._eligibility_moves = before.eligibility != after.eligibility
        self.base = self.population.all() if self._eligibility_moves else self.population.eligible()
        self.was = self._reached(before, plan_reach(before.plan))
        self.now = self._reached(after, plan_reach(after.plan))

    def gaining(self) -> QuerySet[Any]:
        """Who enters the cohort, in the plan's order."""
        return self._listed(minus(self.now, self.was))

    def losing(self) -> QuerySet[Any]:
        """Who leaves the cohort, the last in first."""
        return self._listed(minus(self.was, self.now)).reverse()

    def changing(self, key: str, *, gain: bool) -> QuerySet[Any]:
        """Who gains, or loses, the flag `key`, by the path of `evaluation`."""
        flag, changed = next(pair for pair in self._flags if pair[0].key == key)
        was = has(self.population, self.before, flag)
        now = has(self.population, self.after, changed)
        units = minus(now, was) if gain else minus(was, now)
        found = self.population.all()
        return self.population.in_order(found.none() if units is None else found.filter(units))

    def preview(self) -> Preview:
        """Counts, first names and flags, in at most six queries."""
        special = _special(self.before)
        counted = self._counts(special)
        return Preview(
            eligible=counted["eligible"],
            before=counted["before"],
            after=counted["after"],
            gain=counted["gain"],
            lose=counted["lose"],
            gaining=self._first(self.gaining()) if counted["gain"] else (),
            losing=self._first(self.losing()) if counted["lose"] else (),
            flags=self._flag_changes(counted, special),
        )

    def _reached(self, state: State, found: Reach) -> Units:
        units = self.population.reached(state, found)
        if units is None or not self._eligibility_moves:
            return units
        return units & self.population.is_eligible(state.eligibility)

    def _counts(self, special: Units) -> dict[str, int]:
        wanted: dict[str, Units] = {
            "eligible": self.population.everybody(),
            "before": self.was,
            "after": self.now,
            "gain": minus(self.now, self.was),
            "lose": minus(self.was, self.now),
        }
        if self._eligibility_moves:
            wanted["eligible"] = self.population.is_eligible(self.after.eligibility)
        for number, (reach_before, reach_after) in enumerate(self._reaches):
            was, now = self._reached(self.before, reach_before), self._reached(self.after, reach_after)
            wanted[f"gain_{number}"] = minus(minus(now, was), special)
            wanted[f"lose_{number}"] = minus(minus(was, now), special)
        return self.population.count(self.base, wanted)

    @cached_property
    def _flags(self) -> list[tuple[FlagFacts, FlagFacts]]:
        changed = {flag.key: flag for flag in self.after.flags}
        return [(flag, changed[flag.key]) for flag in self.before.flags if not flag.archived]

    @cached_property
    def _reaches(self) -> dict[tuple[Reach, Reach], list[str]]:
        """The flags by how far they reach before and after: those that go together are counted once."""
        found: dict[tuple[Reach, Reach], list[str]] = {}
        for flag, changed in self._flags:
            reach_before, reach_after = self.before.reach_of(flag), self.after.reach_of(changed)
            found.setdefault((reach_before, reach_after), []).append(flag.key)
        return found

    def _flag_changes(self, counted: dict[str, int], special: Units) -> tuple[FlagChange, ...]:
        numbers = {key: number for number, keys in enumerate(self._reaches.values()) for key in keys}
        apart = self._special_counts(special)
        return tuple(
            FlagChange(
                flag.key,
                counted[f"gain_{numbers[flag.key]}"] + apart.get(f"gain_{flag.key}", 0),
                counted[f"lose_{numbers[flag.key]}"] + apart.get(f"lose_{flag.key}", 0),
            )
            for flag, _ in self._flags
        )

    def _special_counts(self, special: Units) -> dict[str, int]:
        if special is None:
            return {}
        wanted: dict[str, Units] = {}
        for flag, changed in self._flags:
            was = has(self.population, self.before, flag)
            now = has(self.population, self.after, changed)
            wanted[f"gain_{flag.key}"], wanted[f"lose_{flag.key}"] = minus(now, was), minus(was, now)
        return self.population.count(self.population.all().filter(special), wanted)

    def _listed(self, units: Units) -> QuerySet[Any]:
        found = self.base.none() if units is None else self.base.filter(units)
        return self.population.in_order(found)

    def _first(self, units: QuerySet[Any]) -> tuple[Unit, ...]:
        return tuple(self.population.named(units[:FIRST_NAMES]))


def shares(state: State) -> Shares:
    """The cohort's size, in one query."""
    population = Population(state)
    wanted = {
        "eligible": population.everybody(),
        "enabled": population.reached(state, plan_reach(state.plan)),
    }
    return Shares(**population.count(population.eligible(), wanted))


def members(state: State) -> QuerySet[Any]:
    """The units of the cohort, in the plan's order."""
    population = Population(state)
    units = population.reached(state, plan_reach(state.plan))
    found = population.eligible()
    return population.in_order(found.none() if units is None else found.filter(units))


def members_with(state: State, flag: FlagFacts) -> QuerySet[Any]:
    """The units that have `flag`, by the path of `evaluation`."""
    population = Population(state)
    units = has(population, state, flag)
    found = population.all()
    return population.in_order(found.none() if units is None else found.filter(units))


def shares_with(state: State, flag: FlagFacts) -> Shares:
    """How many units have `flag`, and how many are eligible; in one query. Overrides may reach further."""
    population = Population(state)
    wanted = {"eligible": population.is_eligible(state.eligibility), "enabled": has(population, state, flag)}
    return Shares(**population.count(population.all(), wanted))


def cutoff_for(state: State, percentage: int, counted: int | None = None) -> tuple[Cutoff, int]:
    """The cutoff that takes in ceil(percentage * eligible / 100) units, and how many are eligible.

    100 % is open: customers who come later are in. Users are cut by share. `counted` is how many are
    eligible, where the caller knows.
    """
    population = Population(state)
    eligible = population.eligible()
    count = population.count(eligible, {"n": population.everybody()})["n"] if counted is None else counted
    if state.by_user:
        return ordering.user_cutoff(percentage), count
    if percentage >= 100:
        return OPEN, count
    wanted = ordering.target(percentage, count)
    if wanted == 0:
        return NONE, count
    last = list(eligible.order_by("order_key").values_list("order_key", flat=True)[wanted - 1 : wanted])
    # A preview holds no lock: if customers left since they were counted, it counts again.
    return (Cutoff(last[0]), count) if last else cutoff_for(state, percentage)


def has(population: Population, state: State, flag: FlagFacts) -> Units:
    """Who has `flag`: `evaluation` as a condition over all units, rule by rule, targeting rules left out."""
    if flag.archived or flag.killed or state.plan.all_off or not flag.within_schedule(state.now):
        return None
    if state.environment.enabled:
        return population.everybody()
    overrides = _overrides(population, flag)
    found = _on_internal_list(state, population.unit)
    reached = population.reached(state, reach(flag, state.plan, state.environment))
    if reached is not None:
        found |= reached & population.is_eligible(state.eligibility)
    found = Q(Exists(overrides.filter(value=True))) | (~Q(Exists(overrides)) & found)
    if flag.prerequisite is None:
        return found
    needed = has(population, state, flag.prerequisite)
    if needed is None:
        return None
    if flag.prerequisite_variant and not flag.prerequisite.boolean:
        needed &= _hears(population, flag.prerequisite, flag.prerequisite_variant)
    return found & needed


def _hears(population: Population, flag: FlagFacts, variant: str) -> Q:
    """Of those who have `flag`, the ones that hear `variant`: by an override that names one, else by hash."""
    named = _overrides(population, flag).exclude(variant="")
    by_name = Q(Exists(named.filter(variant=variant)))
    by_hash = flag.slice_of(variant)
    if by_hash is None:
        return by_name
    return by_name | (~Q(Exists(named)) & within_slice(by_hash, population.unit))


def _overrides(population: Population, flag: FlagFacts) -> QuerySet[Override]:
    return Override.objects.in_force().filter(flag__key=flag.key, unit_id=OuterRef(population.unit))


def _special(state: State) -> Units:
    """The units that do not follow the reach: with an override, or on the internal list."""
    overrides = Override.objects.in_force().filter(flag__module=state.module_id)
    internal = InternalUnit.objects.filter(module=state.module_id)
    some = Module.objects.filter(Exists(overrides) | Exists(internal), pk=state.module_id)
    if not (state.environment.internal or some.exists()):
        return None
    unit = Population(state).unit
    return _on_internal_list(state, unit) | Q(Exists(overrides.filter(unit_id=OuterRef(unit))))


def _on_internal_list(state: State, unit: str) -> Q:
    listed = InternalUnit.objects.filter(module=state.module_id, unit_id=OuterRef(unit))
    found = Q(Exists(listed))
    if state.environment.internal:
        found |= Q(**{f"{unit}__in": sorted(state.environment.internal)})
    return found
