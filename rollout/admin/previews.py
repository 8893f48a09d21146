"""What the confirmation pages show of a change: who gains, who loses, flag by flag, and what refuses it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from operations.doors.admin import Names, Preview
from rollout import gates
from rollout.changes import Outcome
from rollout.cohorts import Comparison, FlagChange
from rollout.cohorts import Preview as Counts
from rollout.facts import State
from rollout.models import Module
from rollout.rules.ordering import Ordering

TEMPLATE = "admin/rollout/preview.html"
CHUNK = 2_000


@dataclass(frozen=True)
class NoPhase:
    """There is nothing to run."""

    message: str
    can_override: bool = False


def of_outcome(outcome: Outcome) -> Preview:
    """A plan's verb as a dry run."""
    plan = outcome.plan
    context = {
        **of_counts(outcome.preview, plan.module),
        "plan": plan,
        "from_percentage": outcome.from_percentage,
        "to_percentage": outcome.to_percentage,
        "verdict": gates.latest_verdict(plan),
        "by_id": plan.ordering == Ordering.WORKSPACE_ID,
    }
    return Preview(TEMPLATE, context, outcome.refused)


def of_comparison(comparison: Comparison, module: Module) -> Preview:
    """A change beside a plan: of a flag, or of who is eligible."""
    return Preview(TEMPLATE, of_counts(comparison.preview(), module))


def of_counts(counts: Counts, module: Module) -> dict[str, Any]:
    """The counts with what the template asks about them."""
    return {
        "counts": counts,
        "flags": [flag for flag in counts.flags if flag.gain or flag.lose],
        "unchanged": sum(not flag.gain and not flag.lose for flag in counts.flags),
        "jumping": jumping(counts),
        "units": units(module),
        "by_user": module.unit == Module.Unit.USER,
    }


def jumping(counts: Counts) -> Sequence[FlagChange]:
    """Flags that go to more units than enter the cohort: they start now, for the whole cohort."""
    return [flag for flag in counts.flags if flag.gain > counts.gain]


def units(module: Module) -> str:
    return "users" if module.unit == Module.Unit.USER else "workspaces"


def names(state: State, found: QuerySet[Any]) -> Names:
    """A list of units for download, in the plan's order, read in chunks."""
    by_user = state.by_user

    def rows() -> Iterator[tuple[str, ...]]:
        if by_user:
            for row in found.iterator(chunk_size=CHUNK):
                yield (row["member"], row["order_key"])
        else:
            yield from found.values_list("id", "name", "order_key").iterator(chunk_size=CHUNK)

    return Names(("user", "order_key") if by_user else ("workspace", "name", "order_key"), rows())


def of_side(comparison: Comparison, side: str) -> Names:
    """Who gains, or who loses."""
    found = comparison.losing() if side == "lose" else comparison.gaining()
    return names(comparison.before, found)
