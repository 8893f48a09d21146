"""The verbs on modules: who is eligible, and who is on the internal list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Invalid
from rollout import facts, records
from rollout.cohorts import Comparison
from rollout.facts import Eligibility
from rollout.models import InternalUnit, Module, Plan
from rollout.models.workspaces import IDENTIFIER, SLUG
from rollout.topics import FLAGS

MOST_INTERNAL = 10_000


@dataclass(frozen=True)
class EligibilityChange:
    """What an edit of the lists does, or with a dry run would do."""

    module: Module
    comparison: Comparison


@transaction.atomic
def set_eligibility(
    module: Module,
    *,
    tiers: Sequence[str],
    statuses: Sequence[str],
    roles: Sequence[str],
    actor: Actor,
    dry_run: bool = False,
) -> EligibilityChange:
    """Replace a module's three lists; an empty list does not restrict.

    Who is in follows at once. Raises Invalid for an entry that is no lower-case word.
    """
    actor.require("rollout.edit_eligibility", "edit who is eligible")
    lists = {"tiers": tiers, "statuses": statuses, "roles": roles}
    faults = {name: fault for name, entries in lists.items() if (fault := _fault(entries))}
    if faults:
        raise Invalid(faults)
    wanted = {name: list(dict.fromkeys(entries)) for name, entries in lists.items()}
    if not dry_run:
        lock_plan(module)
        module = Module.objects.select_for_update().get(pk=module.pk)
    before = facts.state_of(module)
    eligibility = Eligibility(*(tuple(entries) for entries in wanted.values()))
    change = EligibilityChange(module, Comparison(before, replace(before, eligibility=eligibility)))
    if dry_run:
        return change
    data = {"before": {name: getattr(module, name) for name in wanted}, "after": wanted}
    for name, entries in wanted.items():
        setattr(module, name, entries)
    module.save(update_fields=list(wanted))
    entered, left = records.settle(module)
    audit.record(
        "module.eligibility_set", actor=actor, subject=module, data={**data, "gain": entered, "lose": left}
    )
    feed.announce(FLAGS)
    return change


@transaction.atomic
def set_internal_list(module: Module, unit_ids: Sequence[str], *, actor: Actor) -> None:
    """Replace a module's internal list. Raises Invalid for a bad id or more than 10,000 of them."""
    actor.require("rollout.change_module", "edit the internal list")
    wanted = list(dict.fromkeys(unit_ids))
    bad = [unit for unit in wanted if not _is_identifier(unit)]
    if bad or len(wanted) > MOST_INTERNAL:
        named = f": {', '.join(repr(unit) for unit in bad[:10])}" if bad else ""
        raise Invalid({"internal": f"must be at most {MOST_INTERNAL:,} ids without spaces{named}"})
    lock_plan(module)
    had = set(module.internal_units.values_list("unit_id", flat=True))
    added, removed = sorted(set(wanted) - had), sorted(had - set(wanted))
    if not added and not removed:
        return
    module.internal_units.filter(unit_id__in=removed).delete()
    InternalUnit.objects.bulk_create(InternalUnit(module=module, unit_id=unit) for unit in added)
    data = {"added": added, "removed": removed}
    audit.record("module.internal_list_set", actor=actor, subject=module, data=data)
    feed.announce(FLAGS)


def lock_plan(module: Module) -> None:
    """Lock the module's live plan, which every change of who is in holds first; without one, the module."""
    plans = Plan.objects.live().filter(module=module)
    if not list(plans.select_for_update().values_list("pk")):
        list(Module.objects.filter(pk=module.pk).select_for_update(no_key=True).values_list("pk"))


def _fault(entries: Sequence[str]) -> str:
    for entry in entries:
        try:
            SLUG(entry)
        except ValidationError as error:
            return f"{entry!r} {error.messages[0]}"
    return ""


def _is_identifier(unit: str) -> bool:
    try:
        IDENTIFIER(unit)
    except ValidationError:
        return False
    return True
