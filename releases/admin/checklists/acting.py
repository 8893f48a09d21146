"""What a form of the checklist's page asks for, done by its verb."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import Http404, QueryDict

from operations.actor import Actor
from releases.checklists import proofs, signing, ticking
from releases.models import ChecklistItem, Deployment
from releases.roles import GROUPS, Role

SIGN_OFF = "sign-off"


@dataclass(frozen=True)
class Done:
    """What to say, and where on the page the person goes on."""

    said: str = ""
    place: str = ""


def act(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    """Do what was asked for. Raises Http404 for a form that the page does not have, and what verbs raise."""
    perform = ACTIONS.get(given.get("action", ""))
    if perform is None:
        raise Http404
    return perform(deployment, given, actor)


def box_id(item: ChecklistItem) -> str:
    """Where a box stands on the page."""
    return f"box-{item.key}"


def place_of(deployment: Deployment, given: QueryDict) -> str:
    """Where the form stood that was refused."""
    if given.get("role"):
        return SIGN_OFF
    return box_id(_item(deployment, given)) if given.get("item") else ""


def _item(deployment: Deployment, given: QueryDict) -> ChecklistItem:
    pk = given.get("item", "")
    item = ChecklistItem.objects.filter(deployment=deployment, pk=int(pk)).first() if _number(pk) else None
    if item is None:
        raise Http404
    item.deployment = deployment
    return item


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _tick(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    item = ticking.tick(_item(deployment, given), actor=actor, note=given.get("note", ""))
    return Done(f"{item}: ticked.", box_id(item))


def _untick(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    item = ticking.untick(_item(deployment, given), actor=actor, note=given.get("note", ""))
    return Done(f"{item}: open again.", box_id(item))


def _not_applicable(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    item = ticking.not_applicable(_item(deployment, given), actor=actor, note=given.get("note", ""))
    return Done(f"{item}: does not apply.", box_id(item))


def _tick_section(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    part, section = given.get("part", ""), given.get("section", "")
    items = ticking.tick_section(deployment, part, section, actor=actor, note=given.get("note", ""))
    return Done(f"{section or part}: {len(items)} ticked.", box_id(items[0]))


def _prove(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    actor.require(ticking.TICK, "let the portal look at a checklist")
    changed = proofs.prove(deployment, actor=actor)
    return Done(f"The portal looked again: {changed} changed." if changed else "The portal looked again.")


def _sign(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    role = given.get("role", "")
    signing.sign(deployment, role, actor=actor, note=given.get("note", ""))
    return Done(f"You signed for {GROUPS[Role(role)]}.", SIGN_OFF)


def _withdraw(deployment: Deployment, given: QueryDict, actor: Actor) -> Done:
    role = given.get("role", "")
    signing.withdraw(deployment, role, actor=actor, reason=given.get("note", ""))
    return Done(f"You withdrew the signature for {GROUPS[Role(role)]}.", SIGN_OFF)


ACTIONS: Mapping[str, Callable[[Deployment, QueryDict, Actor], Done]] = {
    "tick": _tick,
    "untick": _untick,
    "not_applicable": _not_applicable,
    "tick_section": _tick_section,
    "prove": _prove,
    "sign": _sign,
    "withdraw": _withdraw,
}
