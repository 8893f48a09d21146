"""Watching the release while everybody has it."""

from django.utils import timezone

from operations.spelling import local_time
from releases.models import Step
from releases.steps import plans
from releases.steps.progress import Progress, done, waits
from releases.template_text import duration
from rollout import gates
from rollout.models import Plan

FOR = "24h"


def look(step: Step) -> Progress:
    """Done when the time is over and nothing speaks against completing the plan: the last verdict passes."""
    length = duration(step.params.get("for", FOR))
    if step.started_at is None or timezone.now() < (until := step.started_at + length):
        return waits(f"Watched until {local_time(until)}." if step.started_at else "Not begun.")
    plan = plans.of(step)
    if plan.status == Plan.Status.COMPLETE:
        return done("The release's plan is complete.")
    if reasons := gates.may_complete(plan):
        return waits(" ".join(reason.message for reason in reasons))
    verdict = gates.latest_verdict(plan)
    return done(f"Watched since {local_time(step.started_at)}. {verdict}", verdict=verdict and verdict.pk)
