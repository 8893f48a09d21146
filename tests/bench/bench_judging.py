"""How often the health judgement pauses healthy rollouts, and how soon it stops broken ones.

Needs no database. Healthy rollouts: 10, 25, 50 and 100 % for a week each, a check every hour and a look every
day, in a fleet of uneven workspaces (judging_world.py) whose daily error rates scatter with CV 0.5.
"""

import sys
import time
from collections import Counter

from tests.bench.harness import table
from tests.bench.judging_filter import spread
from tests.bench.judging_rivals import RIVALS
from tests.bench.judging_scenarios import (
    Breaking,
    a_fifth_broken,
    everything,
    half_of_all,
    one_point_more,
)
from tests.bench.judging_study import (
    CALM,
    INCIDENTS,
    LARGEST,
    PORTAL,
    RANDOM,
    Detection,
    Study,
    study_broken,
    study_healthy,
)

RUNS, SEED = 1000, 20260301
# The simpler rules are far from close: every eighth rollout is enough.
RIVALS_EVERY = 8
SIZES = (50, 100, 1000)
# In an incident nearly each check is judged in full, which takes its time for a thousand workspaces.
INCIDENTS_EVERY = {50: 1, 100: 1, 1000: 4}
SCENARIOS = (CALM, *INCIDENTS)
# Of healthy rollouts, ever paused in four weeks; calm, and with one incident.
MOST_PAUSED = {scenario: 0.02 if scenario == CALM else 0.05 for scenario in SCENARIOS}
# (workspaces, what breaks, hours, share that must be stopped in them)
BREAKING: tuple[tuple[int, str, Breaking, int, float], ...] = (
    (1000, "one point more in all", one_point_more, 72, 0.95),
    (1000, "a fifth of the enrolled", a_fifth_broken, 72, 0.95),
    (100, "a fifth of the enrolled", a_fifth_broken, 72, 0.90),
    (1000, "every request", everything, 4, 0.95),
    (100, "every request", everything, 4, 0.95),
    (50, "every request", everything, 4, 0.95),
    (50, "half of all requests", half_of_all, 4, 0.95),
)


def main() -> None:
    studies = [_healthy(workspaces) for workspaces in SIZES]
    _summary(studies)
    _broken()


def _healthy(workspaces: int) -> Study:
    study = Study(workspaces)
    begun = time.perf_counter()

    def tell() -> None:
        paused = ", ".join(
            f"{scenario} {study.paused[PORTAL, RANDOM, scenario]}/{study.paused[PORTAL, LARGEST, scenario]}"
            for scenario in SCENARIOS
        )
        seconds = time.perf_counter() - begun
        sys.stdout.write(f"{workspaces} workspaces, {study.runs} runs, {seconds:.0f} s: paused {paused}\n")
        sys.stdout.flush()

    study_healthy(study, RUNS, SEED, incidents=INCIDENTS_EVERY[workspaces], rivals=RIVALS_EVERY, tell=tell)
    title = f"{workspaces} workspaces: healthy rollouts ever paused in four weeks"
    header = ["", *(f"{scenario}, {order}" for scenario in SCENARIOS for order in (RANDOM, LARGEST))]
    rows = [["rollouts", *_numbers(study.seen)], [PORTAL, *_shares(study, PORTAL, study.seen)]]
    rows += [["rollouts for the simpler rules", *_numbers(study.compared)]]
    rows += [[name, *_shares(study, name, study.compared)] for name in RIVALS]
    table(title, header, rows)
    _why(study)
    _blame(study)
    sys.stdout.flush()
    return study


def _numbers(runs: Counter[tuple[str, str]]) -> list[str]:
    return [str(runs[order, scenario]) for scenario in SCENARIOS for order in (RANDOM, LARGEST)]


def _shares(study: Study, rule: str, runs: Counter[tuple[str, str]]) -> list[str]:
    return [
        f"{study.paused[rule, order, scenario] / max(1, runs[order, scenario]):.1%}"
        for scenario in SCENARIOS
        for order in (RANDOM, LARGEST)
    ]


def _why(study: Study) -> None:
    rows = [
        [f"{scenario}, {order}", name, f"{percentage} %", str(count)]
        for (order, scenario, name, percentage), count in sorted(study.why.items())
    ]
    title = f"{study.workspaces} workspaces: what paused them ({study.sampled:,} unfiltered checks passed)"
    table(title, ["", "criterion", "at", "rollouts"], rows)


def _blame(study: Study) -> None:
    rows = [
        [
            f"{scenario}, {order}",
            str(study.incidents[order, scenario]),
            str(study.held[order, scenario]),
            str(study.blamed[order, scenario]),
            study.example.get((order, scenario), "").partition(")")[0],
        ]
        for scenario in INCIDENTS
        for order in (RANDOM, LARGEST)
    ]
    header = ["", "with a control", "a limit exceeded", "platform blamed", "as in"]
    table(f"{study.workspaces} workspaces: incidents", header, rows)


def _summary(studies: list[Study]) -> None:
    rows = []
    for study in studies:
        for scenario, most in MOST_PAUSED.items():
            worst = max(
                study.paused[PORTAL, order, scenario] / max(1, study.seen[order, scenario])
                for order in (RANDOM, LARGEST)
            )
            word = "reached" if worst <= most else "MISSED"
            rows.append([f"{study.workspaces}, {scenario}", f"{worst:.1%}", f"{most:.0%}", word])
    table("Healthy rollouts ever paused, the worse order", ["", "paused", "at most", ""], rows)


def _broken() -> None:
    rows = []
    for workspaces, what, breaking, hours, least in BREAKING:
        found = study_broken(workspaces, breaking, RUNS, SEED, rivals=RIVALS_EVERY)
        share = found.within(PORTAL, hours)
        word = "reached" if share >= least else "MISSED"
        rows.append(
            [
                f"{workspaces}, {what}",
                f"{share:.1%} in {hours} h",
                f"{least:.0%}",
                word,
                spread(each for each in found.hours[PORTAL] if each is not None),
                f"{found.within(PORTAL, 72):.1%}",
                _causes(found),
                *(f"{found.within(name, hours):.1%}" for name in RIVALS),
            ]
        )
        sys.stdout.write(f"{rows[-1]}\n")
        sys.stdout.flush()
    header = ["", "stopped", "at least", "", "hours (5 to 95 %)", "in 72 h", "by", *RIVALS]
    table(f"Broken features at 10 %, random cohorts, {RUNS} runs each", header, rows)


def _causes(found: Detection) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.why.most_common())
