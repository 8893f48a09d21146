"""Decisions in process, without HTTP: one flag a call, over 100,000 workspaces that are known already."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from rollout import flags, targeting
from rollout.models import Plan
from rollout.rules.evaluation import decide
from rollout.rules.reach import UnitFacts
from rollout.rules.switches import Asked, Switch
from rollout.serving import snapshot
from rollout.serving.snapshot import WorkspaceFacts
from rollout.targeting import RuleDraft
from tests import builders
from tests.bench import flag_world
from tests.bench.flag_world import workspace
from tests.bench.harness import median, table
from tests.bench.load import WORKSPACES
from tests.builders import ROOT

ROUNDS = 5
TARGET = 300_000
COHORT, EXPERIMENT, NEEDING, RULED = "plain_8", "experiment_0", "plain_7", "ruled_3"


def main() -> None:
    flag_world.fill(workspaces=1)
    flags.require(builders.flag(NEEDING), builders.flag(EXPERIMENT), "red", actor=ROOT)
    rules = [
        RuleDraft("Ireland", builders.where(country="IE"), share=50),
        RuleDraft("Britain or pilots", builders.where(match="any", country=["GB", "IM"], pilot="yes")),
    ]
    targeting.set_rules(builders.flag(RULED), rules, actor=ROOT)
    # Cutoffs as they stand with many workspaces: half of the keys.
    Plan.objects.filter(module__key="patient_engagement").update(cutoff_key="7" + "f" * 14, cutoff_open=False)
    module = snapshot.read().modules["patient_engagement"]
    found = WorkspaceFacts("professional", "active", frozenset({"pharmacist"}), frozenset())
    units = [module.workspace(workspace(number), found) for number in range(WORKSPACES)]
    switches = {switch.key: switch for switch in module.live}
    kinds = [
        ("cohort flag", [switches[COHORT]], {}),
        ("two variants", [switches[EXPERIMENT]], {}),
        ("needs a variant of another", [switches[NEEDING]], {}),
        ("two rules, none matches", [switches[RULED]], {"country": "FR"}),
        ("two rules, the second matches", [switches[RULED]], {"country": "GB"}),
        (f"all {len(switches)} flags of the module", list(switches.values()), {}),
    ]
    rates: dict[str, list[float]] = {name: [] for name, _, _ in kinds}
    shares: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, asked, context in kinds:
            on, seconds = _decide(asked, units, context)
            rates[name].append(WORKSPACES / seconds)
            shares[name] = on / WORKSPACES / len(asked)
    rows = [
        [
            name,
            f"{median(rates[name]):,.0f}",
            f"{median(rates[name]) * len(asked):,.0f}",
            f"{min(rates[name]):,.0f} to {max(rates[name]):,.0f}",
            f"{shares[name]:.1%}",
        ]
        for name, asked, _ in kinds
    ]
    header = ["", "calls/s", "flags/s", "in the rounds", "on"]
    table(f"Decisions in process, {WORKSPACES:,} units, medians of {ROUNDS} rounds", header, rows)
    word = "reached" if median(rates["cohort flag"]) >= TARGET else "MISSED"
    table(f"A cohort flag, wanted {TARGET:,} a second: {word}", [], [])


def _decide(
    asked: Sequence[Switch], units: Sequence[UnitFacts], context: dict[str, str]
) -> tuple[int, float]:
    """How many answers were on, and the seconds that it took."""
    now = datetime.now(UTC)
    on = 0
    began = time.perf_counter()
    for unit in units:
        asking = Asked(unit, context, now)
        for switch in asked:
            on += decide(switch, asking).on
    return on, time.perf_counter() - began
