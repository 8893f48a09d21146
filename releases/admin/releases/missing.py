"""What is missing before production, grouped: sixty open boxes are one line with a way to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from releases.admin.releases import links
from releases.deployments import readiness
from releases.deployments.readiness import Reason
from releases.lifecycle import DeploymentState
from releases.models import PRODUCTION, Deployment

CHECKLIST = "checklist"
TICKED = "Not ticked: "


@dataclass(frozen=True)
class Missing:
    """One thing that is missing; `parts` are its details, `url` the way to them."""

    message: str
    parts: Sequence[str] = ()
    url: str = ""


def of(deployment: Deployment) -> list[Missing]:
    """What a planned deployment to production still needs; of another one nothing, without a query."""
    if deployment.state != DeploymentState.PLANNED or deployment.environment_id != PRODUCTION:
        return []
    return grouped(readiness.missing(deployment), deployment)


def grouped(reasons: Sequence[Reason], deployment: Deployment | None) -> list[Missing]:
    """The reasons in their order, with all open boxes as one."""
    boxes = [each.message.removeprefix(TICKED) for each in reasons if each.code == CHECKLIST]
    found: list[Missing] = []
    for each in reasons:
        if each.code != CHECKLIST:
            found.append(Missing(each.message))
        elif boxes:
            noun = "box is" if len(boxes) == 1 else "boxes are"
            url = links.checklist(deployment.pk) if deployment else ""
            found.append(Missing(f"{len(boxes)} {noun} not ticked.", boxes, url))
            boxes = []
    return found
