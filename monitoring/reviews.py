"""What a product manager owes a running phase: reviews on its schedule, and criteria only they can judge."""

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

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
# A pause changes nothing of the phase; its reviews stay due.
MOVES_THE_SHARE = (Operation.PHASE, Operation.SET, Operation.RESUME, Operation.ROLLBACK)


@transaction.atomic
def schedule() -> int:
    """Make the reviews of every live plan's present phase, and let those of earlier ones lapse.

    Returns how many were made. Safe to run twice and by two workers.
    """
    moves = PhaseRun.objects.filter(plan=OuterRef("pk"), operation__in=MOVES_THE_SHARE).order_by("-id")
    newest = Plan.objects.live().annotate(newest=Subquery(moves.values("pk")[:1])).exclude(newest=None)
    runs = list(
        PhaseRun.objects.filter(pk__in=newest.values("newest"))
        .select_related("plan")
        .prefetch_related("plan__phases")
    )
    Review.objects.open().exclude(run__in=runs).update(lapsed_at=timezone.now())
    known = set(Review.objects.filter(run__in=runs).values_list("run", flat=True))
    due = [review for run in runs if run.pk not in known for review in _due(run)]
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
        said = f"was ticked by {review.done_by}" if review.done_at else "lapsed: the plan has moved on"
        raise Refused("not_open", f"{review} {said}.")
    data = {"review": review.number, "due": review.due_at.isoformat()}
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


def _due(run: PhaseRun) -> list[Review]:
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


def _checked(note: str) -> str:
    note = note.strip()
    if not note:
        raise Invalid({"note": "must say what was seen"})
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": f"must have at most {LONGEST_NOTE} characters"})
    return note
