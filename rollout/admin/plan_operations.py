"""The verbs on plans as the admin offers them."""

from typing import Any

from operations.actor import Actor
from operations.doors.admin import Inputs, Names, Operation, Preview
from operations.errors import Refused
from rollout import approvals, gates, parts, phases, plans
from rollout.admin import forms
from rollout.admin.previews import TEMPLATE, of_outcome, of_side, units
from rollout.changes import Outcome
from rollout.models import Plan

Status = Plan.Status
STANDING = (Status.RUNNING, Status.COMPLETE)
WAITING = (Status.PAUSED, Status.ROLLED_BACK)


def run_next(
    plan: Plan, inputs: Inputs, actor: Actor, version: int | None, *, dry_run: bool = False
) -> Outcome:
    """Run the plan's next phase: which one that is follows from the version that was shown.

    Raises Refused where no phase is left.
    """
    following = gates.next_phase(plan)
    if following is None:
        raise Refused("no_next_phase", f"{plan} has no phase left to run.")
    override = inputs.get("override", "")
    return phases.run(
        plan, following.number, actor=actor, override=override, version=version, dry_run=dry_run
    )


def set_percentage(
    plan: Plan, inputs: Inputs, actor: Actor, version: int | None, *, dry_run: bool = False
) -> Outcome:
    reason = inputs.get("reason", "")
    return phases.set_percentage(
        plan, inputs.get("percentage", 0), actor=actor, reason=reason, version=version, dry_run=dry_run
    )


def pause(plan: Plan, inputs: Inputs, actor: Actor, version: int | None, *, dry_run: bool = False) -> Outcome:
    return phases.pause(plan, actor=actor, reason=inputs.get("reason", ""), version=version, dry_run=dry_run)


def resume(
    plan: Plan, inputs: Inputs, actor: Actor, version: int | None, *, dry_run: bool = False
) -> Outcome:
    """Resume at the percentage given, or where the plan stands."""
    wanted = inputs.get("percentage")
    percentage = plan.percentage if wanted is None else wanted
    reason = inputs.get("reason", "")
    return phases.resume(plan, percentage, actor=actor, reason=reason, version=version, dry_run=dry_run)


def roll_back(
    plan: Plan, inputs: Inputs, actor: Actor, version: int | None, *, dry_run: bool = False
) -> Outcome:
    reason = inputs.get("reason", "")
    return phases.roll_back(plan, actor=actor, target=inputs.get("target"), reason=reason, dry_run=dry_run)


def complete(
    plan: Plan, inputs: Inputs, actor: Actor, version: int | None, *, dry_run: bool = False
) -> Outcome:
    override = inputs.get("override", "")
    return phases.complete(plan, actor=actor, override=override, version=version, dry_run=dry_run)


def said(outcome: Outcome) -> str:
    """What was done, in one sentence."""
    plan, counts = outcome.plan, outcome.preview
    share = f"{plan.percentage} %"
    if outcome.from_percentage != plan.percentage:
        share = f"{outcome.from_percentage} % to {plan.percentage} %"
    effect = [
        f"{number:,} {verb}" for number, verb in ((counts.gain, "gained"), (counts.lose, "lost")) if number
    ]
    moved = (
        f"{', '.join(effect)} the module" if effect else f"no {units(plan.module)} gained or lost the module"
    )
    return f"{plan}: {plan.get_status_display().lower()} at {share}; {moved}."


class Verb:
    """A function on plans that has a dry run, in the three forms an operation needs."""

    def __init__(self, call: Any) -> None:
        self.call = call

    def perform(self, plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
        return said(self.call(plan, inputs, actor, version))

    def preview(self, plan: Plan, inputs: Inputs, actor: Actor) -> Preview:
        return of_outcome(self.call(plan, _shown(inputs), actor, None, dry_run=True))

    def names(self, plan: Plan, inputs: Inputs, actor: Actor, side: str) -> Names:
        return of_side(self.call(plan, _shown(inputs), actor, None, dry_run=True).comparison, side)


def _shown(inputs: Inputs) -> Inputs:
    """Reasons change nothing of what a verb would do, and an override hides what it overrides."""
    return {name: value for name, value in inputs.items() if name not in ("reason", "override")}


def verb(call: Any, **options: Any) -> Operation:
    found = Verb(call)
    return Operation(perform=found.perform, preview=found.preview, names=found.names, **options)


def approve(plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
    approval = approvals.approve(plan, actor=actor, version=version)
    return f"{plan}: you approved phase {approval.phase_number}."


def archive(plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{plans.archive(plan, actor=actor, version=version)} is archived."


def retire(plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{parts.retire(plan, actor=actor)} is retired: its flag answers off."


def preview_next(plan: Plan, inputs: Inputs, actor: Actor) -> Preview:
    """What the next phase would do: what a second person is asked to approve."""
    following = gates.next_phase(plan)
    if following is None:
        raise Refused("no_next_phase", f"{plan} has no next phase to approve.")
    # Whoever approves need not be one who may run it.
    looking = Actor(door=actor.door, label=actor.label, grants=None)
    return Preview(TEMPLATE, of_outcome(run_next(plan, {}, looking, None, dry_run=True)).context)


def run_label(plan: Plan) -> str:
    following = gates.next_phase(plan)
    return f"Run phase {following.number}" if following else "Run next phase"


OPERATIONS = (
    verb(
        run_next,
        name="run",
        title="Run next phase",
        label=run_label,
        permission=phases.RUN,
        override=phases.OVERRIDE,
        form=forms.OverrideForm,
        offered=lambda plan: (
            plan.status in (Status.DRAFT, Status.RUNNING) and gates.next_phase(plan) is not None
        ),
        icon="play_arrow",
        style="primary",
        on_list=True,
    ),
    Operation(
        name="approve",
        title="Approve next phase",
        permission=approvals.APPROVE,
        perform=approve,
        preview=preview_next,
        offered=lambda plan: plan.needs_approval and gates.next_phase(plan) is not None,
        icon="how_to_reg",
    ),
    verb(
        complete,
        name="complete",
        title="Complete",
        permission=phases.RUN,
        override=phases.OVERRIDE,
        form=forms.OverrideForm,
        offered=lambda plan: plan.status == Status.RUNNING and gates.next_phase(plan) is None,
        icon="done_all",
        style="primary",
    ),
    verb(
        resume,
        name="resume",
        title="Resume",
        permission=phases.RUN,
        form=forms.ResumeForm,
        initial=lambda plan: {"percentage": plan.percentage},
        previewed=("percentage",),
        offered=lambda plan: (
            plan.status in WAITING and (plan.status == Status.PAUSED or plan.module.part_of_id is None)
        ),
        icon="resume",
        style="primary",
        on_list=True,
    ),
    verb(
        pause,
        name="pause",
        title="Pause",
        permission=phases.HALT,
        form=forms.ReasonForm,
        offered=lambda plan: plan.status in STANDING,
        icon="pause",
        note="Nobody new gets the module and nobody loses it, until the plan is resumed.",
        on_list=True,
    ),
    verb(
        set_percentage,
        name="set",
        title="Set percentage",
        permission=phases.HALT,
        form=forms.SetForm,
        previewed=("percentage",),
        offered=lambda plan: plan.status in (Status.DRAFT, *STANDING),
        icon="tune",
        note="By hand, past the gate. The audit trail says what the gate would have said.",
        on_list=True,
    ),
    verb(
        roll_back,
        name="rollback",
        title="Roll back",
        permission=phases.HALT,
        form=forms.RollBackForm,
        initial=lambda plan: {"target": phases.phase_before(plan)},
        previewed=("target",),
        offered=lambda plan: (
            plan.status in (Status.RUNNING, Status.PAUSED, Status.COMPLETE) and plan.percentage > 0
        ),
        icon="undo",
        style="warning",
        note="Afterwards automatic mode is off, and only resume goes on.",
        on_list=True,
    ),
    verb(
        set_percentage,
        name="all-off",
        title="Set to 0: all off",
        permission=phases.HALT,
        form=forms.ReasonForm,
        offered=lambda plan: (
            plan.status != Status.ARCHIVED and not plan.all_off and plan.status != Status.DRAFT
        ),
        icon="emergency_home",
        style="danger",
        note="The emergency off: every flag of the module goes off at once, above every override.",
    ),
    Operation(
        name="archive",
        title="Archive",
        permission="rollout.archive_plan",
        perform=archive,
        offered=lambda plan: (
            plan.status != Status.ARCHIVED and plan.percentage == 0 and plan.module.part_of_id is None
        ),
        icon="archive",
        note="The plan is put away for good, and its module can have a new one. It reaches nobody.",
    ),
    Operation(
        name="retire",
        title="Retire",
        permission="rollout.archive_plan",
        perform=retire,
        offered=lambda plan: (
            plan.module.part_of_id is not None and plan.status in (Status.ROLLED_BACK, Status.COMPLETE)
        ),
        icon="archive",
        style="warning",
        note="The flag and the plan are put away for good, and the flag answers off. See first that the "
        "product asks for it no more.",
    ),
)
