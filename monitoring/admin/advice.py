"""A health check in three sentences: what was found, what the portal did, what is a person's to do now."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring.admin import links, words
from monitoring.models import HealthCheck
from operations.actor import Actor
from rollout import phases
from rollout.models import Plan, Verdict

Action, Cause = HealthCheck.Action, HealthCheck.Cause
Result = Verdict.Result
# Half of the workspaces make a control again (SPEC 4.3).
CONTROL_RETURNS_AT = 50
EVERYBODY = 100

DONE = {
    Action.PAUSED: "The portal paused the plan: nobody new gets the module, and nobody loses it.",
    Action.ROLLED_BACK: "The portal rolled the plan back to the phase before.",
    Action.TURNED_OFF: "The portal turned the flag off for everybody. The deployment of a release follows by "
    "itself and goes back to the version before.",
    Action.AUTOMATIC_STOPPED: "The portal stopped automatic mode: no phase runs by itself until a person "
    "turns it on again. Nobody loses the module.",
}
NOTHING_DONE = {
    Result.PASS: "Nothing had to be done. This check does not hold the next phase back.",
    Result.HOLD: "The gate stays closed: the next phase does not run. Nobody loses the module.",
    Result.BREACH: "Nothing new: a breach before this one was acted on already, or the plan reaches nobody.",
    Result.UNKNOWN: "The gate stays closed. Nothing was stopped: no data is no sign of harm.",
}
PLATFORM = (
    "Nothing about the rollout: those without the feature are hit as well, so it is not the cause. See that "
    "the people on call know. The gate opens with the first check that passes."
)
UNCLEAR = (
    "Have somebody look at it now: the feature and the platform cannot be told apart yet. The next check may "
    "tell."
)
NO_CONTROL = (
    "Find out whether it is the feature or the platform: nobody is left without the feature to compare with. "
    f"A rollback to {CONTROL_RETURNS_AT} % gives a comparison back."
)
YOURS = {
    Result.PASS: "Nothing. When the phase has lasted long enough, run the next one from the plan's page.",
    Result.HOLD: "Look below at what holds the gate. Where there is too little evidence, waiting helps; "
    "where a limit is not met, somebody has to act first.",
    Result.BREACH: "Find out what the failing workspaces have in common and have it repaired. Then resume, "
    "or roll back now to take the module from them.",
    Result.UNKNOWN: "See that the product still sends its metrics, and that its source is set up right.",
}
REPAIR_RELEASE = "See that its deployment arrives, and have it repaired: it ships as the next release."
REPAIR = "Have it repaired. The plan goes on when a person resumes it."


@dataclass(frozen=True)
class Way:
    """A link to what a person may do now."""

    title: str
    url: str
    style: str = "default"


@dataclass(frozen=True)
class Advice:
    """What the head of a check's page says."""

    found: str
    done: str
    yours: str
    ways: Sequence[Way]


def of_check(check: HealthCheck, newest: HealthCheck | None, actor: Actor) -> Advice:
    """The three sentences; those of an old check lead to the newest one instead of to an operation."""
    result = Result(check.result)
    done = DONE[Action(check.action)] if check.action else NOTHING_DONE[result]
    found = words.RESULTS[result]
    if result == Result.HOLD:
        found = words.CAUSES.get(check.cause, found)
    if newest is not None and newest.pk != check.pk:
        yours = "This check is history. The newest one says how the plan stands now."
        return Advice(found, done, yours, [Way("Newest check", links.check(newest.pk), "primary")])
    return Advice(found, done, _yours(check, result), _ways(check, result, actor))


def _yours(check: HealthCheck, result: Verdict.Result) -> str:
    if result == Result.HOLD and check.cause == Cause.PLATFORM:
        return PLATFORM
    if _is_unclear(check):
        return NO_CONTROL if check.percentage == EVERYBODY else UNCLEAR
    if check.action == Action.TURNED_OFF:
        return REPAIR_RELEASE
    return REPAIR if check.action == Action.ROLLED_BACK else YOURS[result]


def _is_unclear(check: HealthCheck) -> bool:
    return check.result == Result.HOLD and check.cause == Cause.UNCLEAR


def _ways(check: HealthCheck, result: Verdict.Result, actor: Actor) -> list[Way]:
    plan, ways = check.plan, []
    harmed = result == Result.BREACH or _is_unclear(check)
    may_lower = plan.status in (Plan.Status.RUNNING, Plan.Status.PAUSED, Plan.Status.COMPLETE)
    if harmed and may_lower and plan.percentage and actor.may(phases.HALT):
        unclear = _is_unclear(check) and plan.percentage == EVERYBODY
        inputs = {"target": CONTROL_RETURNS_AT} if unclear else {}
        ways.append(Way("Roll back", links.of_plan(plan, "rollback", **inputs), "warning"))
    whole = plan.module.part_of_id is None
    waits = plan.status == Plan.Status.PAUSED or (whole and plan.status == Plan.Status.ROLLED_BACK)
    if waits and actor.may(phases.RUN):
        ways.append(Way("Resume", links.of_plan(plan, "resume")))
    return ways
