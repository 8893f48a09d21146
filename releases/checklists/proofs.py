"""The portal ticks what it can prove, and opens it again when that ends."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from operations import audit
from operations.actor import Actor, Door
from releases.checklists import locks
from releases.checklists.facts.scene import Scene
from releases.checklists.proof_list import PROOFS, Proof, found_for, look, look_at
from releases.lifecycle import UNDER_WAY, DeploymentState
from releases.models import ChecklistItem, Deployment

__all__ = ["PROOFS", "Proof", "look", "look_at", "prove", "prove_due"]

State = ChecklistItem.State
PORTAL = Actor(door=Door.BEAT, label="prove-checklists")
FIELDS = ("state", "proved", "note", "at", "by")
# A deployment that has ended is looked at once more, for what only its end proves.
LAST_LOOK = timedelta(hours=1)
TICKED, OPENED, NOTED = "ticked", "opened", "noted"


def prove_due(*, actor: Actor = PORTAL) -> list[str]:
    """Look at the checklists of what is planned, under way or has just ended; say which changed, in words."""
    live = Q(state__in=[DeploymentState.PLANNED, *UNDER_WAY])
    just_ended = Q(finished_at__gte=timezone.now() - LAST_LOOK)
    due = Deployment.objects.filter(live | just_ended, checklist_from__isnull=False).order_by("pk")
    found = due.select_related("release__module__part_of", "plan", "window", "steps_from")
    return [f"{each}: {count} boxes" for each in found if (count := prove(each, actor=actor))]


def prove(deployment: Deployment, *, actor: Actor = PORTAL) -> int:
    """Look at every box that the portal may tick, and return how many were ticked or opened.

    What people ticked stays theirs. A box that stays open gets what was found as its note. One that the
    portal ticked opens again, with the reason, when its proof ends while the deployment is planned. Facts are
    looked at before anything is locked: call it outside a transaction.
    """
    scene = Scene(deployment)
    looked = {item.pk: found_for(item, scene) for item in _provable(deployment)}
    if not looked:
        return 0
    with transaction.atomic():
        locked = locks.lock(deployment)
        items = [item for item in _provable(locked) if item.pk in looked]
        found = {item: _settle(item, looked[item.pk], actor) for item in items}
        ChecklistItem.objects.bulk_update([item for item, done in found.items() if done], FIELDS)
        ticked = [item.key for item, done in found.items() if done == TICKED]
        opened = [item.key for item, done in found.items() if done == OPENED]
        if ticked or opened:
            data = {"proved": ticked, "no_longer_proved": opened}
            audit.record("checklist.proved", actor=actor, subject=locked, data=data)
    return len(ticked) + len(opened)


def _provable(deployment: Deployment) -> QuerySet[ChecklistItem]:
    """The boxes with a proof that are open, or that the portal ticked and may open again."""
    state = Q(state=State.OPEN)
    if deployment.state == DeploymentState.PLANNED:
        state |= Q(state=State.DONE, proved=True)
    closed = [stage for stage in ChecklistItem.Stage.values if locks.fixed_because(deployment, stage)]
    found = ChecklistItem.objects.filter(state, deployment=deployment).exclude(proof="")
    return found.exclude(stage__in=closed).order_by("position")


def _settle(item: ChecklistItem, proof: Proof, actor: Actor) -> str:
    """Let the box say what was found, and say what that did to it."""
    was_proved = item.state == State.DONE
    if proof.holds:
        if was_proved:
            return ""
        item.state, item.proved, item.note = State.DONE, True, proof.note
        item.at, item.by = timezone.now(), str(actor)
        return TICKED
    if was_proved:
        item.state, item.proved, item.at, item.by = State.OPEN, False, None, ""
        item.note = f"No longer proved. {proof.note}"[: locks.LONGEST_NOTE]
        return OPENED
    if item.note == proof.note:
        return ""
    item.note = proof.note
    return NOTED
