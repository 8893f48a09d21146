"""The verbs on a flag for single units: overrides, and the workspaces selected ahead of the others."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import cohorts, facts, flag_changes
from rollout.models import Flag, Override, Selection, Workspace
from rollout.models.workspaces import IDENTIFIER
from rollout.rules.values import OFF

MOST_SELECTED = 10_000


@transaction.atomic
def select(flag: Flag, workspace_ids: Sequence[str], *, actor: Actor) -> int:
    """Select workspaces of the cohort for a flag that starts with selected ones; return how many are new.

    Raises Invalid for ids that are unknown, too many, or not in the cohort, and Refused for a flag that
    has no selection.
    """
    actor.require("rollout.select_units", "select workspaces for a flag")
    flag = flag_changes.lock(flag)
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
    flag_changes.done(flag, "flag.units_selected", actor, data={"selected": new})
    return len(new)


@transaction.atomic
def deselect(flag: Flag, workspace_ids: Sequence[str], *, actor: Actor) -> int:
    """Take workspaces off a flag's selection; return how many were on it."""
    actor.require("rollout.select_units", "select workspaces for a flag")
    flag = flag_changes.lock(flag)
    removed = flag.selections.filter(removed_at=None, workspace__in=workspace_ids).update(
        removed_at=timezone.now()
    )
    flag_changes.done(flag, "flag.units_deselected", actor, data={"deselected": sorted(workspace_ids)})
    return removed


@transaction.atomic
def override(
    flag: Flag,
    unit_id: str,
    value: bool,
    *,
    reason: str,
    actor: Actor,
    expires_at: datetime | None = None,
    variant: str = "",
) -> Override:
    """Turn a flag on or off for one unit, whatever its cohort; an earlier override is replaced.

    `variant` is the one that the unit hears where it is on; empty: by weight. Raises Invalid for a bad unit,
    a missing reason, an expiry that is not in the future, or a variant that the flag has not.
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
    flag = flag_changes.lock(flag)
    if variant and (not value or variant == OFF or not flag.variants.filter(key=variant).exists()):
        raise Invalid({"variant": f"must be a variant of {flag}, and the flag on"})
    row, _ = Override.objects.update_or_create(
        flag=flag,
        unit_id=unit_id,
        defaults={
            "value": value,
            "variant": variant,
            "reason": reason.strip(),
            "expires_at": expires_at,
            "created_at": timezone.now(),
            "created_by": str(actor),
        },
    )
    data = {"unit": unit_id, "value": value, "variant": variant, "expires": expires_at}
    flag_changes.done(flag, "flag.overridden", actor, reason=reason, data=data)
    return row


@transaction.atomic
def remove_override(row: Override, *, actor: Actor) -> None:
    """End an override. Refused when it is gone already."""
    actor.require("rollout.override_flag", "override a flag")
    flag = flag_changes.lock(row.flag)
    if not Override.objects.filter(pk=row.pk).delete()[0]:
        raise Refused("gone", "This override was removed before.")
    flag_changes.done(flag, "flag.override_removed", actor, data={"unit": row.unit_id, "value": row.value})
