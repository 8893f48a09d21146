"""Automatic mode (SPEC 3.5): runs the next phase when its gate opens, looks again after two hours."""

import logging

from operations.actor import Actor, Door
from operations.errors import Refused
from rollout import gates, phases
from rollout.models import Plan, Verdict

ACTOR = Actor(door=Door.BEAT, label="automatic-mode", grants=frozenset({phases.RUN, phases.HALT}))

logger = logging.getLogger(__name__)


def step() -> list[str]:
    """Do what is due for every plan in automatic mode; return what was done, one line each.

    Safe to run twice and by two workers: each verb decides again under the plan's lock.
    """
    plans = Plan.objects.filter(automatic=True, status=Plan.Status.RUNNING).select_related("module")
    return [line for plan in plans.prefetch_related("phases") if (line := _step(plan))]


def _step(plan: Plan) -> str:
    try:
        if plan.recheck_at is not None:
            return _look_again(plan)
        following = gates.next_phase(plan)
        if following is None or gates.may_run(plan, following.number, actor=ACTOR):
            return ""
        phases.run(plan, following.number, actor=ACTOR, version=plan.version)
    except Refused as refusal:
        logger.info("automatic mode, %s: %s", plan, refusal.message)
        return ""
    return f"{plan}: phase {following.number} was run"


def _look_again(plan: Plan) -> str:
    """Pause when the first verdict measured after the two hours is a breach, else go on."""
    verdict = gates.latest_verdict(plan)
    if plan.recheck_at is None or verdict is None or verdict.measured_at < plan.recheck_at:
        return ""
    if verdict.result == Verdict.Result.BREACH:
        phases.pause(
            plan,
            actor=ACTOR,
            reason=f"Check two hours after the phase: {verdict.summary}",
            version=plan.version,
        )
        return f"{plan}: paused"
    Plan.objects.filter(pk=plan.pk, recheck_at=plan.recheck_at).update(recheck_at=None)
    return f"{plan}: the check two hours after the phase found no breach"
