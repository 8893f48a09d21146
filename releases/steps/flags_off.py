"""The release's flag, off for everybody."""

from operations.actor import Actor, Door
from releases.models import Step
from releases.steps.progress import Progress, done
from rollout import phases
from rollout.models import Plan

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=frozenset({phases.HALT}))


def look(step: Step) -> Progress:
    """See to it that nobody has the release: it was turned off at once, unless somebody raised it since."""
    pk = step.deployment.plan_id
    plan = Plan.objects.select_related("module").filter(pk=pk).first() if pk else None
    if plan is None or plan.status in (Plan.Status.DRAFT, Plan.Status.ARCHIVED):
        return done("The release's flag was never on.")
    if plan.percentage or not plan.all_off:
        phases.roll_back(plan, target=0, all_off=True, actor=ACTOR, reason=f"Rollback of {step.deployment}")
    return done(f"The flag {plan.module.key} is off for everybody.")
