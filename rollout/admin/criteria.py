"""A phase's criteria in words."""

from datetime import timedelta
from decimal import Decimal

from rollout.models import Phase

HOUR = timedelta(hours=1)


def in_words(phase: Phase) -> list[str]:
    """What must hold before the next phase runs, one sentence each."""
    found = [f"Error rate at most {percent(phase.max_error_rate)}{_target(phase)}"]
    if phase.min_adoption is not None:
        found.append(f"Adoption at least {percent(phase.min_adoption)}")
    found.append(f"API p95 below {phase.max_p95_ms} ms")
    if phase.max_database_p95_ms is not None:
        found.append(f"Database p95 below {phase.max_database_p95_ms} ms")
    if phase.min_satisfaction is not None:
        found.append(f"Mean satisfaction at least {phase.min_satisfaction:.2f}".removesuffix("0"))
    if phase.no_open_critical_issue:
        found.append("No open critical issue")
    if phase.stable_for is not None:
        found.append(f"No rollback trigger and no critical alert for {spelled(phase.stable_for)}")
    if phase.all_flags_available:
        found.append("Every flag of the module available")
    return found


def timing(phase: Phase) -> str:
    """How long the phase lasts and how often it is reviewed."""
    found = f"At least {spelled(phase.min_soak)}" if phase.min_soak else "No minimum time"
    if phase.review_every and phase.review_for:
        found += f", reviewed every {spelled(phase.review_every)} for the first {spelled(phase.review_for)}"
    return found


def spelled(duration: timedelta) -> str:
    """A duration in days where they are whole and more than one, else in hours."""
    hours = duration // HOUR
    if hours >= 48 and hours % 24 == 0 and hours != 48:
        return f"{hours // 24} days"
    return f"{hours} hour" if hours == 1 else f"{hours} hours"


def percent(fraction: Decimal) -> str:
    """0.02 as "2 %"."""
    return f"{(fraction * 100).normalize():f} %"


def _target(phase: Phase) -> str:
    return f" (target {percent(phase.target_error_rate)})" if phase.target_error_rate is not None else ""
