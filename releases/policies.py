"""What each category of change asks for before production: data that an administrator may change."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from releases.models import Category, ChangePolicy, Method
from releases.roles import Role

CHANGE = "releases.change_changepolicy"
MOST_PEOPLE = 20
LONGEST_EXAMPLES = 200
CHANGEABLE = ("examples", "methods", "people", "roles", "last", "not_the_author", "announcement")


@transaction.atomic
def change(
    policy: ChangePolicy,
    *,
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
    **values: Any,
) -> ChangePolicy:
    """Change what a category asks for; it counts for every deployment that has not begun.

    `people` different people must sign, and each of `roles`, `last` after the others. Raises Invalid,
    NotFound, and Refused when nothing is different or it is no longer the `version` that was seen.
    """
    actor.require(CHANGE, "change what a category asks for")
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"a policy has no {', '.join(sorted(unknown))}")
    found = ChangePolicy.objects.select_for_update().filter(pk=policy.pk).first()
    if found is None:
        raise NotFound(f"There is no category {policy.pk!r}.")
    if version is not None and found.version != version:
        raise Refused("changed", f"{found} was changed since you saw it: look at it and try again.")
    before = {field: getattr(found, field) for field in CHANGEABLE}
    wanted = {**before, **values}
    if faults := _faults(found, wanted):
        raise Invalid(faults)
    wanted["examples"] = wanted["examples"].strip()
    wanted["roles"] = [role.value for role in Role if role in wanted["roles"]]
    wanted["methods"] = [method for method in Method.values if method in wanted["methods"]]
    return _write(found, before, wanted, actor, dry_run=dry_run)


def _write(
    found: ChangePolicy,
    before: Mapping[str, Any],
    wanted: Mapping[str, Any],
    actor: Actor,
    *,
    dry_run: bool,
) -> ChangePolicy:
    changed = [
        field
        for field in CHANGEABLE
        # The order of roles and methods says nothing.
        if wanted[field] != before[field] and not _same_set(wanted[field], before[field])
    ]
    if not changed:
        raise Refused("unchanged", f"{found} asks for that already.")
    for field in changed:
        setattr(found, field, wanted[field])
    if dry_run:
        return found
    found.version += 1
    found.save(update_fields=[*changed, "version"])
    data = {field: [before[field], wanted[field]] for field in changed}
    audit.record("policy.changed", actor=actor, subject=found, data=data)
    return found


def _same_set(one: Any, other: Any) -> bool:
    return isinstance(one, list) and isinstance(other, list) and sorted(one) == sorted(other)


def _faults(policy: ChangePolicy, wanted: Mapping[str, Any]) -> dict[str, str]:
    faults = {}
    examples, people, roles, last = (wanted[name] for name in ("examples", "people", "roles", "last"))
    if not 0 < len(examples.strip()) <= LONGEST_EXAMPLES or not examples.strip().isprintable():
        faults["examples"] = f"must have 1 to {LONGEST_EXAMPLES} characters in one line"
    if isinstance(people, bool) or not isinstance(people, int) or not 1 <= people <= MOST_PEOPLE:
        faults["people"] = f"must be a whole number from 1 to {MOST_PEOPLE}"
    if not _all_of(roles, list(Role)):
        faults["roles"] = f"must be of {', '.join(Role)}, each once"
    elif last and last not in roles:
        faults["last"] = "must be one of the roles that sign, or empty"
    if fault := _methods_fault(policy, wanted["methods"]):
        faults["methods"] = fault
    return faults


def _methods_fault(policy: ChangePolicy, methods: Any) -> str:
    if not _all_of(methods, Method.values) or not methods:
        return f"must be at least one of {', '.join(Method.values)}, each once"
    if policy.pk == Category.HIGH and Method.ROLLING in methods:
        return "cannot hold rolling: a change of high risk needs a way back or a window"
    return ""


def _all_of(given: Any, known: Sequence[str]) -> bool:
    return (
        isinstance(given, list)
        and all(isinstance(each, str) and each in known for each in given)
        and len(set(given)) == len(given)
    )
