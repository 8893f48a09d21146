"""How much each criterion of the Phase 2 plan counts."""

from django.db import transaction

from feedback.models import PlanWeights
from feedback.planning.ranking import CRITERIA
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused

PERMISSION = "feedback.change_enhancement"
MOST = 1_000


def current() -> PlanWeights:
    """The weights as they are."""
    return PlanWeights.objects.get()


def as_dict(weights: PlanWeights) -> dict[str, int]:
    """Each criterion's weight by its name."""
    return {name: getattr(weights, name) for name in CRITERIA}


@transaction.atomic
def set_weights(*, actor: Actor, impact: int, value: int, feasibility: int, fit: int) -> PlanWeights:
    """Let each criterion count this much, in parts of their sum; 0 leaves one out.

    Raises Invalid, and Refused when they are like that already.
    """
    actor.require(PERMISSION, "set the weights of the Phase 2 plan")
    wanted = {"impact": impact, "value": value, "feasibility": feasibility, "fit": fit}
    faults = {
        name: f"must be a whole number from 0 to {MOST:,}"
        for name, weight in wanted.items()
        if not 0 <= weight <= MOST
    }
    if not faults and not any(wanted.values()):
        faults["impact"] = "at least one criterion must count"
    if faults:
        raise Invalid(faults)
    weights = PlanWeights.objects.select_for_update().get()
    before = as_dict(weights)
    if before == wanted:
        raise Refused("unchanged", "The weights are like that already.")
    for name, weight in wanted.items():
        setattr(weights, name, weight)
    weights.save(update_fields=list(wanted))
    audit.record("plan.weights_set", actor=actor, subject=weights, data={"before": before, "after": wanted})
    return weights
