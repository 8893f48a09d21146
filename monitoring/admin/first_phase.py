"""What monitoring adds to the preview of a first phase: were those who get it ill before they had it?"""

from dataclasses import replace

from monitoring import aa_test
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from rollout import gates
from rollout.models import Plan


def with_aa_test(run: Operation) -> Operation:
    """The operation with the A/A test in its preview, where the phase would be the plan's first."""
    plain = run.preview

    def preview(plan: Plan, inputs: Inputs, actor: Actor) -> Preview | None:
        shown = plain(plan, inputs, actor) if plain else None
        following = gates.next_phase(plan)
        if shown is None or following is None or plan.status != Plan.Status.DRAFT:
            return shown
        found = aa_test.of_plan(plan, following.percentage)
        if found is None:
            return shown
        notes = [*shown.context.get("notes", ()), ("Before", found.text)]
        return replace(shown, context={**shown.context, "notes": notes})

    return replace(run, preview=preview)
