"""Plans through the admin: the confirmation page, the page of a plan, the list, the members."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations import windows
from operations.models import AuditEvent
from rollout import phases, plans
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def page(operation: str) -> str:
    return reverse("admin:rollout_plan_operate", args=[operation])


def shown(client: Client, operation: str, plan: Plan, **inputs: Any) -> str:
    response = client.get(page(operation), {"object": plan.pk, **inputs})
    assert response.status_code == 200
    return response.content.decode()


def confirm(client: Client, operation: str, plan: Plan, **inputs: Any) -> Any:
    data = {"object": f"{plan.pk}:{plan.version}", **inputs}
    return client.post(page(operation), data, follow=True)


def messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def plan_page(client: Client) -> str:
    return client.get(reverse("admin:rollout_plan_change", args=[builders.engagement().pk])).content.decode()


def test_the_preview_names_who_gains_and_counts_flag_by_flag(manager: Client) -> None:
    plan = builders.a_plan(631)
    text = shown(manager, "run", plan)
    assert "W00000" in text
    assert "W00049" in text
    assert "W00050" not in text
    assert "The first 50 of 64" in text
    assert "patient_engagement_module" in text
    assert "not chosen at random" in text
    assert builders.engagement().status == Plan.Status.DRAFT


def test_confirming_runs_the_phase_and_the_page_says_the_share(manager: Client) -> None:
    plan = builders.a_plan(631)
    response = confirm(manager, "run", plan)
    assert messages(response) == ["Patient Engagement: running at 0 % to 10 %; 64 gained the module."]
    text = response.content.decode()
    assert "10 %, 64 of 631" in text
    assert "567 in the control" in text
    assert AuditEvent.objects.filter(action="rollout.phase_run", actor="ada", door="admin").count() == 1


def test_the_csv_lists_everybody_who_would_gain(manager: Client) -> None:
    plan = builders.a_plan(631)
    address = reverse("admin:rollout_plan_operate_names", args=["run"])
    response: Any = manager.get(address, {"object": str(plan.pk), "side": "gain"})
    lines = response.getvalue().decode().splitlines()
    assert lines[0] == "workspace,name,order_key"
    assert len(lines) == 65
    assert lines[1] == "W00000,Pharmacy W00000,W00000"


def test_a_cell_that_looks_like_a_formula_is_quoted_in_the_csv(manager: Client) -> None:
    plan = builders.a_plan(9)
    builders.workspaces(["=1+1"])
    address = reverse("admin:rollout_plan_operate_names", args=["run"])
    response: Any = manager.get(address, {"object": str(plan.pk), "side": "gain"})
    assert "'=1+1" in response.getvalue().decode()


def test_a_stale_confirmation_is_refused_and_shows_the_plan_as_it_is_now(manager: Client) -> None:
    plan = builders.a_plan(40)
    phases.run(plan, 1, actor=ROOT)
    response = confirm(manager, "run", plan)
    text = response.content.decode()
    assert "changed since this was shown" in messages(response)[0]
    assert "Run phase 2" in text
    assert f'value="{plan.pk}:{plan.version + 1}"' in text
    assert builders.engagement().percentage == 10


def test_a_closed_gate_says_why_and_offers_the_override_to_who_may(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    text = shown(manager, "run", plan)
    assert "wait until" in text
    assert "no health verdict yet" in text
    assert 'name="override"' in text
    confirm(manager, "run", plan)
    assert builders.engagement().percentage == 10
    confirm(manager, "run", plan, override="The board decided")
    assert builders.engagement().percentage == 25
    event = AuditEvent.objects.filter(action="rollout.phase_run").latest("pk")
    assert event.reason.text == "The board decided"
    assert event.data["overridden"] == ["soak", "verdict_missing"]


def test_what_may_not_be_overridden_leaves_no_button(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT)
    text = shown(manager, "run", builders.engagement())
    assert "is paused: resume it first" in text
    assert 'type="submit" class="op-button op-primary"' not in text
    assert 'name="override"' not in text


def test_set_shows_a_preview_before_it_can_be_confirmed(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    first = shown(manager, "set", plan)
    assert "gain the module" not in first
    response = confirm(manager, "set", plan, percentage=30, _preview=1)
    text = response.content.decode()
    assert "12" in text
    assert 'name="seen" value="percentage=30"' in text
    assert builders.engagement().percentage == 10
    confirm(manager, "set", plan, percentage=30, seen="percentage=30")
    assert builders.engagement().percentage == 30


def test_an_input_that_changed_after_the_preview_is_shown_again_first(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    response = confirm(manager, "set", plan, percentage=80, seen="percentage=20")
    assert "Confirm once more" in messages(response)[0]
    assert builders.engagement().percentage == 10


def test_raising_without_the_permission_is_refused_in_the_preview() -> None:
    plan = builders.a_plan_in_phase(1)
    client = builders.signed_in("Release manager")
    text = shown(client, "set", plan, percentage=50)
    assert "is not permitted to raise the percentage by hand" in text
    data = {"object": f"{plan.pk}:{plan.version}", "percentage": 50}
    assert client.post(page("set"), data).status_code == 403
    assert builders.engagement().percentage == 10


def test_who_may_not_is_forbidden_even_by_hand() -> None:
    plan = builders.a_plan_in_phase(1)
    client = builders.signed_in("Viewer")
    assert client.get(page("pause"), {"object": plan.pk}).status_code == 403
    assert client.post(page("pause"), {"object": f"{plan.pk}:{plan.version}"}).status_code == 403
    assert builders.engagement().status == Plan.Status.RUNNING


def test_a_bad_percentage_is_marked_at_its_field(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    text = confirm(manager, "set", plan, percentage=101).content.decode()
    assert "less than or equal to 100" in text
    assert builders.engagement().percentage == 10


def test_roll_back_takes_the_phase_before_unless_told(manager: Client) -> None:
    plan = builders.a_plan_in_phase(2)
    assert 'name="target" value="10"' in shown(manager, "rollback", plan)
    confirm(manager, "rollback", plan, target="", reason="errors")
    plan = builders.engagement()
    assert (plan.percentage, plan.status) == (10, Plan.Status.ROLLED_BACK)


def test_roll_back_above_where_it_is_is_invalid(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    text = confirm(manager, "rollback", plan, target=50).content.decode()
    assert "a rollback never raises" in text


def test_a_list_action_leads_to_one_confirmation_for_all_that_was_ticked(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    health = builders.health()
    response = manager.post(
        reverse("admin:rollout_plan_changelist"),
        {"action": "pause", "_selected_action": [plan.pk, health.pk]},
        follow=True,
    )
    text = response.content.decode()
    assert "Pause: 2 plans" in text
    assert "it cannot be paused" in text
    assert builders.engagement().status == Plan.Status.RUNNING
    tokens = [f"{plan.pk}:{plan.version}", f"{health.pk}:{health.version}"]
    response = manager.post(page("pause"), {"object": tokens, "reason": "look"})
    text = response.content.decode()
    assert builders.engagement().status == Plan.Status.PAUSED
    assert "Pause: Health Management" in text
    assert len(messages(response)) == 2


def test_the_ladder_says_what_is_done_what_runs_and_what_refuses_the_next(manager: Client) -> None:
    builders.a_plan_in_phase(2)
    text = plan_page(manager)
    assert "op-rung-done" in text
    assert "op-rung-here" in text
    assert "op-rung-next" in text
    assert "Refused now" in text
    assert "Error rate at most 3 % (target 1 %)" in text
    assert "Mean satisfaction at least 4.0" in text


def test_a_window_in_force_is_a_banner_on_every_page(manager: Client) -> None:
    builders.a_plan()
    windows.plan("freeze", "Peak season", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    assert "Freeze: Peak season" in plan_page(manager)
    assert "Freeze: Peak season" in shown(manager, "run", builders.engagement())


def test_a_drift_is_said(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    builders.workspaces([f"A{number}" for number in range(6)])
    assert "The share drifted" in plan_page(manager)


def test_the_timeline_says_who_what_and_why(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    confirm(manager, "pause", plan, reason="Too many errors in the north")
    text = plan_page(manager)
    assert "admin:ada" in text
    assert "Too many errors in the north" in text
    assert "phase 1; 0 % to 10 %; 4 gain" in text


def test_the_configuration_is_saved_by_the_verb(manager: Client) -> None:
    plan = builders.a_plan()
    manager.post(reverse("admin:rollout_plan_change", args=[plan.pk]), configuration(plan, name="Wave one"))
    changed = builders.engagement()
    assert (changed.name, changed.version) == ("Wave one", plan.version + 1)
    assert AuditEvent.objects.get(action="plan.configured").data["after"] == {"name": "Wave one"}


def test_a_stale_configuration_is_refused_and_overwrites_nothing(manager: Client) -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, needs_approval=True)
    address = reverse("admin:rollout_plan_change", args=[plan.pk])
    response = manager.post(address, configuration(plan, name="Wave one"), follow=True)
    assert "changed since this was shown" in messages(response)[0]
    stored = builders.engagement()
    assert (stored.name, stored.needs_approval) == (plan.name, True)


def configuration(plan: Plan, **values: Any) -> dict[str, Any]:
    return {"name": plan.name, "breach_policy": plan.breach_policy, "shown_version": plan.version, **values}


def test_who_may_only_look_sees_no_buttons_and_no_form() -> None:
    builders.a_plan_in_phase(1)
    text = plan_page(builders.signed_in("Viewer"))
    assert "10 %, 4 of 40" in text
    assert "operate/pause" not in text
    assert "Save configuration" not in text


def test_an_approval_by_a_second_person_opens_the_gate(manager: Client) -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, needs_approval=True)
    plan = builders.engagement()
    assert "approval of a second person" in shown(manager, "run", plan)
    grace = builders.signed_in("Release manager", "grace")
    assert "W00000" in shown(grace, "approve", plan)
    confirm(grace, "approve", plan)
    confirm(manager, "run", builders.engagement())
    assert builders.engagement().percentage == 10


def test_the_members_are_searched_and_told_since_when(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    address = reverse("admin:rollout_plan_members", args=[plan.pk])
    text = manager.get(address).content.decode()
    assert "4 workspaces have the module now" in text
    text = manager.get(address, {"q": "W00002"}).content.decode()
    assert "W00002" in text
    assert "<code>W00001</code>" not in text
    csv: Any = manager.get(reverse("admin:rollout_plan_members_csv", args=[plan.pk]))
    assert len(csv.getvalue().decode().splitlines()) == 5


def test_the_list_shows_status_share_phase_and_health(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    builders.a_verdict(plan, "hold")
    text = manager.get(reverse("admin:rollout_plan_changelist")).content.decode()
    assert "10 %, 4 of 40" in text
    assert "1 Initial" in text
    assert "Hold" in text
    filtered = manager.get(reverse("admin:rollout_plan_changelist"), {"status__exact": "draft"})
    assert "10 %, 4 of 40" not in filtered.content.decode()


def test_archiving_needs_the_permission_and_a_plan_that_reaches_nobody() -> None:
    plan = builders.a_plan()
    client = builders.signed_in("Administrator")
    confirm(client, "archive", plan)
    plan.refresh_from_db()
    assert plan.status == Plan.Status.ARCHIVED
    response = client.get(reverse("admin:rollout_plan_change", args=[plan.pk]))
    assert response.status_code == 200
