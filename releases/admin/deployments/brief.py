"""A deployment, or one step of it, in short: beside what is about to be done to it."""

from operations.actor import Actor
from operations.doors.admin import Inputs, Preview
from operations.errors import NotFound
from releases.admin.releases.wording import DEPLOYMENT_LABELS, RUNNERS, STEP_ICONS
from releases.deployments import planning, reporting
from releases.models import Deployment, Step

TEMPLATE = "admin/releases/deployment_brief.html"
MOST_EVIDENCE = 5


def step_of(deployment: Deployment, inputs: Inputs) -> Step:
    """The step that a form names. Raises NotFound."""
    found = deployment.steps.filter(key=inputs.get("step", "")).first()
    if found is None:
        raise NotFound(f"{deployment} has no step {inputs.get('step', '')!r}.")
    return found


def preview(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """The deployment beside the form of an operation."""
    return Preview(TEMPLATE, {"deployment": deployment, "label": DEPLOYMENT_LABELS[deployment.state]})


def of_cancel(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """A deployment that may be cancelled now. Raises Refused where it may not."""
    planning.cancel(deployment, actor=actor, reason="To look", dry_run=True)
    return preview(deployment, inputs, actor)


def of_report(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """A step whose result may be reported now. Raises NotFound, and Refused where it may not."""
    step = step_of(deployment, inputs)
    reporting.report(step, "noted", actor=actor, attempt=inputs.get("attempt"), dry_run=True)
    return _of_step(deployment, step)


def of_retry(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """A step that may be asked for again now. Raises NotFound, and Refused where it may not."""
    step = step_of(deployment, inputs)
    reporting.retry(step, actor=actor, dry_run=True)
    return _of_step(deployment, step)


def of_skip(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """A step that may be left out now. Raises NotFound, and Refused where it may not."""
    step = step_of(deployment, inputs)
    reporting.skip(step, actor=actor, reason="To look", dry_run=True)
    return _of_step(deployment, step)


def _of_step(deployment: Deployment, step: Step) -> Preview:
    context = {
        "deployment": deployment,
        "label": DEPLOYMENT_LABELS[deployment.state],
        "step": step,
        "icon": STEP_ICONS[step.state],
        "runner": RUNNERS[step.runner],
    }
    return Preview(TEMPLATE, context)
