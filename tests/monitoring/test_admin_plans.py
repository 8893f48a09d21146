"""What monitoring adds to the pages of plans, and reviews."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring.models import CriterionTick, HealthCheck, Review
from operations.models import AuditEvent
from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.monitoring import seeds
from tests.monitoring.seeds import HOUR

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    return builders.signed_in("Product manager")


def plan_page(client: Client) -> str:
    return client.get(reverse("admin:rollout_plan_change", args=[builders.engagement().pk])).content.decode()


def confirm(client: Client, model: str, operation: str, target: Any, **inputs: Any) -> Any:
    address = reverse(f"admin:{model}_operate", args=[operation])
    return client.post(
        address, {"object": f"{target.pk}:{getattr(target, 'version', '')}", **inputs}, follow=True
    )


def messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_plan_page_shows_the_last_day_and_leads_to_the_explanation(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    Plan.objects.filter(pk=plan.pk).update(started_at=timezone.now() - timedelta(days=2))
    seeds.a_past(plan, 30, without=[3])
    newest = HealthCheck.objects.latest("slot")
    text = plan_page(manager)
    assert "23 pass, 1 without a check" in text
    assert reverse("admin:monitoring_healthcheck_change", args=[newest.pk]) in text
    assert reverse("admin:rollout_plan_health", args=[plan.pk]) in text


def test_a_plan_that_has_not_begun_has_no_health_to_check(manager: Client) -> None:
    builders.a_plan()
    text = plan_page(manager)
    assert "Check health now" not in text
    assert "The first check comes after" in text


def test_check_health_now_says_what_it_found_and_leads_to_it(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    response = confirm(manager, "rollout_plan", "check-health", plan)
    check = HealthCheck.objects.get()
    assert check.made_by == "admin:ada"
    [said] = messages(response)
    assert said.startswith("Unknown, up to")
    assert reverse("admin:monitoring_healthcheck_change", args=[check.pk]) in said


def test_an_hour_that_has_its_check_is_not_checked_again(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    seeds.a_check(plan)
    address = reverse("admin:rollout_plan_operate", args=["check-health"])
    text = manager.get(address, {"object": plan.pk}).content.decode()
    assert "were already checked by the hourly schedule: pass" in text
    assert 'class="op-button op-primary"' not in text
    [said] = messages(confirm(manager, "rollout_plan", "check-health", plan))
    assert "were already checked" in said
    assert HealthCheck.objects.count() == 1


def test_who_may_not_check_is_forbidden() -> None:
    plan = builders.a_plan_in_phase(1)
    client = builders.signed_in("Support")
    assert confirm(client, "rollout_plan", "check-health", plan).status_code == 403
    assert "Check health now" not in plan_page(client)
    assert not HealthCheck.objects.exists()


def test_a_draft_is_refused_by_hand_as_well(manager: Client) -> None:
    response = confirm(manager, "rollout_plan", "check-health", builders.a_plan())
    assert "has not begun" in messages(response)[0]


def test_due_reviews_stand_on_the_plan_and_are_ticked_with_a_note(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    first, *_ = seeds.reviews(plan, due=2, ahead=1)
    text = plan_page(manager)
    assert f"Review {first.number} due since" in text
    assert f"operate/tick/?object={first.pk}" in text
    assert "Next: review 3" in text
    response = confirm(manager, "monitoring_review", "tick", first, note="Nothing odd in the log")
    assert messages(response) == ["Review 1 of Patient Engagement is ticked."]
    text = plan_page(manager)
    assert "Review 1 due since" not in text
    assert "Nothing odd in the log" in text
    event = AuditEvent.objects.get(action="monitoring.reviewed")
    assert (event.actor, event.reason.text) == ("ada", "Nothing odd in the log")


def test_many_due_reviews_are_counted_and_ticked_together(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    due = seeds.reviews(plan, due=5, ahead=0)
    text = plan_page(manager)
    assert "2 more are due." in text
    address = reverse("admin:monitoring_review_operate", args=["tick"])
    every = [review.pk for review in due]
    assert f"{address}?{'&amp;'.join(f'object={pk}' for pk in every)}" in text
    manager.post(address, {"object": [f"{pk}:" for pk in every], "note": "All at once, from the night's log"})
    assert not Review.objects.open().exists()


def test_a_review_needs_its_note_its_time_and_its_permission(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    due, ahead = seeds.reviews(plan, due=1, ahead=1)
    assert "This field is required" in confirm(manager, "monitoring_review", "tick", due).content.decode()
    response = confirm(manager, "monitoring_review", "tick", ahead, note="Early")
    assert "there is nothing to review yet" in messages(response)[0]
    assert (
        confirm(builders.signed_in("Support"), "monitoring_review", "tick", due, note="x").status_code == 403
    )
    assert Review.objects.filter(done_at=None).count() == 2


def test_who_may_not_tick_reads_the_reviews_without_the_link() -> None:
    plan = builders.a_plan_in_phase(1)
    seeds.reviews(plan)
    text = plan_page(builders.signed_in("Viewer"))
    assert "Review 1 due since" in text
    assert "operate/tick" not in text


def test_the_list_has_the_open_reviews_the_most_overdue_first(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    first, second, _ = seeds.reviews(plan, due=2, ahead=1)
    confirm(manager, "monitoring_review", "tick", second, note="Fine")
    Review.objects.create(plan=plan, run=first.run, number=9, due_at=timezone.now() - 9 * HOUR)

    def numbers(**query: str) -> list[int]:
        page = manager.get(reverse("admin:monitoring_review_changelist"), query)
        return [review.number for review in page.context["cl"].result_list]

    assert numbers() == [9, 1, 3]
    assert numbers(state="due") == [9, 1]
    assert numbers(state="done") == [2]
    assert numbers(state="all") == [3, 2, 1, 9]


def test_a_done_review_keeps_its_note_on_its_page(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    review, *_ = seeds.reviews(plan)
    confirm(manager, "monitoring_review", "tick", review, note="Nothing odd")
    text = manager.get(reverse("admin:monitoring_review_change", args=[review.pk])).content.decode()
    assert "Nothing odd" in text
    assert "operate/tick" not in text


def test_a_person_vouches_with_a_note_that_stays_on_the_plan(manager: Client) -> None:
    plan = builders.a_plan_in_phase(2)
    response = confirm(
        manager, "rollout_plan", "vouch", plan, criterion="satisfaction", note="Asked ten of them: happy"
    )
    assert messages(response)[0].startswith('You vouched for "Users are satisfied" of phase 2.')
    assert CriterionTick.objects.get().by == "admin:ada"
    text = plan_page(manager)
    assert "Asked ten of them: happy" in text
    assert "users are satisfied, phase 2" in text


def test_nobody_vouches_without_a_note_or_for_what_the_portal_judges(manager: Client) -> None:
    plan = builders.a_plan_in_phase(2)
    confirm(manager, "rollout_plan", "vouch", plan, criterion="satisfaction", note=" ")
    confirm(manager, "rollout_plan", "vouch", plan, criterion="adoption", note="They love it")
    confirm(manager, "rollout_plan", "vouch", plan, criterion="critical_issues", note="None is open")
    assert not CriterionTick.objects.exists()
    client = builders.signed_in("Release manager")
    assert (
        confirm(client, "rollout_plan", "vouch", plan, criterion="satisfaction", note="x").status_code == 403
    )


def test_the_preview_of_the_first_phase_says_what_the_two_weeks_before_would_have_shown(
    manager: Client,
) -> None:
    plan = builders.a_plan()
    address = reverse("admin:rollout_plan_operate", args=["run"])
    assert "A/A test: too little was measured" in manager.get(address, {"object": plan.pk}).content.decode()
    phases.run(plan, 1, actor=ROOT)
    assert "A/A test" not in manager.get(address, {"object": plan.pk}).content.decode()
