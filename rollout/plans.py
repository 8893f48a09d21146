"""Configuring and archiving plans: what is not the ramp itself."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import records
from rollout.changes import lock
from rollout.models import Plan
from rollout.topics import FLAGS

CONFIGURABLE = ("name", "automatic", "needs_approval", "breach_policy")


@transaction.atomic
def configure(
    plan: Plan, *, actor: Actor, version: int | None = None, reason: str = "", **values: Any
) -> Plan:
    """Change a plan's name, automatic mode, need for approval or breach policy.

    Raises Invalid for anything else or a bad value, Refused when the plan changed since `version`.
    """
    actor.require("rollout.change_plan", "configure a plan")
    faults = {
        name: f"must be one of {', '.join(CONFIGURABLE)}" for name in values if name not in CONFIGURABLE
    }
    if "breach_policy" in values and values["breach_policy"] not in Plan.BreachPolicy.values:
        faults["breach_policy"] = f"must be one of {', '.join(Plan.BreachPolicy.values)}"
    if "name" in values and not 0 < len(values["name"].strip()) <= 100:
        faults["name"] = "must have 1 to 100 characters"
    if faults:
        raise Invalid(faults)
    plan = lock(plan, version=version, dry_run=False)
    changed = {name: value for name, value in values.items() if getattr(plan, name) != value}
    if not changed:
        return plan
    before = {name: getattr(plan, name) for name in changed}
    for name, value in {**changed, "version": plan.version + 1}.items():
        setattr(plan, name, value)
    plan.save(update_fields=[*changed, "version"])
    data = {"before": before, "after": changed}
    audit.record("plan.configured", actor=actor, subject=plan, data=data, reason=reason)
    feed.announce(FLAGS)
    return plan


@transaction.atomic
def archive(plan: Plan, *, actor: Actor, version: int | None = None) -> Plan:
    """Put a plan that reaches nobody away, so that its module can have a new one.

    Raises Refused while the plan gives the module to anybody, or when it is archived.
    """
    actor.require("rollout.archive_plan", "archive a plan")
    plan = lock(plan, version=version, dry_run=False)
    if plan.percentage:
        raise Refused(
            "in_use", f"{plan} is at {plan.percentage} %: set it to 0 % or roll it back to 0 % first."
        )
    plan.status = Plan.Status.ARCHIVED
    plan.version += 1
    plan.paused_at = plan.recheck_at = None
    plan.automatic = False
    plan.enrolments.open().update(left_at=timezone.now())
    plan.save(update_fields=["status", "version", "paused_at", "recheck_at", "automatic"])
    records.settle(plan.module)
    audit.record("plan.archived", actor=actor, subject=plan)
    feed.announce(FLAGS)
    return plan
