"""The rollout plan of a step's release."""

from releases.models import Step
from rollout.models import Plan


def of(step: Step) -> Plan:
    """The plan as it is now, with its module and phases. Raises Plan.DoesNotExist in staging."""
    plans = Plan.objects.select_related("module").prefetch_related("phases")
    return plans.get(deployments=step.deployment_id)
