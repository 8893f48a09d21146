"""The gradual rollout: from rung to rung while the gate of the release's plan opens."""

from operations.actor import Actor, Door
from releases.models import Step
from releases.steps import plans
from releases.steps.progress import Progress, done, moved, waits
from rollout import gates, phases
from rollout.models import Plan

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=frozenset({phases.RUN}))


def look(step: Step) -> Progress:
    """Run the next rung when the gate opens; done at 100 %. It stops and waits for a person at the target.

    Each rung dwells as long as the plan's phases last, and needs a health verdict of its own that passes.
    """
    deployment = step.deployment
    plan = plans.of(step)
    if plan.status == Plan.Status.PAUSED:
        return waits(f"{plan} is paused: resume it, or roll the deployment back.")
    if plan.percentage >= 100:
        return done("Everybody has the release.")
    following = gates.next_phase(plan)
    if following is None:
        return waits(f"{plan} is at {plan.percentage} % and has no further rung: set it to 100 % by hand.")
    if following.percentage > deployment.target_percentage:
        return waits(f"It stops at {plan.percentage} %, as was asked: continue, or roll it back.")
    if reasons := gates.may_run(plan, following.number, actor=ACTOR):
        return waits(" ".join(reason.message for reason in reasons))
    outcome = phases.run(plan, following.number, actor=ACTOR, version=plan.version)
    return moved(
        f"From {outcome.from_percentage} % to {outcome.to_percentage} %: {outcome.preview.gain} gain it.",
        percentage=outcome.to_percentage,
        gain=outcome.preview.gain,
    )
