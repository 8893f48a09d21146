"""What every verb on a checklist begins with: the deployment's row, and whether its boxes may change."""

from operations.errors import Invalid, NotFound, Refused
from releases.lifecycle import DeploymentState
from releases.models import ChecklistItem, Deployment

LONGEST_NOTE = 2_000
# What came after the end is worked after the end, unless nothing was deployed.
WORKED_AFTER = (DeploymentState.COMPLETE, DeploymentState.ROLLED_BACK)


def lock(deployment: Deployment) -> Deployment:
    """The deployment's row, ours until the end of the transaction. Raises NotFound."""
    found = Deployment.objects.select_for_update(no_key=True).filter(pk=deployment.pk).first()
    if found is None:
        raise NotFound(f"There is no deployment {deployment.pk}.")
    return found


def item_of(deployment: Deployment, item: ChecklistItem) -> ChecklistItem:
    """The box as it stands, once its deployment is locked. Raises NotFound."""
    found = ChecklistItem.objects.filter(pk=item.pk, deployment=deployment).first()
    if found is None:
        raise NotFound(f"There is no box {item} in this checklist.")
    return found


def fixed_because(deployment: Deployment, stage: str) -> str:
    """Why boxes of this stage cannot change any more; "" where they can."""
    if not deployment.has_ended:
        return ""
    if stage == ChecklistItem.Stage.AFTER and deployment.state in WORKED_AFTER:
        return ""
    return f"This deployment is {deployment.get_state_display().lower()}: its checklist is closed."


def refuse_fixed(deployment: Deployment, item: ChecklistItem) -> None:
    """Raise Refused for a box that cannot change any more, or that only a signature ticks."""
    if why := fixed_because(deployment, item.stage):
        raise Refused("ended", why)
    if item.role:
        raise Refused("signed", f"{item} is ticked by its signature: sign, or withdraw the signature.")


def refuse_begun(deployment: Deployment, item: ChecklistItem) -> None:
    """Raise Refused for a box that the deployment began on."""
    if item.stage == ChecklistItem.Stage.BEFORE and deployment.state != DeploymentState.PLANNED:
        raise Refused("begun", f"{item} was there when the deployment began: it stays as it is.")


def checked_note(note: str, *, needed: bool = False) -> str:
    """A note, trimmed. Raises Invalid for one that is too long, or missing where it is `needed`."""
    note = note.strip()
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise Invalid({"note": f"must be text of at most {LONGEST_NOTE:,} characters"})
    if needed and not note:
        raise Invalid({"note": "must say why"})
    return note
