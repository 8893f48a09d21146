"""What a change of the workspaces does to the cohorts: who enters, who leaves, and how much is too much."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from operations.errors import Refused
from rollout import cohorts, facts, records
from rollout.cohorts import FIRST_NAMES
from rollout.imports.results import ModuleEffect
from rollout.models import Enrolment, Plan
from rollout.populations import Unit

# In percent of a cohort: taking the module from more than this by an import asks for a confirmation.
MOST_LOSS = 5


@dataclass(frozen=True)
class Watched:
    """A locked plan with the size of its cohort before the change."""

    plan: Plan
    size: int


def watch() -> list[Watched]:
    """Lock every live plan, in one order, and settle its record as it stands.

    Whoever writes workspaces calls this first: it changes who is in, and it lets one at a time do so.
    """
    plans = Plan.objects.live().select_related("module").select_for_update(of=("self",)).order_by("pk")
    watched = []
    for plan in plans:
        records.settle(plan.module)
        watched.append(Watched(plan, Enrolment.objects.open().filter(plan=plan).count()))
    return watched


def settle(watched: Iterable[Watched]) -> tuple[ModuleEffect, ...]:
    """Settle the record after the change; return what it did to each module whose units are workspaces."""
    return tuple(
        _effect(each.plan) for each in watched if each.plan.module.unit == each.plan.module.Unit.WORKSPACE
    )


def _effect(plan: Plan) -> ModuleEffect:
    # After any stay that ended while the plan was watched, even when the clock stands still.
    now = timezone.now() + timedelta(microseconds=1)
    entered, left = records.settle(plan.module, now=now)
    shares = cohorts.shares(facts.state_of(plan.module))
    gone = Enrolment.objects.filter(plan=plan, left_at=now).select_related("workspace").order_by("-order_key")
    return ModuleEffect(
        module=plan.module.key,
        name=plan.module.name,
        eligible=shares.eligible,
        enabled=shares.enabled,
        gain=entered,
        lose=left,
        losing=tuple(Unit(stay.workspace.pk, stay.workspace.name) for stay in gone[:FIRST_NAMES]),
    )


def too_much(watched: Iterable[Watched], effects: Iterable[ModuleEffect]) -> Refused | None:
    """The refusal of a change that takes a module from more than 5 % of its cohort; None where none does."""
    sizes = {each.plan.module.key: each.size for each in watched}
    for effect in effects:
        size = sizes[effect.module]
        if effect.lose * 100 > MOST_LOSS * size:
            share = 100 * effect.lose / size
            return Refused(
                "cohort_loss",
                f"This would take {effect.name} from {effect.lose:,} of the {size:,} workspaces that have it "
                f"({share:.1f} %, and more than {MOST_LOSS} % asks for a confirmation). Look at who loses it "
                "in a dry run, then do it again and confirm the loss.",
            )
    return None
