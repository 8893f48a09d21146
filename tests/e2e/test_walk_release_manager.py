"""A release manager's walk: from the front page to the flag that serves the release to a tenth."""

from collections.abc import Callable

from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Page, expect

from releases.checklists import ticking
from releases.models import Deployment
from releases.roles import GROUPS, Role
from rollout.models import Flag
from tests import builders
from tests.builders import ROOT
from tests.releases import builders as made
from tests.releases.conftest import quick_backups  # noqa: F401  # a real one needs what was committed

Open = Callable[..., Page]


def confirm(page: Page, name: str) -> None:
    page.locator(".op-confirm").get_by_role("button", name=name).click()


def test_from_the_checklist_over_the_steps_to_the_flag(signed_in: Open, person: User) -> None:
    person.groups.set(Group.objects.filter(name__in=["Release manager", GROUPS[Role.DEVOPS]]))
    builders.a_plan(20)
    release = made.a_release("1.0.2", category="low")
    made.tested(release)
    planned = Deployment.objects.get(release=release, environment="production")
    *rest, last = [item for item in ticking.open_before(planned) if not item.role]
    for item in rest:
        ticking.tick(item, actor=ROOT, note="Done before")
    page = signed_in()

    # The front page leads to what is planned; the release's page says what is missing.
    page.locator("#releases").get_by_role("link", name="Release 1.0.2").click()
    page.goto(reverse("admin:releases_release_change", args=[release.pk]))
    page.get_by_role("link", name="Work the checklist").click()
    box = page.locator(f"#box-{last.key}")
    box.locator("summary").first.click()
    box.locator("textarea").fill("Looked at by two people")
    box.locator("details button[value=tick]").first.click()
    expect(page.locator(f"#box-{last.key}")).to_contain_text("ada")
    page.locator("#sign-off").get_by_role("button", name="Sign").first.click()
    expect(page.locator("#sign-off").get_by_text("ada").first).to_be_visible()

    # To a tenth of the pharmacies.
    page.goto(reverse("admin:releases_release_change", args=[release.pk]))
    page.get_by_role("link", name="Deploy to production").click()
    page.get_by_label("As far as, %").fill("10")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("2 of 20 eligible workspaces (10 %)")).to_be_visible()
    confirm(page, "Deploy to production")

    # A step that a person does is reported on the deployment's page, and the next one begins.
    step = made.walk_to(planned, "update_backend")
    page.goto(reverse("admin:releases_deployment_change", args=[planned.pk]))
    page.get_by_role("link", name=f"Report the result ({step.title})").click()
    page.get_by_label("It succeeded: the next step begins").check()
    page.get_by_label("Note").fill("The new version answers")
    confirm(page, "Report the result")
    expect(page.get_by_text(f"“{step.title}” succeeded.")).to_be_visible()
    made.walk_to(planned, "gradual_rollout")
    made.tick()

    # The release's flag says who has it now, and why.
    flag = Flag.objects.get(key="release_1.0.2")
    page.goto(reverse("admin:rollout_flag_change", args=[flag.pk]))
    expect(page.get_by_text("2 of 20").first).to_be_visible()
    page.get_by_label("Workspace id").fill("W00000")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("cohort", exact=False).first).to_be_visible()
