"""People tick boxes, untick them, and say which do not apply. Each verb leaves one audit event."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from releases.checklists import locks, proof_list
from releases.models import ChecklistItem, Deployment

TICK = "releases.tick_item"
State = ChecklistItem.State
FIELDS = ("state", "proved", "note", "at", "by")


def open_before(deployment: Deployment) -> QuerySet[ChecklistItem]:
    """The boxes that must be ticked before production and are not, in their order."""
    return ChecklistItem.objects.filter(
        deployment=deployment, stage=ChecklistItem.Stage.BEFORE, state=State.OPEN
    ).order_by("position")


def tick(item: ChecklistItem, *, actor: Actor, note: str = "", dry_run: bool = False) -> ChecklistItem:
    """A person has seen to it. Where the portal found otherwise, the note must say why it holds all the same.

    Raises Invalid, NotFound, and Refused for what is ticked already, by a signature only, or closed.
    """
    actor.require(TICK, "tick the boxes of a checklist")
    note = locks.checked_note(note)
    # Looked at before the lock: a proof may take a while.
    against = proof_list.look(item)
    with transaction.atomic():
        deployment = locks.lock(item.deployment)
        item = locks.item_of(deployment, item)
        locks.refuse_fixed(deployment, item)
        if item.state == State.DONE:
            raise Refused("ticked", f"{item} is ticked already.")
        if against is not None and against.holds is False and not note:
            raise Invalid({"note": f"must say why it holds all the same: {against.note}"})
        if not dry_run:
            _set(item, State.DONE, actor, note)
            _record("checklist.ticked", deployment, item, actor, note)
    return item


@transaction.atomic
def untick(item: ChecklistItem, *, actor: Actor, note: str = "", dry_run: bool = False) -> ChecklistItem:
    """It is open again. Raises NotFound, and Refused for what is open, for what the portal proves itself,
    for what was ticked by a signature, and for what the deployment began on.
    """
    actor.require(TICK, "untick the boxes of a checklist")
    note = locks.checked_note(note)
    deployment = locks.lock(item.deployment)
    item = locks.item_of(deployment, item)
    locks.refuse_fixed(deployment, item)
    locks.refuse_begun(deployment, item)
    if item.state == State.OPEN:
        raise Refused("open", f"{item} is open already.")
    if item.proved:
        raise Refused("proved", f"The portal proves {item}: it would tick it again. It opens when that ends.")
    if not dry_run:
        _set(item, State.OPEN, None, "")
        _record("checklist.unticked", deployment, item, actor, note)
    return item


@transaction.atomic
def not_applicable(item: ChecklistItem, *, actor: Actor, note: str, dry_run: bool = False) -> ChecklistItem:
    """It does not concern this deployment, and `note` says why.

    Raises Invalid without a note, NotFound, and Refused as `tick` and `untick`.
    """
    actor.require(TICK, "say that a box does not apply")
    note = locks.checked_note(note, needed=True)
    deployment = locks.lock(item.deployment)
    item = locks.item_of(deployment, item)
    locks.refuse_fixed(deployment, item)
    locks.refuse_begun(deployment, item)
    if item.state == State.NOT_APPLICABLE:
        raise Refused("not_applicable", f"{item} does not apply already.")
    if not dry_run:
        _set(item, State.NOT_APPLICABLE, actor, note)
        _record("checklist.not_applicable", deployment, item, actor, note)
    return item


def tick_section(
    deployment: Deployment,
    part: str,
    section: str,
    *,
    actor: Actor,
    note: str = "",
    dry_run: bool = False,
) -> list[ChecklistItem]:
    """Tick every open box of a section that a person may tick, and return them.

    Left open is what only a signature ticks and, without a note that says why it holds all the same, what the
    portal found otherwise. Raises Invalid, NotFound for a section that there is not, Refused where nothing is
    left to tick.
    """
    actor.require(TICK, "tick the boxes of a checklist")
    note = locks.checked_note(note)
    looked = {} if note else proof_list.look_at(deployment, part, section)
    against = {pk for pk, proof in looked.items() if proof.holds is False}
    with transaction.atomic():
        deployment = locks.lock(deployment)
        found = list(ChecklistItem.objects.filter(deployment=deployment, part=part, section=section))
        if not found:
            raise NotFound(f"There is no section {section[:100]!r} of {part[:100]!r} in this checklist.")
        items = [
            item
            for item in found
            if item.state == State.OPEN
            and not item.role
            and item.pk not in against
            and not locks.fixed_because(deployment, item.stage)
        ]
        if not items:
            raise Refused("nothing_to_tick", "No box of this section is left that could be ticked so.")
        if not dry_run:
            _tick_all(items, actor, note)
            data = {"part": part, "section": section, "boxes": [item.key for item in items]}
            audit.record("checklist.section_ticked", actor=actor, subject=deployment, data=data, reason=note)
    return items


def _tick_all(items: list[ChecklistItem], actor: Actor, note: str) -> None:
    now = timezone.now()
    values = {"state": State.DONE, "proved": False, "note": note, "at": now, "by": actor.in_full}
    ChecklistItem.objects.filter(pk__in=[item.pk for item in items]).update(**values)
    for item in items:
        for field, value in values.items():
            setattr(item, field, value)


def _set(item: ChecklistItem, state: str, actor: Actor | None, note: str) -> None:
    item.state, item.proved, item.note = state, False, note
    item.at = timezone.now() if actor else None
    item.by = actor.in_full if actor else ""
    item.save(update_fields=FIELDS)


def _record(action: str, deployment: Deployment, item: ChecklistItem, actor: Actor, note: str) -> None:
    """In the deployment's story: there people look for it."""
    data = {"box": item.title, "key": item.key, "section": item.section}
    audit.record(action, actor=actor, subject=deployment, data=data, reason=note)
