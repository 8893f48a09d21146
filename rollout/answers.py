"""Asking for one unit: the rules of `evaluation` on the rows of the database."""

from django.utils import timezone

from operations.errors import Invalid, NotFound
from rollout import facts
from rollout.evaluation import Answer, evaluate
from rollout.facts import State
from rollout.models import Flag, Module

# What the product's front end calls the health module (guide health-management-rollout, 8.1).
ALIASES = {"health": "health_management"}
LONGEST_UNIT = 120


def explain(flag_key: str, unit_id: str | None) -> Answer:
    """The answer for one unit with the whole path to it.

    Raises NotFound for an unknown flag, Invalid for a unit id that is not printable or longer than 120
    characters.
    """
    flag = Flag.objects.select_related("module").filter(key=flag_key).first()
    if flag is None:
        raise NotFound(f"There is no flag {flag_key!r}.")
    return next(answer for answer in _answers(flag.module, unit_id) if answer.flag == flag_key)


def of_module(module_key: str, unit_id: str | None) -> list[Answer]:
    """The answers of every live flag of a module for one unit. Raises NotFound, Invalid as `explain`."""
    return [answer for answer in _answers(find_module(module_key), unit_id) if not _is_archived(answer)]


def find_module(module_key: str) -> Module:
    """The module of this key or alias. Raises NotFound."""
    module = Module.objects.filter(key=ALIASES.get(module_key, module_key)).first()
    if module is None:
        raise NotFound(f"There is no module {module_key!r}.")
    return module


def _answers(module: Module, unit_id: str | None) -> list[Answer]:
    return of_state(module, facts.state_of(module), unit_id)


def of_state(module: Module, state: State, unit_id: str | None) -> list[Answer]:
    """The answers of every flag of a module whose state was read. Raises Invalid as `explain`."""
    if unit_id is not None and len(unit_id) > LONGEST_UNIT:
        raise Invalid({"unit": f"must have at most {LONGEST_UNIT} characters"})
    if unit_id is not None and not unit_id.isprintable():
        # PostgreSQL takes no NUL, and no database half a surrogate pair.
        raise Invalid({"unit": "must be printable"})
    unit = facts.unit_of(module, state.plan_id, unit_id) if unit_id else None
    now = timezone.now()
    return [evaluate(flag, unit, state.plan, state.environment, now) for flag in state.flags]


def _is_archived(answer: Answer) -> bool:
    return answer.steps[-1].rule == "archived"
