"""Flags and modules through the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import AuditEvent
from rollout import overrides, phases
from rollout.models import Flag, Override
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def shown(client: Client, operation: str, row: Any, **inputs: Any) -> str:
    response = client.get(page(operation, row), {"object": row.pk, **inputs})
    assert response.status_code == 200
    return response.content.decode()


def confirm(client: Client, operation: str, row: Any, **inputs: Any) -> Any:
    return client.post(page(operation, row), {"object": f"{row.pk}:", **inputs}, follow=True)


def page(operation: str, row: Any) -> str:
    return reverse(f"admin:rollout_{row._meta.model_name}_operate", args=[operation])


def tried(client: Client, flag: Flag, **query: Any) -> str:
    return client.get(reverse("admin:rollout_flag_try", args=[flag.pk]), query).content.decode()


def flag_page(client: Client, flag: Flag, **query: Any) -> str:
    return client.get(reverse("admin:rollout_flag_change", args=[flag.pk]), query).content.decode()


def test_the_kill_switch_shows_who_loses_the_flag_and_what_needs_it(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    core = builders.flag()
    text = shown(manager, "kill", core)
    assert "W00000" in text
    assert "appointment_scheduling" in text
    confirm(manager, "kill", core, reason="It deletes appointments")
    assert builders.flag().killed
    assert "Killed" in flag_page(manager, core)
    confirm(manager, "revive", core)
    assert not builders.flag().killed


def test_the_csv_of_a_kill_lists_everybody_who_has_the_flag(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    core = builders.flag()
    address = reverse("admin:rollout_flag_operate_names", args=["kill"])
    response: Any = manager.get(address, {"object": str(core.pk), "side": "lose"})
    assert len(response.getvalue().decode().splitlines()) == 5


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("W00000", "is within the cutoff"),
        ("W00039", "is above the cutoff"),
        ("nobody", "no workspace has this id"),
    ],
)
def test_who_has_it_gives_the_answer_with_the_whole_path(manager: Client, unit: str, said: str) -> None:
    builders.a_plan_in_phase(1)
    text = tried(manager, builders.flag(), unit=unit)
    assert said in text
    assert "Kill switch" in text


def test_an_override_is_added_and_removed_through_the_pages(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    core = builders.flag()
    response = confirm(manager, "override", core, unit="W00039", value="on", reason="Pilot")
    text = response.content.decode()
    assert "W00039" in text
    assert "Pilot" in text
    assert "5 of 40" in text
    assert "on: Pilot" in shown(manager, "remove-override", core, unit="W00039")
    confirm(manager, "remove-override", core, unit="W00039")
    assert not Override.objects.exists()


def test_an_override_without_a_reason_is_marked(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    response = confirm(manager, "override", builders.flag(), unit="W00039", value="on", reason="")
    assert "This field is required" in response.content.decode()
    assert not Override.objects.exists()


def test_a_hold_is_previewed_and_kept(manager: Client) -> None:
    builders.a_plan_in_phase(2)
    core = builders.flag("smart_reminder_system")
    text = shown(manager, "hold", core, max_percentage=10)
    assert "−6" in text
    confirm(manager, "hold", core, max_percentage=10, seen="max_percentage=10")
    assert builders.flag("smart_reminder_system").max_percentage == 10
    listed = manager.get(reverse("admin:rollout_flag_changelist")).content.decode()
    assert "4 of 40" in listed
    assert "10 of 40" in listed


def test_selected_workspaces_are_added_and_taken_off(manager: Client) -> None:
    builders.a_plan_in_phase(3)
    portal = builders.flag("patient_portal")
    confirm(manager, "select", portal, workspaces="W00000, W00001\nW00001")
    text = flag_page(manager, portal)
    assert "Pharmacy W00001" in text
    assert "2 of 40" in text
    listed = manager.get(reverse("admin:rollout_flag_changelist")).content.decode()
    assert "2 of 40" in listed
    confirm(manager, "deselect", portal, workspaces="W00000")
    assert "Pharmacy W00000" not in flag_page(manager, portal)


def test_a_selection_outside_the_cohort_names_the_ids(manager: Client) -> None:
    builders.a_plan_in_phase(3)
    response = confirm(manager, "select", builders.flag("patient_portal"), workspaces="W00039")
    assert "W00039 (not in the cohort)" in response.content.decode()


def test_the_record_says_who_had_it_on_a_day(manager: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    now = timezone.now()
    phases.set_percentage(plan, 0, actor=ROOT)
    at = f"{now:%Y-%m-%dT%H:%M:%S}"
    text = flag_page(manager, builders.flag(), at=f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}")
    assert "<strong>0</strong>" in text
    address = reverse("admin:rollout_flag_record_csv", args=[builders.flag().pk])
    response: Any = manager.get(address, {"at": at})
    assert response.getvalue().decode().splitlines()[0] == "workspace,name,since"


def test_a_flag_is_described_with_an_audit_event(manager: Client) -> None:
    builders.modules()
    core = builders.flag()
    confirm(manager, "describe", core, name="The core", description="Everything stands on it")
    assert "Everything stands on it" in flag_page(manager, core)
    assert AuditEvent.objects.get(action="flag.described").actor == "ada"


def test_a_flag_has_no_form_that_could_change_it(manager: Client) -> None:
    builders.modules()
    core = builders.flag()
    address = reverse("admin:rollout_flag_change", args=[core.pk])
    assert manager.post(address, {"key": "other"}).status_code == 403


def test_the_eligibility_is_previewed_before_it_is_edited(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    builders.workspaces(["A0000"], tier="basic")
    module = builders.module()
    lists = {"tiers": "basic", "statuses": "active", "roles": "pharmacist"}
    text = shown(manager, "eligibility", module, **lists)
    assert "lose the module" in text
    assert "−4" in text
    seen = "tiers=basic&statuses=active&roles=pharmacist"
    confirm(manager, "eligibility", module, **lists, seen=seen)
    module.refresh_from_db()
    assert module.tiers == ["basic"]


def test_the_first_look_at_the_eligibility_says_that_nothing_changes(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    text = shown(manager, "eligibility", builders.module())
    assert "No flag changes for anybody" in text
    assert "professional" in text


def test_the_internal_list_is_replaced(manager: Client) -> None:
    builders.modules()
    module = builders.module("health_management")
    confirm(manager, "internal-list", module, internal="ann\nbob")
    assert list(module.internal_units.values_list("unit_id", flat=True)) == ["ann", "bob"]


def test_a_flag_that_is_overridden_says_so_in_the_list(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    overrides.override(builders.flag(), "W00039", True, reason="Pilot", actor=ROOT)
    text = manager.get(reverse("admin:rollout_flag_changelist")).content.decode()
    assert "field-override_count" in text
