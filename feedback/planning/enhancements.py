"""The verbs on enhancements: name what several wishes ask for, and judge it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from feedback.models import Enhancement, Ticket
from feedback.models.planning import SCORED
from feedback.planning import gathering
from feedback.planning.ranking import HIGHEST, LOWEST
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout.rules.values import is_line, storable

ADD, CHANGE, DELETE = (f"feedback.{verb}_enhancement" for verb in ("add", "change", "delete"))
LONGEST_NAME, LONGEST_NOTE = 200, 5_000
CHANGEABLE = ("name", "objective", *SCORED, "note")


@transaction.atomic
def create(
    *,
    actor: Actor,
    name: str,
    objective: str = Enhancement.Objective.OTHER,
    value: int | None = None,
    feasibility: int | None = None,
    fit: int | None = None,
    note: str = "",
    tickets: Iterable[Ticket] = (),
) -> Enhancement:
    """Make an enhancement of these feature requests. None is a score that nobody gave yet.

    Raises Invalid, and what `gathering.gather` raises.
    """
    actor.require(ADD, "add enhancements")
    enhancement = Enhancement()
    scores = {"value": value, "feasibility": feasibility, "fit": fit}
    _save(enhancement, {"name": name, "objective": objective, **scores, "note": note})
    audit.record("enhancement.created", actor=actor, subject=enhancement, data=_told(enhancement))
    if wanted := [*tickets]:
        gathering.put(enhancement, wanted, actor=actor)
    return enhancement


@transaction.atomic
def change(
    enhancement: Enhancement, *, actor: Actor, version: int | None = None, **values: Any
) -> Enhancement:
    """Change any of CHANGEABLE. `version` is the one that was seen, None when it does not matter.

    Raises Invalid, and Refused when it changed since, was removed, or is like that already.
    """
    actor.require(CHANGE, "change enhancements")
    enhancement = gathering.locked(enhancement, version=version)
    before = _told(enhancement)
    enhancement.version += 1
    _save(enhancement, values)
    after = _told(enhancement)
    changes = {name: [before[name], after[name]] for name in CHANGEABLE if before[name] != after[name]}
    if not changes:
        raise Refused("unchanged", f"{enhancement} is like that already.")
    audit.record("enhancement.changed", actor=actor, subject=enhancement, data=changes)
    return enhancement


@transaction.atomic
def remove(enhancement: Enhancement, *, actor: Actor, version: int | None = None) -> int:
    """Remove an enhancement; its tickets stay and are proposed anew. Returns how many those are.

    Raises Refused when it changed since, or was removed.
    """
    actor.require(DELETE, "remove enhancements")
    enhancement = gathering.locked(enhancement, version=version)
    tickets = list(Ticket.objects.filter(enhancement=enhancement).order_by("pk"))
    gathering.let_go(enhancement, tickets, actor=actor)
    audit.record("enhancement.removed", actor=actor, subject=enhancement, data=_told(enhancement))
    enhancement.delete()
    return len(tickets)


def _save(enhancement: Enhancement, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"an enhancement has no {', '.join(sorted(unknown))}")
    for name, value in values.items():
        setattr(enhancement, name, value.strip() if isinstance(value, str) else value)
    if faults := _faults(enhancement):
        raise Invalid(faults)
    try:
        with transaction.atomic():
            enhancement.save()
    except IntegrityError:
        raise Invalid({"name": TAKEN}) from None


TAKEN = "there is an enhancement of this name already"


def _faults(enhancement: Enhancement) -> dict[str, str]:
    faults = {}
    if not is_line(enhancement.name, LONGEST_NAME):
        faults["name"] = f"must have 1 to {LONGEST_NAME} printable characters"
    elif Enhancement.objects.filter(name=enhancement.name).exclude(pk=enhancement.pk).exists():
        faults["name"] = TAKEN
    if enhancement.objective not in Enhancement.Objective.values:
        faults["objective"] = f"must be one of {', '.join(Enhancement.Objective.values)}"
    for name in SCORED:
        score = getattr(enhancement, name)
        if score is not None and not (isinstance(score, int) and LOWEST <= score <= HIGHEST):
            faults[name] = f"must be a whole number from {LOWEST} to {HIGHEST}, or nothing"
    if len(enhancement.note) > LONGEST_NOTE or not storable(enhancement.note):
        faults["note"] = f"must have at most {LONGEST_NOTE:,} characters, none of them NUL"
    return faults


def _told(enhancement: Enhancement) -> dict[str, Any]:
    """What the trail keeps. The note is free text, and may have to be erased: only its length."""
    told = {name: getattr(enhancement, name) for name in CHANGEABLE}
    return {**told, "note": len(enhancement.note)}
