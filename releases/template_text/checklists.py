"""A template of a checklist: parts, their sections, their boxes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from releases.roles import Role
from releases.template_text.faults import BadTemplate
from releases.template_text.fields import Fields, document
from releases.template_text.proof_names import PROOF_NAMES

STAGES = ("before", "during", "after")
MOST_ITEMS = 300
MOST_POINTS = 30


@dataclass(frozen=True)
class ItemTemplate:
    """One box: `points` is what it is made of, `proof` what the portal looks at, `role` who signs it."""

    key: str
    part: str
    section: str
    stage: str
    title: str
    points: tuple[str, ...] = ()
    proof: str = ""
    role: str = ""


@dataclass(frozen=True)
class ChecklistTemplate:
    """The boxes of a checklist in their order."""

    title: str
    items: tuple[ItemTemplate, ...]


def read_checklist(text: str) -> ChecklistTemplate:
    """The checklist that is written. Raises BadTemplate with the place and the rule."""
    given = document(text, ("title", "parts"))
    title = given.text("title", 100, needed=True)
    items = tuple(
        item
        for number, each in enumerate(given.list("parts", 60), start=1)
        for item in _part(each, f"parts, number {number}")
    )
    if len(items) > MOST_ITEMS:
        raise BadTemplate(f"parts: must hold at most {MOST_ITEMS} boxes, and there are {len(items)}.")
    seen = set()
    for item in items:
        if item.key in seen:
            raise BadTemplate(f"The key {item.key} stands twice: each box has one of its own.")
        seen.add(item.key)
    return ChecklistTemplate(title=title, items=items)


def _part(found: Any, place: str) -> Iterator[ItemTemplate]:
    given = Fields(found, place, ("part", "sections"))
    part = given.text("part", 100, needed=True)
    for number, each in enumerate(given.list("sections", 60), start=1):
        yield from _section(each, part, f"{part}, section {number}")


def _section(found: Any, part: str, place: str) -> Iterator[ItemTemplate]:
    given = Fields(found, place, ("section", "stage", "items"))
    section, stage = given.text("section", 100), given.choice("stage", STAGES)
    for number, each in enumerate(given.list("items", MOST_ITEMS), start=1):
        yield _item(each, part, section, stage, f"{part}, {section or 'section'}, box {number}")


def _item(found: Any, part: str, section: str, stage: str, place: str) -> ItemTemplate:
    given = Fields(found, place, ("key", "title", "stage", "points", "proof", "role"))
    if given.has("proof") and given.has("role"):
        raise given.fault("has a proof or a role, not both")
    points = given.list("points", MOST_POINTS, needed=False)
    if any(
        not isinstance(each, str) or not 0 < len(each) <= 300 or not each.isprintable() for each in points
    ):
        raise given.fault("must be texts of 1 to 300 characters", "points")
    return ItemTemplate(
        key=given.key(),
        part=part,
        section=section,
        stage=given.choice("stage", STAGES, needed=False) or stage,
        title=given.text("title", 200, needed=True),
        points=tuple(points),
        proof=given.choice("proof", PROOF_NAMES, needed=False),
        role=given.choice("role", [role.value for role in Role], needed=False),
    )
