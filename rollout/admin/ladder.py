"""A plan's phases as a ladder: what is done, what runs, what is next and what refuses it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from rollout import gates
from rollout.admin import criteria
from rollout.gates import Reason
from rollout.models import Phase, Plan

DONE, HERE, NEXT, LATER = "done", "here", "next", "later"


@dataclass(frozen=True)
class Rung:
    """One phase as the page shows it."""

    phase: Phase
    state: str
    label: str
    ran_at: datetime | None
    criteria: Sequence[str]
    timing: str
    refused: Sequence[Reason] = field(default=())


def ladder(plan: Plan, refused: Sequence[Reason]) -> list[Rung]:
    """The rungs in order; `refused` is what stands against the next one."""
    current, following = gates.current_phase(plan), gates.next_phase(plan)
    ran = dict(
        plan.runs.filter(operation="phase").order_by().values_list("phase_number").annotate(at=Max("at"))
    )
    rungs = []
    for phase in plan.phases.all():
        state, label = _place(plan, phase, current, following, closed=bool(refused))
        rungs.append(
            Rung(
                phase=phase,
                state=state,
                label=label,
                ran_at=ran.get(phase.number),
                criteria=criteria.in_words(phase),
                timing=criteria.timing(phase),
                refused=refused if state == NEXT else (),
            )
        )
    return rungs


def _place(
    plan: Plan, phase: Phase, current: Phase | None, following: Phase | None, *, closed: bool
) -> tuple[str, str]:
    if current is not None and phase.pk == current.pk:
        return HERE, str(Plan.Status(plan.status).label)
    if following is not None and phase.pk == following.pk:
        return NEXT, "Next: closed" if closed else "Next: open"
    if current is not None and phase.percentage < current.percentage:
        return DONE, "Done"
    return LATER, "Later"
