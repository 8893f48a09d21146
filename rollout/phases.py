"""The verbs on a rollout plan (SPEC 3.5): run, set, pause, resume, roll back, complete.

Each locks the plan, guards, writes, settles the record and leaves one audit event. `dry_run=True` returns
what it would do and what refuses it, and writes nothing. `version` is the plan's version that the asker
was shown; lowering goes on whatever it was.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Invalid
from rollout import cohorts, facts, gates
from rollout.changes import Change, Outcome, carry_out, check_percentage, check_reason, lock
from rollout.cohorts import Shares
from rollout.gates import Reason
from rollout.models import Phase, PhaseRun, Plan
from rollout.rules.ordering import NONE, Cutoff, moved

RUN = "rollout.run_phase"
HALT = "rollout.halt_plan"
RAISE = "rollout.raise_percentage"
OVERRIDE = "rollout.override_gate"

# Automatic mode looks again this long after it ran a phase (the rollout guide's "sleep 7200").
RECHECK_AFTER = timedelta(hours=2)

Operation = PhaseRun.Operation
Status = Plan.Status


@transaction.atomic
def run(
    plan: Plan,
    number: int,
    *,
    actor: Actor,
    override: str = "",
    version: int | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Run phase `number`: its percentage, and the flags that start with it.

    Raises Invalid for a number the plan does not have, Refused with every reason of the gate
    (`gates.may_run`), and Forbidden without the permission, or to override without that one. An `override`
    is a written reason that opens a gate closed by time, verdict, drift or a window, never one closed by
    the plan's state, the order of the phases or a missing approval.
    """
    actor.require(RUN, "run phases")
    override = check_reason(override, "override")
    plan = lock(plan, version=version, dry_run=dry_run)
    phase = _phase(plan, number)
    shares = cohorts.shares(facts.state_with(plan))
    cutoff = _cutoff(plan, phase.percentage, shares)
    reasons = gates.may_run(plan, number, actor=actor, shares=shares)
    _check_override(actor, override)
    change = Change(
        operation=Operation.PHASE,
        action="rollout.phase_run",
        values=_ramp(plan, phase.percentage, cutoff, status=Status.RUNNING) | _recheck(plan),
        phase_number=number,
        reason=override,
        refused=reasons,
        override=bool(override),
    )
    return carry_out(plan, change, actor=actor, dry_run=dry_run)


@transaction.atomic
def set_percentage(
    plan: Plan,
    percentage: int,
    *,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Set the percentage by hand. 0 turns every flag of the module off, above every override.

    Lowering is never refused. Raising, or counting the same percentage anew, asks for a permission of its
    own and not for the gate; a freeze refuses it, and so does a plan that waits for `resume`. The audit
    event says what the gate would have said. Raises Invalid unless `percentage` is a whole 0 to 100.
    """
    check_percentage(percentage)
    reason = check_reason(reason)
    raising = percentage >= plan.percentage and percentage > 0
    actor.require(HALT, "set the percentage")
    plan = lock(plan, version=version if raising else None, dry_run=dry_run)
    if percentage >= plan.percentage and percentage > 0:
        refused = []
        if plan.status in (Status.PAUSED, Status.ROLLED_BACK):
            state = plan.get_status_display().lower()
            instead = Reason(plan.status, f"{plan} is {state}: resume it at {percentage} % instead.")
            refused = _not_to_resume(plan) or [instead]
        change = replace(_raise(plan, percentage, actor, refused), reason=reason)
        return carry_out(plan, change, actor=actor, dry_run=dry_run)
    values = _ramp(plan, percentage, _cutoff(plan, percentage), status=_lowered_status(plan))
    if percentage == 0:
        values |= {"all_off": True, "automatic": False}
    change = Change(operation=Operation.SET, action="rollout.percentage_set", values=values, reason=reason)
    return carry_out(plan, change, actor=actor, dry_run=dry_run)


@transaction.atomic
def pause(
    plan: Plan, *, actor: Actor, reason: str = "", version: int | None = None, dry_run: bool = False
) -> Outcome:
    """Freeze the cohort: nobody new gets the module, nobody loses it. Refused unless running or complete."""
    actor.require(HALT, "pause a plan")
    reason = check_reason(reason)
    plan = lock(plan, version=version, dry_run=dry_run)
    refused = []
    if plan.status not in (Status.RUNNING, Status.COMPLETE):
        refused.append(
            Reason(plan.status, f"{plan} is {plan.get_status_display().lower()}: it cannot be paused.")
        )
    now = timezone.now()
    change = Change(
        operation=Operation.PAUSE,
        action="rollout.paused",
        values={"status": Status.PAUSED, "paused_at": now, "recheck_at": None},
        reason=reason,
        refused=refused,
        at=now,
    )
    return carry_out(plan, change, actor=actor, dry_run=dry_run)


@transaction.atomic
def resume(
    plan: Plan,
    percentage: int,
    *,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Go on after a pause or a rollback, at `percentage`; the newcomers who waited are let in.

    Above where the plan was this is raising by hand, with its permission and its rules. Raises Invalid
    unless `percentage` is a whole 0 to 100, Refused when the plan neither is paused nor was rolled back, or
    is that of a part, such as a release, which goes back as a whole.
    """
    check_percentage(percentage)
    actor.require(RUN, "resume a plan")
    reason = check_reason(reason)
    plan = lock(plan, version=version, dry_run=dry_run)
    refused = _not_to_resume(plan)
    if percentage > plan.percentage:
        change = _raise(plan, percentage, actor, refused)
        change = replace(change, operation=Operation.RESUME, action="rollout.resumed", reason=reason)
        return carry_out(plan, change, actor=actor, dry_run=dry_run)
    cutoff = plan.cutoff if percentage == plan.percentage else _cutoff(plan, percentage)
    change = Change(
        operation=Operation.RESUME,
        action="rollout.resumed",
        values=_ramp(plan, percentage, cutoff, status=Status.RUNNING),
        reason=reason,
        refused=refused,
    )
    return carry_out(plan, change, actor=actor, dry_run=dry_run)


@transaction.atomic
def roll_back(
    plan: Plan,
    *,
    actor: Actor,
    target: int | None = None,
    all_off: bool = False,
    reason: str = "",
    dry_run: bool = False,
) -> Outcome:
    """Take the module back to `target` percent (default: the phase before the one `plan` was read at).

    The target counts from the plan as the asker saw it, so that a rollback never lands higher than meant.
    With `all_off` it is 0, and every flag of the module is off above every override. Never refused for a
    freeze, a verdict or a newer version. Afterwards automatic mode is off and only `resume` goes on. Raises
    Invalid for a target above the percentage, Refused for an archived plan, and for a draft but to turn off.
    """
    actor.require(HALT, "roll a plan back")
    reason = check_reason(reason)
    if all_off and target:
        raise Invalid({"target": "must be 0 where everything is turned off"})
    if target is None:
        target = 0 if all_off else phase_before(plan)
    check_percentage(target)
    if target > plan.percentage:
        raise Invalid(
            {"target": f"must not be above the plan's {plan.percentage} %: a rollback never raises"}
        )
    plan = lock(plan, version=None, dry_run=dry_run)
    refused = []
    if plan.status == Status.DRAFT and not all_off:
        refused.append(
            Reason(plan.status, f"{plan} is {plan.get_status_display().lower()}: nothing to roll back.")
        )
    percentage = min(target, plan.percentage)
    cutoff = plan.cutoff if percentage == plan.percentage else _cutoff(plan, percentage)
    values = _ramp(plan, percentage, cutoff, status=Status.ROLLED_BACK) | {"automatic": False}
    change = Change(
        operation=Operation.ROLLBACK,
        action="rollout.rolled_back",
        values=values | {"all_off": True} if all_off else values,
        reason=reason,
        refused=refused,
    )
    return carry_out(plan, change, actor=actor, dry_run=dry_run)


@transaction.atomic
def complete(
    plan: Plan, *, actor: Actor, override: str = "", version: int | None = None, dry_run: bool = False
) -> Outcome:
    """Declare a plan complete: the last phase's criteria held. Refused as `gates.may_complete` says."""
    actor.require(RUN, "complete a plan")
    override = check_reason(override, "override")
    plan = lock(plan, version=version, dry_run=dry_run)
    _check_override(actor, override)
    change = Change(
        operation=Operation.COMPLETE,
        action="rollout.completed",
        values={"status": Status.COMPLETE, "recheck_at": None},
        reason=override,
        refused=gates.may_complete(plan),
        override=bool(override),
    )
    return carry_out(plan, change, actor=actor, dry_run=dry_run)


def _not_to_resume(plan: Plan) -> list[Reason]:
    if plan.status == Status.ROLLED_BACK and plan.module.part_of_id is not None:
        return [Reason("taken_back", f"{plan} was taken back: what is mended ships as the next release.")]
    if plan.status in (Status.PAUSED, Status.ROLLED_BACK):
        return []
    state = plan.get_status_display().lower()
    return [Reason(plan.status, f"{plan} is {state}: there is nothing to resume.")]


def phase_before(plan: Plan) -> int:
    """The percentage of the highest phase below where the plan is, 0 below the first."""
    return max((p.percentage for p in plan.phases.all() if p.percentage < plan.percentage), default=0)


def _raise(plan: Plan, percentage: int, actor: Actor, refused: list[Reason]) -> Change:
    """Raising by hand: past the gate, but with what the gate would have said on the record."""
    actor.require(RAISE, "raise the percentage by hand")
    shares = cohorts.shares(facts.state_with(plan))
    cutoff = _cutoff(plan, percentage, shares)
    following = gates.next_phase(plan)
    known = gates.know([plan])[plan.pk]
    gate: list[Reason] = []
    if following:
        gate = gates.may_run(plan, following.number, actor=actor, shares=shares, known=known)
    return Change(
        operation=Operation.SET,
        action="rollout.percentage_set",
        values=_ramp(plan, percentage, cutoff, status=Status.RUNNING),
        refused=refused + gates.windows(known.windows) + gates.nobody_eligible(plan, shares),
        data={"gate": [reason.message for reason in gate]},
    )


def _ramp(plan: Plan, percentage: int, reaching: Cutoff, *, status: str) -> dict[str, Any]:
    """What changes with the percentage. The soak begins anew, and the all-off switch ends above 0 %."""
    cutoff = moved(plan.cutoff, reaching, old_percentage=plan.percentage, percentage=percentage)
    now = timezone.now()
    return {
        "percentage": percentage,
        "status": status,
        "cutoff_key": cutoff.key,
        "cutoff_open": cutoff.is_open,
        "all_off": plan.all_off and percentage == 0,
        "share_changed_at": now,
        "started_at": plan.started_at or (now if percentage else None),
        "paused_at": plan.paused_at if status == Status.PAUSED else None,
        "recheck_at": None,
    }


def _recheck(plan: Plan) -> dict[str, Any]:
    return {"recheck_at": timezone.now() + RECHECK_AFTER} if plan.automatic else {}


def _cutoff(plan: Plan, percentage: int, shares: Shares | None = None) -> Cutoff:
    if percentage == 0:
        return NONE
    counted = shares.eligible if shares else None
    return cohorts.cutoff_for(facts.state_with(plan), percentage, counted)[0]


def _lowered_status(plan: Plan) -> str:
    return Status.RUNNING if plan.status == Status.COMPLETE else plan.status


def _phase(plan: Plan, number: int) -> Phase:
    for phase in plan.phases.all():
        if phase.number == number:
            return phase
    known = ", ".join(str(phase.number) for phase in plan.phases.all())
    raise Invalid({"phase": f"must be one of {known}"})


def _check_override(actor: Actor, override: str) -> None:
    if override:
        actor.require(OVERRIDE, "override the gate")
