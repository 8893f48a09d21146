"""What the checklist's page shows: its parts, sections and boxes, the signatures, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict

from releases.admin.checklists import acting
from releases.checklists import locks, signing, ticking
from releases.lifecycle import DeploymentState
from releases.models import ChangePolicy, ChecklistItem, Deployment, SignOff
from releases.roles import GROUPS, Role

State = ChecklistItem.State
Stage = ChecklistItem.Stage
ICONS = {
    State.OPEN: "check_box_outline_blank",
    State.DONE: "check_box",
    State.NOT_APPLICABLE: "indeterminate_check_box",
}
PROVED_ICON = "verified"


@dataclass(frozen=True)
class Box:
    """One box, what may be done with it, and what was wrong with what was asked."""

    item: ChecklistItem
    place: str
    may_tick: bool
    may_untick: bool
    may_skip: bool
    fault: str = ""
    note: str = ""

    @property
    def icon(self) -> str:
        return PROVED_ICON if self.item.proved else ICONS[State(self.item.state)]

    @property
    def who(self) -> str:
        """The person or key by its name; the portal by its own."""
        return "the portal" if self.item.proved else self.item.by.partition(":")[2] or self.item.by


@dataclass(frozen=True)
class Section:
    """The boxes of one heading."""

    name: str
    boxes: Sequence[Box]

    @property
    def to_tick(self) -> int:
        """How many boxes of it a person could tick at once."""
        return sum(box.may_tick and box.item.state == State.OPEN for box in self.boxes)

    @property
    def done(self) -> int:
        return sum(box.item.state != State.OPEN for box in self.boxes)


@dataclass(frozen=True)
class Part:
    """One of the lists."""

    name: str
    place: str
    sections: Sequence[Section]

    @property
    def open(self) -> int:
        return sum(len(section.boxes) - section.done for section in self.sections)

    @property
    def of(self) -> int:
        return sum(len(section.boxes) for section in self.sections)


@dataclass(frozen=True)
class Seat:
    """One role: who signed, and whether this person may."""

    role: Role
    name: str
    wanted: bool
    last: bool
    signature: SignOff | None
    mine: bool
    may_sign: bool
    why_not: str
    may_withdraw: bool


def page(deployment: Deployment, user: User, given: QueryDict, faults: Mapping[str, str]) -> dict[str, Any]:
    """The context of the page. `faults` are those of the form that was `given`."""
    items = list(ChecklistItem.objects.filter(deployment=deployment).order_by("position"))
    may = user.has_perm(ticking.TICK)
    boxes = [_box(deployment, item, may, given, faults) for item in items]
    return {
        "deployment": deployment,
        "parts": _parts(boxes),
        "stages": [_stage(items, stage) for stage in Stage],
        "seats": _seats(deployment, user),
        "missing": signing.missing(deployment) if deployment.state == DeploymentState.PLANNED else [],
        "open_before": [box for box in boxes if _is_owed(deployment, box.item)],
        "may_prove": may and not deployment.has_ended,
        "sign_fault": "; ".join(faults.values()) if faults and given.get("role") else "",
        "signed_role": given.get("role", ""),
        "note_given": given.get("note", ""),
        "longest": locks.LONGEST_NOTE,
    }


def _is_owed(deployment: Deployment, item: ChecklistItem) -> bool:
    owed = item.stage == Stage.BEFORE and item.state == State.OPEN
    return owed and deployment.state == DeploymentState.PLANNED


def _box(
    deployment: Deployment, item: ChecklistItem, may: bool, given: QueryDict, faults: Mapping[str, str]
) -> Box:
    free = may and not item.role and not locks.fixed_because(deployment, item.stage)
    begun = item.stage == Stage.BEFORE and deployment.state != DeploymentState.PLANNED
    asked = bool(faults) and given.get("item") == str(item.pk)
    return Box(
        item=item,
        place=acting.box_id(item),
        may_tick=free and item.state != State.DONE,
        may_untick=free and not begun and item.state != State.OPEN and not item.proved,
        may_skip=free and not begun and item.state != State.NOT_APPLICABLE,
        fault="; ".join(faults.values()) if asked else "",
        note=given.get("note", "") if asked else "",
    )


def _parts(boxes: Sequence[Box]) -> list[Part]:
    parts = []
    for number, (name, found) in enumerate(groupby(boxes, key=lambda box: box.item.part), start=1):
        sections = [
            Section(section, list(each)) for section, each in groupby(found, key=lambda box: box.item.section)
        ]
        parts.append(Part(name, f"part-{number}", sections))
    return parts


def _stage(items: Sequence[ChecklistItem], stage: Stage) -> dict[str, Any]:
    of_it = [item for item in items if item.stage == stage]
    done = sum(item.state != State.OPEN for item in of_it)
    filled = 100 * done / len(of_it) if of_it else 100
    return {"name": stage.label, "done": done, "of": len(of_it), "filled": f"{filled:.2f}"}


def _seats(deployment: Deployment, user: User) -> list[Seat]:
    signed = {each.role: each for each in SignOff.objects.filter(deployment=deployment)}
    policy = ChangePolicy.objects.get(pk=deployment.release.category)
    mine = signing.roles_of(user)
    return [_seat(deployment, policy, role, user, signed, mine=role in mine) for role in Role]


def _seat(
    deployment: Deployment,
    policy: ChangePolicy,
    role: Role,
    user: User,
    signed: Mapping[str, SignOff],
    *,
    mine: bool,
) -> Seat:
    signature = signed.get(role)
    why_not = ""
    if mine and signature is None:
        why_not = signing.why_not(deployment, policy, role, user, list(signed))
    planned = deployment.state == DeploymentState.PLANNED
    return Seat(
        role=role,
        name=GROUPS[role],
        wanted=role in policy.roles,
        last=role == policy.last,
        signature=signature,
        mine=mine,
        may_sign=mine and signature is None and not why_not,
        why_not=why_not,
        may_withdraw=mine and planned and signature is not None and signature.user_id == user.pk,
    )
