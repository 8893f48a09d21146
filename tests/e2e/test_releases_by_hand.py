"""A release manager in a real browser: from the list of issues to production, and back."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Page, expect

from releases.checklists import ticking
from releases.lifecycle import DeploymentState, IssueState, ReleaseState, StepState
from releases.models import Deployment, Issue, Release
from releases.roles import GROUPS, Role
from rollout.models import Workspace
from tests import builders
from tests.builders import ROOT
from tests.releases import builders as made
from tests.releases.conftest import quick_backups  # noqa: F401  # a real one needs what was committed

Open = Callable[..., Page]

ISSUES = "admin:releases_issue_changelist"


@pytest.fixture
def manager(person: User) -> User:
    """A release manager who signs for DevOps; what they draft, somebody else has to sign for."""
    person.groups.set(Group.objects.filter(name__in=["Release manager", GROUPS[Role.DEVOPS]]))
    return person


def press(page: Page, name: str) -> None:
    """The button of a confirmation page."""
    page.locator(".op-confirm").get_by_role("button", name=name).click()


def waits_for_a_person(deployment: Deployment) -> bool:
    """Whether a step does, after the portal did its own."""
    for _ in range(4):
        made.tick()
    return deployment.steps.filter(state=StepState.RUNNING, runner="person").exists()


def report_by_hand(page: Page, deployment: Deployment, note: str) -> None:
    """What the release manager does on a deployment's page while a step waits for them."""
    page.goto(reverse("admin:releases_deployment_change", args=[deployment.pk]))
    page.get_by_role("link", name="Report the result").click()
    page.get_by_label("It succeeded: the next step begins").check()
    page.get_by_label("Note").fill(note)
    press(page, "Report the result")
    expect(page.get_by_text("succeeded.", exact=False).first).to_be_visible()


def draft(page: Page, version: str) -> Release:
    """From the ticked issues of the list to a draft."""
    page.goto(reverse(ISSUES))
    for box in page.locator("#result_list input[name=_selected_action]").all():
        box.check()
    page.locator("select[name=action]").select_option("draft-release")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).first.click()
    page.get_by_label("Version").fill(version)
    page.get_by_label("Low risk").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1 signature of any role")).to_be_visible()
    press(page, "Draft a release")
    page.get_by_role("link", name=f"Release {version}").first.click()
    expect(page.get_by_role("heading", name=f"Release {version}")).to_be_visible()
    return Release.objects.get(version=version)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_bugs_become_a_release_that_ships_and_comes_back(
    scripts: bool, signed_in: Open, manager: User, transactional_db: None
) -> None:
    issues = [made.an_issue("Reminders come twice"), made.an_issue("Slots overlap")]
    builders.workspaces(builders.numbered(20))
    page = signed_in(scripts=scripts)
    release = draft(page, "1.0.2")

    page.get_by_role("link", name="Deploy to staging").click()
    expect(page.get_by_text("Automated Testing")).to_be_visible()
    press(page, "Deploy to staging")
    staging = Deployment.objects.get(release=release, environment="staging")
    while waits_for_a_person(staging):
        report_by_hand(page, staging, "All green, twice")
    assert made.now(staging).state == DeploymentState.COMPLETE

    planned = Deployment.objects.get(release=release, environment="production")
    page.goto(reverse("admin:releases_release_change", args=[release.pk]))
    expect(page.get_by_text("boxes are not ticked")).to_be_visible()
    page.get_by_role("link", name="Work the checklist").click()
    expect(page.get_by_role("heading", name="Checklist", exact=False).first).to_be_visible()
    for item in ticking.open_before(planned):
        if not item.role:
            ticking.tick(item, actor=ROOT, note="Done for the test")
    page.reload()
    page.locator("#sign-off").get_by_role("button", name="Sign").first.click()
    expect(page.locator("#sign-off").get_by_text(manager.username).first).to_be_visible()

    page.goto(reverse("admin:releases_release_change", args=[release.pk]))
    expect(page.get_by_text("Missing before production")).not_to_be_visible()
    page.get_by_role("link", name="Deploy to production").click()
    page.get_by_label("As far as, %").fill("10")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("2 of 20 eligible workspaces (10 %)")).to_be_visible()
    press(page, "Deploy to production")
    made.walk_to(planned, "gradual_rollout")
    for _ in range(2):
        made.tick()
        made.let_pass(planned)

    page.goto(reverse("admin:releases_release_change", args=[release.pk]))
    expect(page.get_by_text("It stops at 10 %")).to_be_visible()
    page.get_by_role("link", name=f"Roll back (deployment {planned.pk})").click()
    expect(page.get_by_text("Lose the module: 2")).to_be_visible()
    page.get_by_label("Reason").fill("Two pharmacies complain")
    press(page, "Roll back")
    expect(page.get_by_text("its flag is off for everybody")).to_be_visible()
    while waits_for_a_person(planned):
        report_by_hand(page, planned, "The old version is back")
    assert made.now(planned).state == DeploymentState.ROLLED_BACK

    page.goto(reverse("admin:releases_release_change", args=[release.pk]))
    expect(page.get_by_text("Two pharmacies complain").first).to_be_visible()
    assert Release.objects.get(pk=release.pk).state == ReleaseState.ROLLED_BACK
    assert {issue.state for issue in Issue.objects.filter(pk__in=[each.pk for each in issues])} == {
        IssueState.FIXED
    }
    assert Workspace.objects.count() == 20


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_releases_story_stays_within_a_phone(
    dark: bool, signed_in: Open, manager: User, transactional_db: None
) -> None:
    release = made.a_release(title="W" * 190, risk="x" * 600)
    deployment = made.in_staging(release)
    made.settle(deployment)
    made.tick()
    page = signed_in(phone=True, dark=dark)
    addresses = [
        reverse("admin:releases_release_change", args=[release.pk]),
        reverse("admin:releases_deployment_change", args=[deployment.pk]),
        reverse("admin:releases_release_operate", args=["deploy"]) + f"?object={release.pk}",
        reverse("admin:releases_dora"),
        reverse("admin:index"),
    ]
    for address in addresses:
        page.goto(address)
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_step_is_reported_by_keyboard_alone(signed_in: Open, manager: User, transactional_db: None) -> None:
    deployment = made.in_staging(made.a_release())
    page = signed_in()
    page.goto(reverse("admin:releases_deployment_change", args=[deployment.pk]))
    page.get_by_role("link", name="Report the result (Automated Testing)").focus()
    page.keyboard.press("Enter")
    page.get_by_label("It succeeded: the next step begins").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("All green")
    page.get_by_role("button", name="Report the result").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Automated Testing” succeeded.")).to_be_visible()
