"""Health checks in the admin: the list, and the page that explains a verdict."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import HealthCheck
from operations.groups import ALL
from rollout import phases
from tests import builders
from tests.builders import ROOT
from tests.monitoring import seeds
from tests.monitoring.seeds import HOUR

pytestmark = pytest.mark.django_db

LIST = "admin:monitoring_healthcheck_changelist"


@pytest.fixture
def manager() -> Client:
    return builders.signed_in("Product manager")


def page_of(client: Client, check: HealthCheck) -> str:
    response = client.get(reverse("admin:monitoring_healthcheck_change", args=[check.pk]))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("group", ALL)
def test_every_group_reads_checks_and_nobody_changes_them(group: str) -> None:
    check = seeds.a_check(builders.a_plan_in_phase(1))
    client = builders.signed_in(group)
    assert "All that phase 1 asks for holds." in page_of(client, check)
    assert "All that phase 1 asks for holds." in client.get(reverse(LIST)).content.decode()
    assert client.get(reverse("admin:monitoring_healthcheck_add")).status_code == 403
    address = reverse("admin:monitoring_healthcheck_delete", args=[check.pk])
    assert client.post(address, {"post": "yes"}).status_code == 403
    assert HealthCheck.objects.count() == 1


def test_the_list_is_filtered_by_what_a_link_can_carry(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    seeds.a_check(plan, "breach", action="paused")
    seeds.a_check(plan, slot=seeds.newest_slot() - HOUR)
    seeds.a_check(builders.health(), "hold", slot=seeds.newest_slot() - 2 * HOUR, phase_number=2)

    def results(**query: Any) -> list[str]:
        return [check.result for check in manager.get(reverse(LIST), query).context["cl"].result_list]

    assert results() == ["breach", "pass", "hold"]
    assert results(plan=plan.pk) == ["breach", "pass"]
    assert results(result__exact="hold") == ["hold"]
    assert results(phase=2) == ["hold"]
    assert results(action="any") == ["breach"]
    assert results(plan="nonsense") == ["breach", "pass", "hold"]


def test_a_breach_says_what_was_found_what_was_done_and_what_is_left_to_do(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT)
    text = page_of(manager, seeds.a_check(plan, "breach", action="paused", cause="feature", missed=2))
    assert "Stop: the rollout does harm" in text
    assert "22 of 64 workspaces with the feature failing, 1 of 567 without." in text
    assert "The portal paused the plan" in text
    assert f"operate/rollback/?object={plan.pk}" in text
    assert f"operate/resume/?object={plan.pk}" in text
    assert "by the hourly schedule" in text
    assert "2 hours before it had no check" in text


def test_who_may_not_act_is_told_the_same_without_the_buttons() -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT)
    check = seeds.a_check(plan, "breach", action="paused", cause="feature")
    text = page_of(builders.signed_in("Viewer"), check)
    assert "The portal paused the plan" in text
    assert "operate/" not in text


def test_the_criteria_stand_in_the_order_of_the_verdict_each_with_its_meaning(manager: Client) -> None:
    text = page_of(manager, seeds.a_check(builders.a_plan_in_phase(1), "breach"))
    titles = [
        "No sudden breakage",
        "Not broken for some",
        "Not a little worse",
        "Few errors in the",
        "is used",
    ]
    places = [text.rindex(title) for title in titles]
    assert places == sorted(places)
    assert "Stops the rollout" in text
    assert "Too little evidence" in text
    assert "A workspace counts as failing when" in text
    assert "Measured 2.1 %, likely between 1.87 % and 2.36 %; at most 2 % is asked for." in text


def test_what_decided_it_is_named_first(manager: Client) -> None:
    text = page_of(manager, seeds.a_check(builders.a_plan_in_phase(1), "hold"))
    decided = text[text.index("What decided it") : text.index("What the portal did")]
    assert "The module is used" in decided
    assert "Few errors" not in decided


def test_the_scores_add_up_and_what_is_unknown_is_listed(manager: Client) -> None:
    text = page_of(manager, seeds.a_check(builders.a_plan_in_phase(1)))
    assert "\N{MINUS SIGN}8.25" in text
    assert "+0.25" in text
    assert "appointment completion, user satisfaction" in text


def test_a_platform_incident_is_not_blamed_on_the_feature(manager: Client) -> None:
    text = page_of(manager, seeds.a_check(builders.a_plan_in_phase(1), "hold", cause="platform"))
    assert "Not the feature: the whole platform is hit" in text
    assert "Nothing about the rollout" in text


def test_where_no_control_is_left_a_rollback_to_50_percent_is_offered(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    phases.set_percentage(plan, 100, actor=ROOT)
    text = page_of(manager, seeds.a_check(builders.engagement(), "hold", cause="unclear"))
    assert "A rollback to 50 % gives a comparison back." in text
    assert "target=50" in text


def test_an_old_check_leads_to_its_neighbours_and_to_the_newest(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    slot = seeds.newest_slot()
    old, middle, newest = (seeds.a_check(plan, slot=slot - ago * HOUR) for ago in (5, 2, 0))
    text = page_of(manager, middle)
    for other in (old, newest):
        assert reverse("admin:monitoring_healthcheck_change", args=[other.pk]) in text
    assert "This check is history" in text


def test_a_person_may_vouch_from_the_page_for_what_could_not_be_judged(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    text = page_of(manager, seeds.a_check(plan))
    assert f"operate/vouch/?object={plan.pk}&amp;criterion=satisfaction" in text
    assert "criterion=adoption" not in text
    assert "operate/vouch" not in page_of(builders.signed_in("Support"), HealthCheck.objects.get())


def test_a_check_without_any_detail_still_opens(manager: Client) -> None:
    text = page_of(manager, seeds.a_check(builders.a_plan_in_phase(1), "unknown", details={}))
    assert "Unknown: nothing was measured" in text
    assert "wrote no criteria down" in text
    assert "With and without the feature" not in text


def test_the_users_of_an_arm_are_not_counted(manager: Client) -> None:
    builders.a_plan()
    text = page_of(manager, seeds.a_check(builders.health(), phase_number=1))
    assert "With and without the feature" in text
    assert '<th scope="row">Workspaces</th>' not in text
