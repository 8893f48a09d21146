"""What a plan's page says of its health: the last day, what waits for a person, what was vouched for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from monitoring import plan_sources, reviews, slots
from monitoring.admin import links, strips, vitals_source, words
from monitoring.models import HealthCheck, Review, VitalsSource
from monitoring.slots import HOUR
from operations.actor import Actor
from rollout import gates
from rollout.models import Plan

DAY = timedelta(days=1)
# A phase owes at most a few dozen; one that owes more shows these.
MOST_REVIEWS = 100
DUE_SHOWN, DONE_SHOWN = 3, 3


@dataclass(frozen=True)
class Owed:
    """A review with the page that ticks it, "" for who may not."""

    review: Review
    due: bool
    url: str


def of_plan(plan: Plan, actor: Actor) -> dict[str, Any]:
    """The context of the plan page's section, in four queries."""
    checks = _last_day(plan)
    return {
        "last_check": checks[0] if checks else None,
        "strip": _strip(plan, checks),
        "history_url": links.history(plan),
        "checks_url": links.checks(plan=plan.pk),
        "source": _source(plan),
        "source_url": _source_url(plan, actor),
        **_reviews(plan, actor),
        **_vouching(plan, actor),
    }


def _last_day(plan: Plan) -> list[HealthCheck]:
    """The checks of the last 24 slots, the newest first."""
    since = slots.newest(timezone.now()) - DAY
    return list(plan.checks.filter(slot__gt=since).defer("details").order_by("-slot"))


def _source(plan: Plan) -> VitalsSource:
    """Where its vitals come from; a part without a source of its own has that of its whole."""
    own: VitalsSource | None = getattr(plan, "vitals_source", None)
    if own is None and plan.module.part_of_id is not None:
        own = plan_sources.chosen_for(plan)
    return own or VitalsSource(plan=plan)


def _source_url(plan: Plan, actor: Actor) -> str:
    """Where this person may change the source, "" for who may not."""
    may = actor.may(vitals_source.PERMISSION) and plan.status != Plan.Status.ARCHIVED
    return links.of_plan(plan, vitals_source.VITALS_SOURCE.name) if may else ""


def _strip(plan: Plan, checks: Sequence[HealthCheck]) -> strips.Strip | None:
    if plan.started_at is None:
        return None
    until = slots.newest(timezone.now())
    results = {check.slot: check.result for check in checks}
    found = [until - ago * HOUR for ago in range(DAY // HOUR)][::-1]
    return strips.strip([(slot, results.get(slot)) for slot in found if slot > plan.started_at])


def _reviews(plan: Plan, actor: Actor) -> dict[str, Any]:
    """The next open reviews, and the last ones that were done with their notes."""
    may = actor.may(reviews.PERMISSION)
    now = timezone.now()
    owed = [
        Owed(review, review.due_at <= now, links.of_reviews([review], "tick") if may else "")
        for review in plan.reviews.open().order_by("due_at")[:MOST_REVIEWS]
    ]
    due = [each for each in owed if each.due]
    done = plan.reviews.exclude(done_at=None).order_by("-done_at")[:DONE_SHOWN]
    return {
        "reviews_due": due[:DUE_SHOWN],
        "more_due": len(due[DUE_SHOWN:]),
        "together": links.of_reviews([each.review for each in due], "tick") if may and len(due) > 1 else "",
        "next_review": next((each for each in owed if not each.due), None),
        "reviews_done": list(done),
        "reviews_url": links.reviews(plan=plan.pk),
    }


def _vouching(plan: Plan, actor: Actor) -> dict[str, Any]:
    phase = gates.current_phase(plan)
    if phase is None:
        return {}
    found = plan.ticks.filter(phase_number=phase.number)
    return {"vouched": [(words.word(tick.criterion).title, tick) for tick in found]}
