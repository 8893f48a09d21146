"""A deployment, or one step of it, in short: beside what is about to be done to it."""

from operations.actor import Actor
from operations.doors.admin import Inputs, Preview
from operations.errors import NotFound
from releases.admin.releases.wording import DEPLOYMENT_LABELS, RUNNERS, STEP_ICONS
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


def of_step(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """One step beside the form of an operation. Raises NotFound."""
    step = step_of(deployment, inputs)
    context = {
        "deployment": deployment,
        "label": DEPLOYMENT_LABELS[deployment.state],
        "step": step,
        "icon": STEP_ICONS[step.state],
        "runner": RUNNERS[step.runner],
    }
    return Preview(TEMPLATE, context)
