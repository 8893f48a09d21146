"""A phase's reviews fall due on its schedule, and are ticked with a note by somebody who may."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from monitoring import cadence, reviews
from monitoring.models import Review
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    found = builders.a_plan_in_phase(1, eligible=20)
    reviews.schedule()
    return found


def in_hours(hours: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False)


def test_the_first_phase_is_reviewed_every_two_hours_for_two_days(plan: Plan) -> None:
    begun = plan.runs.get().at
    due = list(plan.reviews.values_list("due_at", flat=True))
    assert due == [begun + timedelta(hours=2 * number) for number in range(1, 25)]


def test_scheduling_again_makes_nothing_new(plan: Plan) -> None:
    assert reviews.schedule() == 0
    assert plan.reviews.count() == 24


def test_a_due_review_is_ticked_with_a_note(plan: Plan) -> None:
    review = plan.reviews.get(number=1)
    with in_hours(2.5):
        reviews.do(review, actor=ROOT, note=" All quiet. ")
    review.refresh_from_db()
    assert (review.note, review.done_by) == ("All quiet.", "command:root")
    event = AuditEvent.objects.get(action="monitoring.reviewed")
    assert event.data["review"] == 1
    assert event.subject_id == str(plan.pk)


def test_a_review_is_refused_before_its_time_and_the_second_time(plan: Plan) -> None:
    review = plan.reviews.get(number=1)
    with pytest.raises(Refused, match="is due at"):
        reviews.do(review, actor=ROOT, note="Too early")
    with in_hours(3):
        reviews.do(review, actor=ROOT, note="Seen")
        with pytest.raises(Refused, match="was ticked by command:root"):
            reviews.do(review, actor=ROOT, note="Seen again")
    assert AuditEvent.objects.filter(action="monitoring.reviewed").count() == 1


@pytest.mark.parametrize("note", ["", "   ", "x" * 2_001])
def test_a_review_needs_a_note_of_a_bearable_length(plan: Plan, note: str) -> None:
    with in_hours(3), pytest.raises(Invalid) as fault:
        reviews.do(plan.reviews.get(number=1), actor=ROOT, note=note)
    assert "note" in fault.value.fields


def test_who_may_only_look_may_not_tick(plan: Plan) -> None:
    viewer = builders.acting(builders.a_person("vera", group="Viewer"))
    with in_hours(3), pytest.raises(Forbidden):
        reviews.do(plan.reviews.get(number=1), actor=viewer, note="Seen")
    with pytest.raises(Forbidden):
        reviews.tick(plan, "satisfaction", actor=viewer, note="They like it")


def test_open_reviews_lapse_when_the_plan_moves_on(plan: Plan) -> None:
    done = plan.reviews.get(number=1)
    with in_hours(3):
        reviews.do(done, actor=ROOT, note="Seen")
        builders.open_gate(plan)
        phases.run(plan, 2, actor=ROOT)
        assert reviews.schedule() == 6
        assert Review.objects.exclude(lapsed_at=None).count() == 23
        done.refresh_from_db()
        assert done.lapsed_at is None
        lapsed = plan.reviews.exclude(lapsed_at=None).first()
        assert lapsed is not None
        with in_hours(48), pytest.raises(Refused, match="lapsed"):
            reviews.do(lapsed, actor=ROOT, note="Late")


def test_a_rollback_owes_no_reviews(plan: Plan) -> None:
    phases.roll_back(plan, actor=ROOT)
    assert reviews.schedule() == 0
    assert not Review.objects.open().exists()


def test_a_person_may_vouch_for_what_the_portal_cannot_judge(plan: Plan) -> None:
    phase = plan.phases.get(number=1)
    assert reviews.ticked(plan, phase) == frozenset()
    reviews.tick(plan, "satisfaction", actor=ROOT, note="Four of four pharmacies are happy")
    reviews.tick(plan, "satisfaction", actor=ROOT, note="Five of five now")
    assert plan.ticks.get().note == "Five of five now"
    assert reviews.ticked(plan, phase) == {"satisfaction"}


def test_nobody_vouches_for_what_is_measured(plan: Plan) -> None:
    with pytest.raises(Invalid) as fault:
        reviews.tick(plan, "error_rate", actor=ROOT, note="It is fine")
    assert "satisfaction" in fault.value.fields["criterion"]


def test_a_tick_does_not_outlive_a_change_of_the_share(plan: Plan) -> None:
    reviews.tick(plan, "satisfaction", actor=ROOT, note="Fine")
    phases.set_percentage(plan, 20, actor=ROOT)
    plan = builders.engagement()
    assert reviews.ticked(plan, plan.phases.get(number=1)) == frozenset()


@pytest.fixture
def complete() -> Plan:
    """A plan at 100 % that was declared complete."""
    plan = builders.a_plan(eligible=20)
    plan = phases.set_percentage(plan, 100, actor=ROOT).plan
    builders.a_verdict(plan)
    plan = phases.complete(plan, override="in a test", actor=ROOT).plan
    reviews.schedule()
    return plan


def test_what_is_complete_is_reviewed_every_quarter_hour_then_daily_then_weekly(complete: Plan) -> None:
    at = complete.runs.get(operation="complete").at
    due = {
        kind: list(complete.reviews.filter(kind=kind).values_list("due_at", flat=True))
        for kind in ("day", "week", "month")
    }
    first = at + timedelta(days=1)
    assert due["day"] == [at + number * timedelta(minutes=15) for number in range(1, 97)]
    assert due["week"] == [first + timedelta(days=number) for number in range(1, 8)]
    assert due["month"] == [first + timedelta(days=7 + 7 * number) for number in range(1, 5)]
    assert complete.reviews.count() == 107
    assert reviews.schedule() == 0


def test_the_reviews_of_the_last_phase_lapse_when_the_plan_is_complete(complete: Plan) -> None:
    assert not complete.reviews.open().filter(kind="phase").exists()


def test_a_review_that_nobody_did_lapses_when_the_next_one_is_due(complete: Plan) -> None:
    with in_hours(5.1):
        reviews.schedule()
        assert Review.objects.due().count() == 1
        lapsed = complete.reviews.exclude(lapsed_at=None)
        assert lapsed.count() == 19
        assert all(review.was_overtaken for review in lapsed)
        with pytest.raises(Refused, match="lapsed: the next one is due"):
            reviews.do(lapsed[0], actor=ROOT, note="Late")


@pytest.mark.parametrize(("days", "kind"), [(2.5, "week"), (20, "month")])
def test_daily_and_weekly_reviews_are_never_overdue_in_heaps(complete: Plan, days: float, kind: str) -> None:
    with in_hours(24 * days):
        reviews.schedule()
        assert [review.kind for review in Review.objects.due()] == [kind]
        reviews.do(Review.objects.due().get(), actor=ROOT, note="Quiet")
        reviews.schedule()
        assert not Review.objects.due().exists()


def test_after_five_weeks_and_a_day_nothing_is_owed(complete: Plan) -> None:
    with in_hours(24 * 43.1):
        reviews.schedule()
        assert not Review.objects.open().exists()


def test_a_plan_that_was_complete_long_ago_owes_nothing_of_the_past(complete: Plan) -> None:
    Review.objects.all().delete()
    with in_hours(24 * 10):
        assert reviews.schedule() == 4
        assert {review.kind for review in Review.objects.all()} == {"month"}


def test_a_pause_of_what_is_complete_keeps_its_reviews(complete: Plan) -> None:
    phases.pause(complete, actor=ROOT)
    reviews.schedule()
    assert complete.reviews.open().count() == 107


@pytest.mark.parametrize("leave", ["roll_back", "resume"])
def test_a_plan_that_is_no_longer_complete_drops_its_reviews(complete: Plan, leave: str) -> None:
    if leave == "roll_back":
        phases.roll_back(complete, target=50, actor=ROOT)
    else:
        phases.pause(complete, actor=ROOT)
        phases.resume(complete, 50, actor=ROOT)
    reviews.schedule()
    assert not complete.reviews.open().exclude(kind="phase").exists()
    assert not complete.reviews.exclude(lapsed_at=None).filter(kind="phase").exists()


def test_every_box_of_the_checklist_is_looked_at() -> None:
    assert [box for points in cadence.POINTS.values() for box in points] == [
        "Continuous Monitoring",
        "Key Metrics",
        "Daily Reviews",
        "Optimization",
        "Weekly Reviews",
    ]


def test_the_page_of_a_review_says_what_to_look_at(complete: Plan) -> None:
    client = builders.signed_in("Product manager")
    with in_hours(0.3):
        review = complete.reviews.get(number=1)
        page = client.get(f"/admin/monitoring/review/{review.pk}/change/").content.decode()
        listed = client.get("/admin/monitoring/review/").content.decode()
    assert "First 24 hours after the rollout was complete" in page
    assert "Error logs reviewed hourly" in page
    assert "First 24 hours" in listed
