"""What stands around a check beside its vitals: adoption, flags, other changes, what earlier checks found."""

from datetime import datetime, timedelta

from monitoring.judging.evidence import Adoption
from monitoring.membership import Membership
from monitoring.models import HealthCheck
from monitoring.sources.base import Source
from monitoring.watching import standing
from operations.spelling import local_time
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


def missing_flags(plan: Plan) -> list[str]:
    """The keys of the module's live flags that do not go as far as the plan itself."""
    state = facts.state_with(plan)
    return [
        flag.key
        for flag in state.flags
        if not flag.archived
        and ((found := state.reach_of(flag)).cutoff != plan.cutoff or found.slices or found.selected)
    ]


def other_changes(plan: Plan, slot: datetime) -> tuple[str, ...]:
    """The other plans whose share changed within the day before `slot`, in words."""
    others = Plan.objects.live().exclude(pk=plan.pk).filter(share_changed_at__gt=slot - OVERLAPS)
    return tuple(
        f"{other} ({other.percentage} % since {local_time(other.share_changed_at)})"
        for other in others
        if other.share_changed_at is not None
    )


def trouble(plan: Plan, phase: Phase | None, slot: datetime) -> str | None:
    """What broke the calm within the phase's `stable_for`: trouble in a check, or a critical alert that was
    open. "" for nothing.

    None where nothing is asked for, or where no check of that time can tell.
    """
    if phase is None or phase.stable_for is None:
        return None
    since = slot - phase.stable_for
    checks = HealthCheck.objects.filter(plan=plan, slot__gt=since, slot__lt=slot)
    found = checks.exclude(cause="").first()
    if found is not None:
        return f"{local_time(found.slot)}: {found.summary}"
    alert = standing.critical_since(plan.module, since)
    if alert is not None:
        return f"critical alert since {local_time(alert.first_seen)}: {alert.title}"
    return "" if checks.exists() else None
