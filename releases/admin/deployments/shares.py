"""The gradual rollout as rungs: how far it is, when each was reached, what health said, where it stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from releases.admin.releases.wording import span
from releases.lifecycle import ENDED, DeploymentState
from releases.models import Deployment, Step
from rollout.models import Phase, PhaseRun, Plan, Verdict

LADDER = (10, 25, 50, 100)
ROLLOUT = "rollout"
DONE, HERE, NEXT, LATER, BEYOND, TAKEN = "done", "here", "next", "later", "beyond", "taken"
WORDS = {
    DONE: "Passed",
    HERE: "Now",
    NEXT: "Next",
    LATER: "Later",
    BEYOND: "Beyond the stop",
    TAKEN: "Taken back",
}
# How the rungs of the plans' ladders are drawn that these look like.
KINDS = {DONE: "done", HERE: "here", NEXT: "next", LATER: "later", BEYOND: "later", TAKEN: "later"}
VERDICT_LABELS = {"pass": "success", "hold": "warning", "breach": "danger", "unknown": ""}
RAISING = (PhaseRun.Operation.PHASE, PhaseRun.Operation.SET, PhaseRun.Operation.RESUME)


@dataclass(frozen=True)
class Rung:
    """One percentage. `until` is when its dwell is over; `verdict` what health said of it, last."""

    percentage: int
    state: str
    reached_at: datetime | None
    gained: int
    dwell: str
    until: datetime | None
    verdict: Verdict | None
    stops_here: bool

    @property
    def word(self) -> str:
        return "Reached" if self.state == HERE and self.stops_here else WORDS[self.state]

    @property
    def kind(self) -> str:
        return KINDS[self.state]

    @property
    def verdict_label(self) -> str:
        return VERDICT_LABELS[self.verdict.result] if self.verdict else ""


@dataclass(frozen=True)
class Facts:
    """What is read of a plan for all deployments of a page."""

    phases: Sequence[Phase]
    runs: Sequence[PhaseRun]
    latest: Verdict | None


def read(plan: Plan | None) -> Facts:
    """A plan's phases, its operations with their verdicts, and the latest verdict, in three queries."""
    if plan is None:
        return Facts((), (), None)
    return Facts(
        list(plan.phases.order_by("percentage")),
        list(plan.runs.select_related("verdict").order_by("at", "pk")),
        plan.verdicts.order_by("-measured_at", "-id").first(),
    )


def rungs(deployment: Deployment, steps: Sequence[Step], facts: Facts) -> list[Rung]:
    """The rungs of a deployment that has a rollout; none of another."""
    step = next((each for each in steps if each.action == ROLLOUT), None)
    if step is None:
        return []
    plan = deployment.plan
    percentages = _percentages(deployment, step.params, facts.phases)
    reached = _reached(deployment, facts.runs)
    lost = deployment.state in (DeploymentState.ROLLED_BACK, DeploymentState.ROLLING_BACK)
    standing = 0 if plan is None or lost or plan.all_off else plan.percentage
    if not reached:
        standing = 0
    following = next((each for each in percentages if each > standing), None)
    dwells = {phase.percentage: phase.min_soak for phase in facts.phases}
    found = []
    for number, percentage in enumerate(percentages):
        run = reached.get(percentage)
        state = _state(deployment, percentage, standing, following, was_reached=run is not None, lost=lost)
        dwell = dwells.get(percentage)
        after = percentages[number + 1] if number + 1 < len(percentages) else None
        left = reached.get(after) if after is not None else None
        soaks = state == HERE and percentage < deployment.target_percentage
        since = plan.share_changed_at if plan and state == HERE else None
        found.append(
            Rung(
                percentage=percentage,
                state=state,
                reached_at=run.at if run else None,
                gained=run.gain if run else 0,
                dwell=span(dwell) if dwell else _dwell(step.params),
                until=since + dwell if soaks and since and dwell else None,
                verdict=(left.verdict if left else None) or (facts.latest if state == HERE else None),
                stops_here=percentage == deployment.target_percentage < 100,
            )
        )
    return found


def _state(
    deployment: Deployment,
    percentage: int,
    standing: int,
    following: int | None,
    *,
    was_reached: bool,
    lost: bool,
) -> str:
    if lost:
        return TAKEN if was_reached else LATER
    if standing and percentage == standing:
        return HERE
    if percentage < standing:
        return DONE
    if percentage > deployment.target_percentage:
        return BEYOND
    going = deployment.state not in ENDED and percentage == following
    return NEXT if going else LATER


def _percentages(deployment: Deployment, params: Mapping[str, Any], phases: Sequence[Phase]) -> list[int]:
    """The plan's own rungs, before there is a plan those of the step's template, with the one it stops at."""
    planned = [phase.percentage for phase in phases] or [*params.get("ladder", LADDER)]
    return sorted({*planned, deployment.target_percentage})


def _reached(deployment: Deployment, runs: Sequence[PhaseRun]) -> dict[int, PhaseRun]:
    """The operation that first brought each percentage since this deployment began and until it ended."""
    found: dict[int, PhaseRun] = {}
    for run in runs:
        begun = deployment.started_at is not None and run.at >= deployment.started_at
        over = deployment.finished_at is not None and run.at > deployment.finished_at
        if begun and not over and run.operation in RAISING:
            found.setdefault(run.to_percentage, run)
    return found


def _dwell(params: Mapping[str, Any]) -> str:
    """The dwell of a template, such as "24h", in words."""
    text = str(params.get("dwell", ""))
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if not (text[:-1].isdigit() and text[-1:] in units):
        return ""
    return span(timedelta(**{units[text[-1]]: int(text[:-1])}))
