"""The verbs on flags: kill switch, hold, selection, overrides, archive.

Each locks the module's live plan first, so that a flag's record and its plan's cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import cohorts, facts, records
from rollout.changes import check_percentage, check_reason
from rollout.cohorts import Comparison
from rollout.facts import State
from rollout.models import Flag, Override, Selection, Workspace
from rollout.models.workspaces import IDENTIFIER
from rollout.modules import lock_plan
from rollout.ordering import OPEN, Cutoff
from rollout.reach import FlagFacts

MOST_SELECTED = 10_000
LONGEST_NAME = 100


@transaction.atomic
def kill(flag: Flag, killed: bool, *, actor: Actor, reason: str = "") -> Flag:
    """Turn the kill switch: while it is on, the flag is off for everybody, above every override.

    Raises Refused when it is as asked already.
    """
    actor.require("rollout.kill_flag", "turn a kill switch")
    reason = check_reason(reason)
    flag = _locked(flag)
    if flag.killed == killed:
        raise Refused("no_change", f"The kill switch of {flag} is {'on' if killed else 'off'} already.")
    flag.killed = killed
    flag.save(update_fields=["killed"])
    records.settle(flag.module)
    action = "flag.killed" if killed else "flag.revived"
    return _done(flag, action, actor, reason=reason)


@transaction.atomic
def hold(flag: Flag, max_percentage: int | None, *, actor: Actor, reason: str = "") -> Flag:
    """Hold a flag back to the first `max_percentage` percent of the eligible (None: as far as the plan).

    Raises Invalid unless it is a whole 0 to 100.
    """
    actor.require("rollout.hold_flag", "hold a flag back")
    reason = check_reason(reason)
    if max_percentage is not None:
        check_percentage(max_percentage)
    flag = _locked(flag)
    before = flag.max_percentage
    flag.max_percentage = max_percentage
    flag.hold_key = _hold(facts.state_of(flag.module), max_percentage).key
    flag.save(update_fields=["max_percentage", "hold_key"])
    records.settle(flag.module)
    return _done(flag, "flag.held", actor, reason=reason, data={"from": before, "to": max_percentage})


@transaction.atomic
def describe(flag: Flag, *, name: str, description: str, actor: Actor) -> Flag:
    """Change what people read about a flag. Raises Invalid for a name that is empty or longer than 100."""
    actor.require("rollout.change_flag", "describe a flag")
    name, description = name.strip(), description.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid({"name": f"must have 1 to {LONGEST_NAME} characters"})
    flag = _locked(flag)
    wanted = {"name": name, "description": description}
    changed: dict[str, object] = {key: value for key, value in wanted.items() if getattr(flag, key) != value}
    if not changed:
        return flag
    for field, value in changed.items():
        setattr(flag, field, value)
    flag.save(update_fields=list(changed))
    return _done(flag, "flag.described", actor, data=changed)


@transaction.atomic
def archive(flag: Flag, *, actor: Actor) -> Flag:
    """Put a flag away for good: it answers off. Refused while another flag needs it, or when it is done."""
    actor.require("rollout.change_flag", "archive a flag")
    flag = _locked(flag)
    if flag.archived_at is not None:
        raise Refused("archived", f"{flag} is archived.")
    needing = flag.dependents.live().values_list("key", flat=True)
    if needing:
        raise Refused("needed", f"{flag} is needed by {', '.join(needing)}: archive those first.")
    flag.archived_at = timezone.now()
    flag.save(update_fields=["archived_at"])
    records.settle(flag.module)
    return _done(flag, "flag.archived", actor)


@transaction.atomic
def select(flag: Flag, workspace_ids: Sequence[str], *, actor: Actor) -> int:
    """Select workspaces of the cohort for a flag that starts with selected ones; return how many are new.

    Raises Invalid for ids that are unknown, too many, or not in the cohort, and Refused for a flag that
    has no selection.
    """
    actor.require("rollout.select_units", "select workspaces for a flag")
    flag = _locked(flag)
    if flag.selected_from_phase is None:
        raise Refused("no_selection", f"{flag} is not given to selected workspaces.")
    wanted = set(workspace_ids)
    if not 0 < len(wanted) <= MOST_SELECTED:
        raise Invalid({"workspaces": f"must name 1 to {MOST_SELECTED:,} workspaces"})
    cohort = cohorts.members(facts.state_of(flag.module)).filter(pk__in=wanted).values_list("pk", flat=True)
    outside = sorted(wanted - set(cohort))
    if outside:
        known = set(Workspace.objects.filter(pk__in=outside).values_list("pk", flat=True))
        why = [f"{pk} ({'not in the cohort' if pk in known else 'unknown'})" for pk in outside[:20]]
        raise Invalid({"workspaces": f"must all be in the cohort: {', '.join(why)}"})
    had = flag.selections.filter(removed_at=None, workspace__in=wanted).values_list("workspace_id", flat=True)
    new = sorted(wanted - set(had))
    Selection.objects.bulk_create(Selection(flag=flag, workspace_id=pk) for pk in new)
    _done(flag, "flag.units_selected", actor, data={"selected": new})
    return len(new)


@transaction.atomic
def deselect(flag: Flag, workspace_ids: Sequence[str], *, actor: Actor) -> int:
    """Take workspaces off a flag's selection; return how many were on it."""
    actor.require("rollout.select_units", "select workspaces for a flag")
    flag = _locked(flag)
    removed = flag.selections.filter(removed_at=None, workspace__in=workspace_ids).update(
        removed_at=timezone.now()
    )
    _done(flag, "flag.units_deselected", actor, data={"deselected": sorted(workspace_ids)})
    return removed


@transaction.atomic
def override(
    flag: Flag, unit_id: str, value: bool, *, reason: str, actor: Actor, expires_at: datetime | None = None
) -> Override:
    """Turn a flag on or off for one unit, whatever its cohort; an earlier override is replaced.

    Raises Invalid for a bad unit, a missing reason, or an expiry that is not in the future.
    """
    actor.require("rollout.override_flag", "override a flag")
    faults = {}
    try:
        IDENTIFIER(unit_id)
    except ValidationError as error:
        faults["unit"] = error.messages[0]
    if not 0 < len(reason.strip()) <= 500:
        faults["reason"] = "must have 1 to 500 characters"
    if expires_at is not None and expires_at <= timezone.now():
        faults["expires_at"] = "must lie in the future"
    if faults:
        raise Invalid(faults)
    flag = _locked(flag)
    row, _ = Override.objects.update_or_create(
        flag=flag,
        unit_id=unit_id,
        defaults={
            "value": value,
            "reason": reason.strip(),
            "expires_at": expires_at,
            "created_at": timezone.now(),
            "created_by": str(actor),
        },
    )
    data = {"unit": unit_id, "value": value, "expires": expires_at}
    _done(flag, "flag.overridden", actor, reason=reason, data=data)
    return row


@transaction.atomic
def remove_override(row: Override, *, actor: Actor) -> None:
    """End an override. Refused when it is gone already."""
    actor.require("rollout.override_flag", "override a flag")
    flag = _locked(row.flag)
    if not Override.objects.filter(pk=row.pk).delete()[0]:
        raise Refused("gone", "This override was removed before.")
    _done(flag, "flag.override_removed", actor, data={"unit": row.unit_id, "value": row.value})


def effect(flag: Flag, *, killed: bool | None = None, max_percentage: int | None = None) -> Comparison:
    """What turning the kill switch, or holding the flag back, would do."""
    before = facts.state_of(flag.module)

    def changed(found: FlagFacts) -> FlagFacts:
        if found.prerequisite is not None:
            found = replace(found, prerequisite=changed(found.prerequisite))
        if found.key != flag.key:
            return found
        if killed is not None:
            return replace(found, killed=killed)
        return replace(found, max_percentage=max_percentage, hold=_hold(before, max_percentage))

    return Comparison(before, replace(before, flags=tuple(changed(found) for found in before.flags)))


def _hold(state: State, max_percentage: int | None) -> Cutoff:
    if max_percentage is None or max_percentage >= 100:
        return OPEN
    return cohorts.cutoff_for(state, max_percentage)[0]


def _locked(flag: Flag) -> Flag:
    lock_plan(flag.module)
    return Flag.objects.select_for_update(of=("self",)).select_related("module").get(pk=flag.pk)


def _done(
    flag: Flag, action: str, actor: Actor, *, reason: str = "", data: dict[str, object] | None = None
) -> Flag:
    audit.record(
        action, actor=actor, subject=flag, reason=reason, data={"module": flag.module.key, **(data or {})}
    )
    return flag
