"""What every verb on a plan shares: the lock, the preview, the writing, the record and the audit event."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import facts, gates, records
from rollout.cohorts import Comparison, Preview
from rollout.facts import State
from rollout.gates import Reason
from rollout.models import PhaseRun, Plan
from rollout.topics import FLAGS

LONGEST_REASON = 2_000


@dataclass(frozen=True)
class Outcome:
    """What a verb did, or with `dry_run` would do; `refused` then lists what forbids it now."""

    plan: Plan
    operation: str
    from_percentage: int
    to_percentage: int
    preview: Preview
    comparison: Comparison
    refused: tuple[Reason, ...] = ()
    dry_run: bool = False
    run: PhaseRun | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One verb's change to a plan, decided under the lock and not yet written."""

    operation: PhaseRun.Operation
    action: str
    values: dict[str, Any]
    phase_number: int | None = None
    reason: str = ""
    refused: Sequence[Reason] = ()
    override: bool = False
    data: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=timezone.now)


def lock(plan: Plan, *, version: int | None, dry_run: bool) -> Plan:
    """The plan as it is now, locked unless this is a dry run.

    `version` is what the asker was shown; Refused when the plan changed since, None when it doesn't matter;
    Refused as well when the plan is archived.
    """
    plans = Plan.objects.select_related("module").prefetch_related("phases", "module__flags")
    if not dry_run:
        plans = plans.select_for_update(of=("self",))
    current = plans.get(pk=plan.pk)
    if current.status == Plan.Status.ARCHIVED:
        raise Refused("archived", f"{current} is archived.")
    if version is not None and version != current.version:
        raise Refused(
            "stale",
            f"{current} changed since this was shown (version {version}, now {current.version}): look again.",
        )
    return current


def check_percentage(percentage: object) -> None:
    """Raise Invalid unless `percentage` is a whole number from 0 to 100."""
    if isinstance(percentage, bool) or not isinstance(percentage, int) or not 0 <= percentage <= 100:
        raise Invalid({"percentage": "must be a whole number from 0 to 100"})


def check_reason(reason: str, field: str = "reason") -> str:
    """The reason without surrounding space; Invalid when it is too long."""
    if len(reason) > LONGEST_REASON:
        raise Invalid({field: f"must have at most {LONGEST_REASON} characters"})
    return reason.strip()


def carry_out(plan: Plan, change: Change, *, actor: Actor, dry_run: bool) -> Outcome:
    """Write `change` to the locked `plan`, with its record and its one audit event; or only preview it.

    Raises Refused with the first of the change's reasons, and with all of them in the message, unless they
    may all be overridden and `change.override` says so.
    """
    before = facts.state_with(plan)
    comparison = Comparison(before, _after(before, plan, change.values))
    outcome = Outcome(
        plan=plan,
        operation=change.operation.value,
        from_percentage=plan.percentage,
        to_percentage=change.values.get("percentage", plan.percentage),
        preview=comparison.preview(),
        comparison=comparison,
        refused=_standing(change),
        dry_run=dry_run,
    )
    if dry_run:
        return outcome
    if outcome.refused:
        first = outcome.refused[0]
        raise Refused(first.code, " ".join(reason.message for reason in outcome.refused))
    return replace(outcome, run=_write(plan, change, outcome, actor))


def _standing(change: Change) -> tuple[Reason, ...]:
    if change.override and all(reason.can_override for reason in change.refused):
        return ()
    return tuple(change.refused)


def _after(before: State, plan: Plan, values: dict[str, Any]) -> State:
    """The state after `values`. A pause that begins now takes nobody in or out: it stands as it is."""
    changed = copy(plan)
    for name, value in values.items():
        setattr(changed, name, value)
    after = facts.plan_of(changed)
    return replace(before, plan=replace(after, paused=after.paused and before.plan.paused))


def _write(plan: Plan, change: Change, outcome: Outcome, actor: Actor) -> PhaseRun:
    if change.operation == PhaseRun.Operation.PAUSE:
        # Whoever is in by the rule at this moment stays in while the pause lasts.
        records.settle(plan.module, now=change.at)
    for name, value in {**change.values, "version": plan.version + 1}.items():
        setattr(plan, name, value)
    plan.save(update_fields=[*change.values, "version"])
    records.settle(plan.module, now=change.at)
    overridden = [reason.code for reason in change.refused]
    run = PhaseRun.objects.create(
        plan=plan,
        operation=change.operation,
        phase_number=change.phase_number,
        from_percentage=outcome.from_percentage,
        to_percentage=plan.percentage,
        gain=outcome.preview.gain,
        lose=outcome.preview.lose,
        plan_version=plan.version,
        verdict=gates.latest_verdict(plan),
        overridden=overridden,
        at=change.at,
        by=str(actor),
    )
    data = {
        "module": plan.module.key,
        "phase": change.phase_number,
        "from": outcome.from_percentage,
        "to": plan.percentage,
        "gain": outcome.preview.gain,
        "lose": outcome.preview.lose,
        "version": plan.version,
        "overridden": overridden,
        **change.data,
    }
    audit.record(change.action, actor=actor, subject=plan, data=data, reason=change.reason)
    feed.announce(FLAGS)
    return run
