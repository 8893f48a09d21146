"""Asking for one unit: the rules of `evaluation` on the rows of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from django.utils import timezone

from operations.errors import Invalid, NotFound
from rollout import facts
from rollout.facts import State
from rollout.models import Flag, Module, Rule
from rollout.rules import evaluation
from rollout.rules.evaluation import Answer
from rollout.rules.reach import UnitFacts
from rollout.rules.switches import Asked

# What the product's front end calls the health module (guide health-management-rollout, 8.1).
ALIASES = {"health": "health_management"}
LONGEST_UNIT = 120


def explain(flag_key: str, unit_id: str | None, context: Mapping[str, Any] | None = None) -> Answer:
    """The answer for one unit with the whole path to it, by what the product would tell in `context`.

    Raises NotFound for an unknown flag, Invalid for a unit id that is not printable or longer than 120
    characters.
    """
    found = Flag.objects.select_related("module").filter(key=flag_key)
    flag = found.first() if flag_key.isprintable() else None
    if flag is None:
        raise NotFound(f"There is no flag {flag_key!r}.")
    return of_flag(flag, facts.state_for_answers(flag.module), unit_id, context)


def of_flag(
    flag: Flag, state: State, unit_id: str | None, context: Mapping[str, Any] | None = None
) -> Answer:
    """The answer of one flag of a module whose state was read. Raises Invalid as `explain`."""
    switch = next(switch for switch in state.switches if switch.key == flag.key)
    unit = _unit(flag.module, state, unit_id)
    return evaluation.explain(switch, Asked(unit, _told(flag.module, unit_id, context), timezone.now()))


def tried(flag: Flag, unit_id: str | None, context: Mapping[str, Any], *, rules: Sequence[Rule]) -> Answer:
    """What `flag` would answer with these rules, saved or not, in place of its own.

    Raises Invalid as `explain`, and for a rule whose groups are not as `conditions.parse` wants them.
    """
    state = facts.state_for_answers(flag.module)
    segments = facts.segment_matchers()
    drafted = tuple(facts.rule_of(rule, segments) for rule in rules)
    flags = [replace(found, rules=drafted) if found.key == flag.key else found for found in state.flags]
    state = replace(state, flags=tuple(flags))
    return of_flag(flag, state, unit_id, context)


def find_module(module_key: str) -> Module:
    """The module of this key or alias. Raises NotFound."""
    key = ALIASES.get(module_key, module_key)
    # PostgreSQL takes no NUL.
    module = Module.objects.filter(key=key).first() if key.isprintable() else None
    if module is None:
        raise NotFound(f"There is no module {module_key!r}.")
    return module


def read_context(text: str) -> dict[str, Any]:
    """The context that a product would send, from its JSON. Raises Invalid."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid({"context": f"must be JSON: {error}"}) from None
    if not isinstance(found, dict):
        raise Invalid({"context": "must be a JSON object"})
    return found


def check_unit(unit_id: str) -> None:
    """Raise Invalid for a unit id that is not printable or too long."""
    if len(unit_id) > LONGEST_UNIT:
        raise Invalid({"unit": f"must have at most {LONGEST_UNIT} characters"})
    if not unit_id.isprintable():
        # PostgreSQL takes no NUL, and no database half a surrogate pair.
        raise Invalid({"unit": "must be printable"})


def _unit(module: Module, state: State, unit_id: str | None) -> UnitFacts | None:
    if not unit_id:
        return None
    check_unit(unit_id)
    return facts.unit_of(module, state.plan_id, unit_id)


def _told(module: Module, unit_id: str | None, context: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The context with the unit in it, as a request would name it."""
    name = "workspace" if module.unit == Module.Unit.WORKSPACE else "targetingKey"
    return {**({name: unit_id} if unit_id else {}), **(context or {})}
