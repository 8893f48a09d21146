"""A product manager reads a plan's health in a real browser, and does what is theirs to do."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from monitoring.models import HealthCheck, Review
from rollout.models import Plan
from tests import builders
from tests.monitoring import seeds

Open = Callable[..., Page]


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    plan = builders.a_plan_in_phase(1)
    seeds.reviews(plan)
    return plan


def open_plan(page: Page, plan: Plan) -> None:
    page.goto(reverse("admin:rollout_plan_change", args=[plan.pk]))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_check_now_leads_to_why_and_to_health_over_time(scripts: bool, plan: Plan, signed_in: Open) -> None:
    page = signed_in(scripts=scripts)
    open_plan(page, plan)
    page.get_by_role("link", name="Check health now").click()
    page.get_by_role("button", name="Check health now").click()
    page.get_by_role("link", name="What it found, and why").click()
    expect(page.get_by_role("heading", name="Unknown: nothing was measured")).to_be_visible()
    assert HealthCheck.objects.get().made_by == "admin:ada"
    page.get_by_role("link", name="Health over time").click()
    expect(page.get_by_role("heading", name="Health over time: Patient Engagement")).to_be_visible()


def test_a_review_is_ticked_by_keyboard_alone(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    open_plan(page, plan)
    page.get_by_role("link", name="Tick review 1").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Note").focus()
    page.keyboard.type("Nothing odd")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Review 1 of Patient Engagement is ticked.")).to_be_visible()
    assert Review.objects.get(number=1).note == "Nothing odd"


def test_what_a_criterion_means_opens_by_keyboard(plan: Plan, signed_in: Open) -> None:
    check = seeds.a_check(plan, "breach")
    page = signed_in(phone=True)
    page.goto(reverse("admin:monitoring_healthcheck_change", args=[check.pk]))
    page.get_by_text("What does this mean? No sudden breakage").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A workspace counts as failing when")).to_be_visible()
    page.get_by_role("link", name="No sudden breakage").click()
    assert page.url.endswith("#hard-stop")
