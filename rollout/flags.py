"""The verbs on flags: create, describe, prerequisite, schedule, kill switch, hold, archive.

Each locks the module's live plan first, so that a flag's record and its plan's cannot disagree.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import cohorts, definitions, facts, flag_changes, flag_checks, records
from rollout.changes import check_percentage, check_reason
from rollout.cohorts import Comparison
from rollout.facts import State
from rollout.models import Flag, Module
from rollout.modules import lock_plan
from rollout.rules.ordering import OPEN, Cutoff
from rollout.rules.values import BOOLEAN


@transaction.atomic
def create(
    module: Module,
    key: str,
    *,
    name: str,
    actor: Actor,
    value_type: str = BOOLEAN,
    description: str = "",
    owner: str = "",
    expires_on: date | None = None,
    from_phase: int = 1,
    selected_from_phase: int | None = None,
    prerequisite: Flag | None = None,
    prerequisite_variant: str = "",
) -> Flag:
    """Create a flag, which follows its module's plan from then on.

    One that is not boolean has no variants yet and answers the default in the product's code. Raises Invalid
    that names every fault: a key that is taken (by an archived flag too), a prerequisite that `require`
    would not take, a `selected_from_phase` that is not before `from_phase` or in a module of users.
    """
    actor.require("rollout.add_flag", "create flags")
    lock_plan(module)
    flag = Flag(
        module=module,
        key=key,
        name=name.strip(),
        value_type=value_type,
        description=description.strip(),
        owner=owner.strip(),
        expires_on=expires_on,
        from_phase=from_phase,
        selected_from_phase=selected_from_phase,
        prerequisite=prerequisite,
        prerequisite_variant=flag_checks.variant_of(prerequisite, prerequisite_variant),
    )
    faults = {**flag_checks.of_key(key), **flag_checks.of_description(flag), **flag_checks.of_phases(flag)}
    if value_type not in Flag.ValueType.values:
        faults["value_type"] = f"must be one of {', '.join(Flag.ValueType.values)}"
    faults |= flag_checks.of_prerequisite(flag)
    if faults:
        raise Invalid(faults)
    try:
        with transaction.atomic():
            flag.save()
    except IntegrityError:
        # A flag of another module, which this one's lock does not hold.
        raise Invalid(flag_checks.of_key(key) or {"key": "is taken"}) from None
    records.settle_flags(module)
    return flag_changes.done(flag, "flag.created", actor, data={"after": definitions.of_flag(flag)})


@transaction.atomic
def describe(
    flag: Flag, *, name: str, description: str, owner: str, expires_on: date | None, actor: Actor
) -> Flag:
    """Change what people read about a flag. Raises Invalid for a text that is too long, or no name."""
    actor.require("rollout.change_flag", "describe a flag")
    flag = flag_changes.lock(flag)
    wanted = {
        "name": name.strip(),
        "description": description.strip(),
        "owner": owner.strip(),
        "expires_on": expires_on,
    }
    changed: dict[str, Any] = {key: value for key, value in wanted.items() if getattr(flag, key) != value}
    if not changed:
        return flag
    for field, value in changed.items():
        setattr(flag, field, value)
    if faults := flag_checks.of_description(flag):
        raise Invalid(faults)
    flag_changes.save(flag, *changed)
    return flag_changes.done(flag, "flag.described", actor, data=changed)


@transaction.atomic
def require(
    flag: Flag, prerequisite: Flag | None, variant: str = "", *, actor: Actor, version: int | None = None
) -> Flag:
    """Make a flag need another one: off where that is off, or answers another variant than `variant`.

    None: it needs nothing. Raises Invalid for a prerequisite of another module, an archived one, one that
    itself needs this flag, or a variant that it has not; Refused when the flag changed since `version`.
    """
    actor.require("rollout.change_flag", "change what a flag needs")
    flag = flag_changes.lock_live(flag, version=version)
    before = definitions.needs(flag)
    flag.prerequisite = prerequisite
    flag.prerequisite_variant = flag_checks.variant_of(prerequisite, variant)
    if faults := flag_checks.of_prerequisite(flag):
        raise Invalid(faults)
    after = definitions.needs(flag)
    if after == before:
        return flag
    flag_changes.save(flag, "prerequisite", "prerequisite_variant")
    records.settle_flags(flag.module)
    return flag_changes.done(flag, "flag.prerequisite_set", actor, data={"before": before, "after": after})


@transaction.atomic
def set_phases(flag: Flag, from_phase: int, selected_from_phase: int | None = None, *, actor: Actor) -> Flag:
    """Say from which phase the whole cohort has a flag, and from which earlier one its selected workspaces.

    Whoever has it follows at once. Raises Invalid as `create` does.
    """
    actor.require("rollout.change_flag", "change from which phase a flag is on")
    flag = flag_changes.lock_live(flag)
    before = {"from_phase": flag.from_phase, "selected_from_phase": flag.selected_from_phase}
    after = {"from_phase": from_phase, "selected_from_phase": selected_from_phase}
    if after == before:
        return flag
    flag.from_phase, flag.selected_from_phase = from_phase, selected_from_phase
    if faults := flag_checks.of_phases(flag):
        raise Invalid(faults)
    flag_changes.save(flag, "from_phase", "selected_from_phase")
    records.settle_flags(flag.module)
    return flag_changes.done(flag, "flag.phases_set", actor, data={"before": before, "after": after})


@transaction.atomic
def schedule(
    flag: Flag, on_from: datetime | None, off_at: datetime | None, *, actor: Actor, reason: str = ""
) -> Flag:
    """Keep a flag off before `on_from` and from `off_at` on, above every override; None: no such limit.

    Raises Invalid unless `off_at` comes after `on_from`.
    """
    actor.require("rollout.change_flag", "schedule a flag")
    reason = check_reason(reason)
    if on_from is not None and off_at is not None and off_at <= on_from:
        raise Invalid({"off_at": "must come after the time from which it is on"})
    flag = flag_changes.lock_live(flag)
    before = {"on_from": flag.on_from, "off_at": flag.off_at}
    after = {"on_from": on_from, "off_at": off_at}
    if after == before:
        return flag
    flag.on_from, flag.off_at = on_from, off_at
    flag_changes.save(flag, "on_from", "off_at")
    records.settle_flags(flag.module)
    data = {"before": before, "after": after}
    return flag_changes.done(flag, "flag.scheduled", actor, reason=reason, data=data)


@transaction.atomic
def kill(flag: Flag, killed: bool, *, actor: Actor, reason: str = "") -> Flag:
    """Turn the kill switch: while it is on, the flag is off for everybody, above every override.

    Raises Refused when it is as asked already.
    """
    actor.require("rollout.kill_flag", "turn a kill switch")
    reason = check_reason(reason)
    flag = flag_changes.lock(flag)
    if flag.killed == killed:
        raise Refused("no_change", f"The kill switch of {flag} is {'on' if killed else 'off'} already.")
    flag.killed = killed
    flag_changes.save(flag, "killed")
    records.settle_flags(flag.module)
    action = "flag.killed" if killed else "flag.revived"
    return flag_changes.done(flag, action, actor, reason=reason)


@transaction.atomic
def hold(flag: Flag, max_percentage: int | None, *, actor: Actor, reason: str = "") -> Flag:
    """Hold a flag back to the first `max_percentage` percent of the eligible (None: as far as the plan).

    Raises Invalid unless it is a whole 0 to 100.
    """
    actor.require("rollout.hold_flag", "hold a flag back")
    reason = check_reason(reason)
    if max_percentage is not None:
        check_percentage(max_percentage)
    flag = flag_changes.lock(flag)
    before = flag.max_percentage
    flag.max_percentage = max_percentage
    flag.hold_key = _hold(facts.state_of(flag.module), max_percentage).key
    flag_changes.save(flag, "max_percentage", "hold_key")
    records.settle_flags(flag.module)
    return flag_changes.done(
        flag, "flag.held", actor, reason=reason, data={"from": before, "to": max_percentage}
    )


@transaction.atomic
def archive(flag: Flag, *, actor: Actor) -> Flag:
    """Put a flag away for good: it answers off, and its rules go, so that they hold no segment.

    Refused while another flag needs it, or when it is done.
    """
    actor.require("rollout.change_flag", "archive a flag")
    flag = flag_changes.lock_live(flag)
    needing = flag.dependents.live().values_list("key", flat=True)
    if needing:
        raise Refused("needed", f"{flag} is needed by {', '.join(needing)}: archive those first.")
    rules = definitions.rules(flag)
    flag.rules.all().delete()
    flag.archived_at = timezone.now()
    flag_changes.save(flag, "archived_at")
    records.settle_flags(flag.module)
    return flag_changes.done(flag, "flag.archived", actor, data={"rules": rules} if rules else None)


def effect(flag: Flag, **values: Any) -> Comparison:
    """What giving these fields of a flag other values would do to who has what."""
    before = facts.state_of(flag.module)
    rows = list(flag.module.flags.all())
    changed = next(row for row in rows if row.pk == flag.pk)
    for name, value in values.items():
        setattr(changed, name, value)
    if "max_percentage" in values:
        changed.hold_key = _hold(before, changed.max_percentage).key
    return Comparison(before, replace(before, flags=facts.flags_of(rows, by_user=before.by_user)))


def _hold(state: State, max_percentage: int | None) -> Cutoff:
    if max_percentage is None or max_percentage >= 100:
        return OPEN
    return cohorts.cutoff_for(state, max_percentage)[0]
