"""What waits for a person about plans: gates that are open, approvals, pauses, reviews."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from monitoring import reviews
from monitoring.admin import links
from monitoring.models import Review
from operations.actor import Actor
from ops_portal.front_page.plans import Card
from ops_portal.front_page.waiting import Ahead, Waiting, moment
from rollout import approvals, phases
from rollout.models import Phase, Plan

# A plan that is complete owes over a hundred; those of many plans are read this far.
MOST_REVIEWS = 500


class Owed(NamedTuple):
    """A review as it is read."""

    pk: int
    plan: int
    name: str
    due_at: datetime


def of_cards(cards: Iterable[Card], actor: Actor, now: datetime) -> list[Waiting]:
    """The decisions about these plans that this person may take. No query."""
    found = []
    for card in cards:
        if actor.may(phases.RUN):
            found += _to_run(card, now)
        if actor.may(approvals.APPROVE):
            found += _to_approve(card, actor)
    return found


def ahead(cards: Iterable[Card], actor: Actor) -> list[Ahead]:
    """When the gates open at the earliest that this person may go through."""
    if not actor.may(phases.RUN):
        return []
    return [
        Ahead(f"phase {card.following.number} of {card.plan}" if card.following else str(card.plan), at)
        for card in cards
        if (at := card.earliest) is not None and not card.reasons
    ]


def _to_run(card: Card, now: datetime) -> list[Waiting]:
    plan = card.plan
    if plan.status == Plan.Status.PAUSED:
        since = f" since {moment(plan.paused_at, now)}" if plan.paused_at else ""
        why = f"It stands at {plan.percentage} %{since}: resume it, or roll it back. {_health(card)}"
        url = reverse("admin:rollout_plan_change", args=[plan.pk])
        key = f"paused:{plan.pk}:{plan.version}"
        return [Waiting(key, "pause_circle", f"{plan} is paused", why.strip(), url, rank=0)]
    # In automatic mode the portal goes on by itself; it completes no plan.
    if not card.may_go_on or (plan.automatic and card.following is not None):
        return []
    if card.following is None:
        what, operation = f"Complete {plan}", "complete"
        why = f"It is at {plan.percentage} %, and all that its last phase asks for holds."
    else:
        following = card.following
        what, operation = f"Run phase {following.number} of {plan}", "run"
        why = f"The gate is open: {following.name}, {_step(plan, following)}. {_health(card)}"
    key = f"{operation}:{plan.pk}:{plan.version}"
    return [Waiting(key, "play_circle", what, why.strip(), links.of_plan(plan, operation), rank=0)]


def _to_approve(card: Card, actor: Actor) -> list[Waiting]:
    """For who did not approve it yet, once nothing else is missing: any change would ask anew."""
    plan, following = card.plan, card.following
    missing = [reason.code for reason in card.refused] == ["approval_missing"]
    if following is None or not missing or actor.user is None or actor.user.pk in card.known.approved_by:
        return []
    step = f"{following.name}, {_step(plan, following)}"
    why = f"All else holds for {step}. Whoever approves it does not run it. {_health(card)}"
    key, what = f"approve:{plan.pk}:{plan.version}", f"Approve phase {following.number} of {plan}"
    return [Waiting(key, "how_to_reg", what, why.strip(), links.of_plan(plan, "approve"), rank=0)]


def _step(plan: Plan, following: Phase) -> str:
    """How far a phase goes: the first one of a module for users goes to the internal list, at 0 %."""
    if following.percentage == plan.percentage:
        return following.get_audience_display().lower()
    return f"from {plan.percentage} % to {following.percentage} %"


def _health(card: Card) -> str:
    if card.verdict is None:
        return ""
    head = "Health" if card.is_fresh else "Health before"
    return f"{head}: {card.verdict.get_result_display().lower()}."


def of_reviews(actor: Actor, now: datetime) -> tuple[list[Waiting], list[Ahead]]:
    """The reviews that are due, one line a plan, and the next one of each plan; in one query."""
    if not actor.may(reviews.PERMISSION):
        return [], []
    rows = Review.objects.open().order_by("due_at", "pk")
    owed: dict[int, list[Owed]] = defaultdict(list)
    for row in rows.values_list("pk", "plan", "plan__name", "due_at")[:MOST_REVIEWS]:
        review = Owed(*row)
        owed[review.plan].append(review)
    due = {plan: [each for each in found if each.due_at <= now] for plan, found in owed.items()}
    ahead = [next((each for each in found if each.due_at > now), None) for found in owed.values()]
    return (
        [_review(plan, found) for plan, found in due.items() if found],
        [Ahead(f"a review of {each.name}", each.due_at) for each in ahead if each],
    )


def _review(plan: int, found: list[Owed]) -> Waiting:
    name, count = found[0].name, len(found)
    return Waiting(
        key=f"review:{plan}",
        icon="task_alt",
        what=f"Review {name}" if count == 1 else f"{count} reviews of {name}",
        why="Look at its health, errors and feedback, and write down what you see.",
        url=links.of_reviews([Review(pk=each.pk) for each in found], "tick"),
        due=found[0].due_at,
    )
