"""What a product manager owes a plan: reviews during its phases and after, and what only they can judge."""

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from monitoring import cadence
from monitoring.judging import criteria
from monitoring.models import CriterionTick, Review
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.spelling import local_time
from rollout import gates
from rollout.models import Phase, PhaseRun, Plan

PERMISSION = "monitoring.do_review"
LONGEST_NOTE = 2_000
# Where there is too little to count, a person may vouch for the criterion (SPEC 4.2).
CAN_BE_TICKED = (criteria.SATISFACTION,)
Operation = PhaseRun.Operation
# A pause changes nothing of the phase, nor of what is complete; its reviews stay due.
MOVES_ON = (Operation.PHASE, Operation.SET, Operation.RESUME, Operation.ROLLBACK, Operation.COMPLETE)


@transaction.atomic
def schedule() -> int:
    """Make the reviews of every live plan's present phase, or of its time after completion (SPEC 4.5).

    Those of earlier phases lapse, and those that the next one overtakes. Returns how many were made. Safe to
    run twice and by two workers.
    """
    now = timezone.now()
    moves = PhaseRun.objects.filter(plan=OuterRef("pk"), operation__in=MOVES_ON).order_by("-id")
    newest = Plan.objects.live().annotate(newest=Subquery(moves.values("pk")[:1])).exclude(newest=None)
    runs = list(
        PhaseRun.objects.filter(pk__in=newest.values("newest"))
        .select_related("plan")
        .prefetch_related("plan__phases")
    )
    late = ~Q(run__in=runs) | Q(lapses_at__lte=now)
    Review.objects.open().filter(late).update(lapsed_at=now)
    known = set(Review.objects.filter(run__in=runs).values_list("run", flat=True))
    due = [review for run in runs if run.pk not in known for review in _due(run, now)]
    Review.objects.bulk_create(due, ignore_conflicts=True)
    return len(due)


@transaction.atomic
def do(review: Review, *, actor: Actor, note: str) -> Review:
    """Tick a review, with what was seen. Raises Invalid without a note, Refused unless it is due and open."""
    actor.require(PERMISSION, "tick a review")
    note = _checked(note)
    now = timezone.now()
    if review.due_at > now:
        raise Refused(
            "not_due", f"{review} is due at {local_time(review.due_at)}: there is nothing to review yet."
        )
    won = Review.objects.open().filter(pk=review.pk).update(done_at=now, done_by=str(actor), note=note)
    review.refresh_from_db()
    if not won:
        raise Refused("not_open", f"{review} {_why_not_open(review)}.")
    data = {"review": review.number, "kind": review.kind, "due": review.due_at.isoformat()}
    audit.record("monitoring.reviewed", actor=actor, subject=review.plan, data=data, reason=note)
    return review


@transaction.atomic
def tick(plan: Plan, criterion: str, *, actor: Actor, note: str) -> CriterionTick:
    """Vouch for a criterion of the plan's present phase; the next health check counts it as met.

    Raises Invalid for one that a person cannot vouch for or without a note, Refused before the first phase.
    """
    actor.require(PERMISSION, "vouch for a criterion")
    note = _checked(note)
    if criterion not in CAN_BE_TICKED:
        raise Invalid({"criterion": f"must be one of {', '.join(CAN_BE_TICKED)}"})
    plan = Plan.objects.select_for_update().prefetch_related("phases").get(pk=plan.pk)
    phase = gates.current_phase(plan)
    if phase is None:
        raise Refused("not_begun", f"{plan} has not begun: there is no phase to vouch for.")
    found, _ = CriterionTick.objects.update_or_create(
        plan=plan,
        phase_number=phase.number,
        criterion=criterion,
        defaults={"note": note, "at": timezone.now(), "by": str(actor)},
    )
    data = {"criterion": criterion, "phase": phase.number}
    audit.record("monitoring.criterion_ticked", actor=actor, subject=plan, data=data, reason=note)
    return found


def ticked(plan: Plan, phase: Phase | None) -> frozenset[str]:
    """The criteria that somebody vouched for since the plan's share last changed."""
    if phase is None or plan.share_changed_at is None:
        return frozenset()
    found = plan.ticks.filter(phase_number=phase.number, at__gte=plan.share_changed_at)
    return frozenset(found.values_list("criterion", flat=True))


def _why_not_open(review: Review) -> str:
    if review.done_at:
        return f"was ticked by {review.done_by}"
    return f"lapsed: {'the next one is due' if review.was_overtaken else 'the plan has moved on'}"


def _due(run: PhaseRun, now: datetime) -> list[Review]:
    if run.operation == Operation.COMPLETE:
        return _after(run, now)
    reached = [phase for phase in run.plan.phases.all() if phase.percentage <= run.to_percentage]
    phase = max(reached, key=lambda each: each.percentage, default=None)
    if phase is None or not run.to_percentage or not phase.review_every or not phase.review_for:
        return []
    if run.operation == Operation.ROLLBACK:
        return []
    count = phase.review_for // phase.review_every
    return [
        Review(plan=run.plan, run=run, number=number, due_at=run.at + number * phase.review_every)
        for number in range(1, count + 1)
    ]


def _after(run: PhaseRun, now: datetime) -> list[Review]:
    """The reviews after completion, without those that are too late already."""
    return [
        Review(
            plan=run.plan,
            run=run,
            number=due.number,
            kind=due.stage,
            due_at=due.due_at,
            lapses_at=due.lapses_at,
        )
        for due in cadence.reviews_after(run.at)
        if due.lapses_at > now
    ]


def _checked(note: str) -> str:
    note = note.strip()
    if not note:
        raise Invalid({"note": "must say what was seen"})
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": f"must have at most {LONGEST_NOTE} characters"})
    return note
