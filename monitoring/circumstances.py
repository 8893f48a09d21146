"""What stands around a check beside its vitals: adoption, flags, other changes, what earlier checks found."""

from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.membership import Membership
from monitoring.models import HealthCheck
from monitoring.sources.base import Source
from monitoring.vitals import Adoption
from rollout import facts
from rollout.models import Phase, Plan
from rollout.reports import SETTLED_AFTER

# Over which days a settled workspace may have used the module (SPEC 4.1).
ADOPTED_WITHIN = timedelta(days=7)
# Another change is named with a breach when it happened within the longest window that a check looks at.
OVERLAPS = timedelta(days=1)


def adoption(source: Source, membership: Membership, slot: datetime) -> Adoption | None:
    """How many of the settled workspaces used the module; None where the source cannot tell, or for users."""
    if membership.by_user:
        return None
    used = source.used_since(slot - ADOPTED_WITHIN)
    if used is None:
        return None
    settled = {pk for pk, entered in membership.cohort.items() if entered <= slot - SETTLED_AFTER}
    return Adoption(used=len(settled & used), settled=len(settled))


def all_flags_reach_the_cohort(plan: Plan) -> bool:
    """Whether every live flag of the module goes as far as the plan itself."""
    state = facts.state_with(plan)
    reaches = [state.reach_of(flag) for flag in state.flags if not flag.archived]
    return all(found.cutoff == plan.cutoff and not found.slices and not found.selected for found in reaches)


def other_changes(plan: Plan, slot: datetime) -> tuple[str, ...]:
    """The other plans whose share changed within the day before `slot`, in words."""
    others = Plan.objects.live().exclude(pk=plan.pk).filter(share_changed_at__gt=slot - OVERLAPS)
    return tuple(
        f"{other} ({other.percentage} % since {timezone.localtime(other.share_changed_at):%Y-%m-%d %H:%M %Z})"
        for other in others
    )


def is_stable(plan: Plan, phase: Phase, slot: datetime) -> bool | None:
    """Whether no check within the phase's `stable_for` found trouble; None where nothing is asked for."""
    if phase.stable_for is None:
        return None
    within = HealthCheck.objects.filter(plan=plan, slot__gt=slot - phase.stable_for, slot__lt=slot)
    return not within.exclude(cause="").exists()
