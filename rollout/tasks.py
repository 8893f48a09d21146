"""Scheduled work of rollout: `ops_portal.schedule` says when. Running any of these twice has one effect."""

from rollout import automatic, records
from rollout.imports import staging
from rollout.serving import usage


def reconcile_cohorts() -> str:
    """Settle the record of every plan for customers who came, lapsed or renewed."""
    return "; ".join(
        f"{module}: {entered} entered the cohort, {left} left"
        for module, (entered, left) in records.reconcile().items()
        if entered or left
    )


def advance_automatic() -> str:
    """Run what is due for plans in automatic mode."""
    return "; ".join(automatic.step())


def purge() -> str:
    """Drop files that were staged and never applied, and old counts of what flags answered."""
    return f"dropped {staging.purge()} stale imports, {usage.purge()} old counts of flags' answers"
