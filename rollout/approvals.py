"""A second person's consent to a phase."""

from django.db import transaction

from operations import audit
from operations.actor import Actor
from operations.errors import Forbidden, Refused
from rollout import gates
from rollout.changes import lock
from rollout.models import Approval, Plan

APPROVE = "rollout.approve_phase"


@transaction.atomic
def approve(plan: Plan, *, actor: Actor, version: int | None = None) -> Approval:
    """Approve the plan's next phase, as the plan stands now: any change to the plan asks anew.

    Only a person who signed in can approve. Raises Forbidden for anybody else, Refused when there is no
    next phase, when the plan does not ask for approvals, or when this person approved before.
    """
    if actor.user is None:
        raise Forbidden(f"{actor} is nobody who signed in: only a person can approve.")
    actor.require(APPROVE, "approve phases")
    plan = lock(plan, version=version, dry_run=False)
    following = gates.next_phase(plan)
    if following is None:
        raise Refused("no_next_phase", f"{plan} has no next phase to approve.")
    if not plan.needs_approval:
        raise Refused("no_approval_needed", f"{plan} does not ask for approvals.")
    approval, created = Approval.objects.get_or_create(
        plan=plan,
        plan_version=plan.version,
        phase_number=following.number,
        user_id=actor.user.pk,
        defaults={"username": actor.user.get_username()},
    )
    if not created:
        raise Refused("approved_before", f"You approved phase {following.number} already.")
    audit.record("rollout.phase_approved", actor=actor, subject=plan, data={"phase": following.number})
    return approval
