"""A checklist worked by hand: with the keyboard alone, without scripts, and on a phone."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from releases.models import SignOff
from tests.releases.checklists.builders import item, planned

BOX = "pre_migration_scripts"


@pytest.fixture
def deployment(person):
    person.groups.set(Group.objects.filter(name__in=["Release manager", "DevOps"]))
    return planned()


def address(deployment) -> str:
    return reverse("admin:releases_deployment_checklist", args=[deployment.pk])


def test_a_box_is_ticked_with_the_keyboard_and_without_scripts(signed_in, deployment):
    page = signed_in(scripts=False)
    page.goto(address(deployment))

    page.focus(f"#box-{BOX} button")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#box-{BOX}")

    assert item(deployment, BOX).state == "done"


def test_a_note_that_is_missing_is_asked_for_where_it_is_written(signed_in, deployment):
    page = signed_in()
    page.goto(address(deployment))

    page.click(f"#box-{BOX} summary")
    page.click(f"#box-{BOX} button[value=not_applicable]")
    page.wait_for_selector(f"#box-{BOX} .op-fault")
    expect(page.locator(f"#box-{BOX} textarea")).to_be_in_viewport()

    page.fill(f"#box-{BOX} textarea", "No migration in it")
    page.click(f"#box-{BOX} button[value=not_applicable]")
    page.wait_for_url(f"**#box-{BOX}")
    assert item(deployment, BOX).state == "not_applicable"


def test_a_role_signs_on_a_phone(signed_in, deployment):
    page = signed_in(phone=True)
    page.goto(address(deployment))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.click("text=Sign for DevOps")
    page.wait_for_url("**#sign-off")

    assert SignOff.objects.get().role == "devops"
