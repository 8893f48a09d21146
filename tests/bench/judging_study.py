"""Many simulated rollouts, counted: how often a healthy one is paused, how soon a broken one is stopped."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np

from monitoring.judging.findings import BREACH, PLATFORM, Judgement
from tests.bench.judging_rivals import RIVALS
from tests.bench.judging_rollout import FOUR_WEEKS, Rollout
from tests.bench.judging_scenarios import Breaking, points, times, with_incident
from tests.bench.judging_world import World, draw

FOUR, THREE_DAYS, FIRST_PHASE = 28, 3, ((0, 10),)
RANDOM, LARGEST = "random", "largest first"
CALM, SMALL, MIDDLE, HEAVY = "calm", "x 3", "x 10", "+ 20 points"
INCIDENTS = {SMALL: times(3), MIDDLE: times(10), HEAVY: points(0.2)}
PORTAL = "the portal"


@dataclass
class Study:
    """What was counted, by (rule, order, scenario)."""

    workspaces: int
    runs: int = 0
    # By (order, scenario): how many rollouts the portal judged, and how many the simpler rules.
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    compared: Counter[tuple[str, str]] = field(default_factory=Counter)
    paused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    # By (order, scenario, criterion, percentage): what stopped them.
    why: Counter[tuple[str, str, str, int]] = field(default_factory=Counter)
    # By (order, scenario): rollouts whose incident came while a control was left, and those told so.
    incidents: Counter[tuple[str, str]] = field(default_factory=Counter)
    blamed: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    sampled: int = 0
    example: dict[tuple[str, str], str] = field(default_factory=dict)


def study_healthy(
    study: Study,
    runs: int,
    seed: int,
    *,
    incidents: int = 1,
    rivals: int = 0,
    tell: Callable[[], None] = lambda: None,
) -> Study:
    """Add `runs` healthy rollouts of four weeks in both orders.

    Every `incidents`-th also goes through each incident, every `rivals`-th (0: none) is shown to the simpler
    rules. `tell` is called now and then.
    """
    for run in range(runs):
        rng = np.random.default_rng([seed, study.workspaces, run])
        world = draw(rng, study.workspaces, FOUR)
        stormy = INCIDENTS if run % incidents == 0 else {}
        scenarios = {name: with_incident(rng, world, adding) for name, adding in stormy.items()}
        orders = {RANDOM: rng.permutation(study.workspaces), LARGEST: np.arange(study.workspaces)}
        compare = bool(rivals) and run % rivals == 0
        for order, columns in orders.items():
            study.seen[order, CALM] += 1
            calm = Rollout(world, world.errors, columns, FOUR_WEEKS, id_ordered=order == LARGEST)
            _count(study, order, CALM, calm, compare=compare)
            _check_what_was_left_out(study, rng, calm)
            for name, (errors, begin) in scenarios.items():
                study.seen[order, name] += 1
                rollout = replace(calm, errors=errors)
                _count(study, order, name, rollout, compare=compare)
                _who_is_blamed(study, order, name, rollout, begin)
        study.runs += 1
        if study.runs % 100 == 0:
            tell()
    return study


def _count(study: Study, order: str, scenario: str, rollout: Rollout, *, compare: bool) -> None:
    found = rollout.first_breach()
    if found is not None:
        slot, judgement = found
        study.paused[PORTAL, order, scenario] += 1
        study.why[order, scenario, first_cause(judgement), rollout.phase_at(slot)[1]] += 1
    study.compared[order, scenario] += compare
    for name, rule in RIVALS.items() if compare else ():
        study.paused[name, order, scenario] += rule(rollout) is not None


def first_cause(judgement: Judgement) -> str:
    """The criterion that called the breach."""
    return next(each.name for each in judgement.criteria if each.breaks)


def _check_what_was_left_out(study: Study, rng: np.random.Generator, rollout: Rollout) -> None:
    """Judge an hour and a look that the filter left out: neither may be a breach."""
    worth = set(rollout.worth_judging)
    hours = rollout.world.hours
    for slots in (range(1, hours + 1), range(24, hours + 1, 24)):
        slot = int(rng.choice(slots))
        if slot not in worth:
            found = rollout.judge(slot)
            assert found.result != BREACH, (slot, found.summary)
            study.sampled += 1


def _who_is_blamed(study: Study, order: str, scenario: str, rollout: Rollout, begin: float) -> None:
    """What the checks say from the incident's first full hour to three hours after its end.

    Those that could call anything, and the one at its sixth hour.
    """
    first, last = ceil(begin) + 1, min(rollout.world.hours, ceil(begin) + 9)
    if last > FOUR_WEEKS[-1][0]:
        return
    slots = {slot for slot in rollout.worth_judging if first <= slot <= last} | {min(last, first + 4)}
    said = [rollout.judge(slot) for slot in sorted(slots)]
    study.incidents[order, scenario] += 1
    study.held[order, scenario] += any(_in_trouble(each) for each in said)
    blaming = [each for each in said if each.cause == PLATFORM]
    study.blamed[order, scenario] += bool(blaming)
    if blaming:
        study.example.setdefault((order, scenario), blaming[0].summary)


def _in_trouble(judgement: Judgement) -> bool:
    """Whether a hard stop, trigger or maximum was in question."""
    names = {"hard_stop", "errors_over_5_percent", "error_rate"}
    return any(each.name in names and each.met is False for each in judgement.criteria)


@dataclass
class Detection:
    """How many hours each rule took to stop a broken rollout in its first phase; None: not within 3 days."""

    hours: dict[str, list[int | None]] = field(default_factory=dict)
    why: Counter[str] = field(default_factory=Counter)
    blamed_feature: int = 0

    def within(self, rule: str, hours: int) -> float:
        """The share that was stopped so soon."""
        found = self.hours[rule]
        return sum(each is not None and each <= hours for each in found) / len(found)


def study_broken(workspaces: int, breaking: Breaking, runs: int, seed: int, *, rivals: int = 0) -> Detection:
    """`runs` rollouts at 10 % whose feature breaks from the first hour on, in cohorts drawn at random."""
    study = Detection()
    for run in range(runs):
        rng = np.random.default_rng([seed, workspaces, run])
        world: World = draw(rng, workspaces, THREE_DAYS)
        healthy = Rollout(world, world.errors, rng.permutation(workspaces), FIRST_PHASE)
        rollout = replace(healthy, errors=breaking(rng, world, healthy.enrolled(10)))
        found = rollout.first_breach()
        study.hours.setdefault(PORTAL, []).append(found[0] if found else None)
        if found:
            study.why[first_cause(found[1])] += 1
            study.blamed_feature += found[1].cause == "feature"
        for name, rule in RIVALS.items() if rivals and run % rivals == 0 else ():
            study.hours.setdefault(name, []).append(rule(rollout))
    return study
