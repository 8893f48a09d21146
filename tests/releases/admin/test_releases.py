"""The pages of releases: what they list, tell and offer, and what their operations do."""

import pytest
from django.test import Client
from django.urls import reverse

from operations.groups import PRODUCT_MANAGER, RELEASE_MANAGER, SUPPORT, VIEWER
from operations.models import AuditEvent
from releases import releases
from releases.lifecycle import ReleaseState
from releases.models import Deployment, Release
from tests import builders
from tests.builders import ROOT
from tests.releases import builders as made
from tests.releases.admin.pages import buttons, confirm, operate, page, preview, text

pytestmark = pytest.mark.django_db

LIST = "admin:releases_release_changelist"


@pytest.fixture
def manager() -> Client:
    return builders.signed_in(RELEASE_MANAGER, "rita")


def now(release: Release) -> Release:
    return Release.objects.get(pk=release.pk)


def test_the_newest_version_stands_first_whatever_was_drafted_last(manager: Client) -> None:
    for version in ("1.10.0", "1.9.0", "1.10.0-rc.1"):
        made.a_release(version)
    rows = manager.get(reverse(LIST)).context["cl"].result_list
    assert [row.version for row in rows] == ["1.10.0", "1.10.0-rc.1", "1.9.0"]
    assert [row.issue_count for row in rows] == [1, 1, 1]


def test_an_empty_list_says_what_to_do_first_and_a_search_without_a_hit_does_not(manager: Client) -> None:
    assert "From bug to release" in manager.get(reverse(LIST)).content.decode()
    made.a_release()
    assert "From bug to release" not in manager.get(reverse(LIST), {"q": "nothing"}).content.decode()


def test_the_list_says_where_a_release_runs_and_how_far(manager: Client) -> None:
    release = made.a_release("1.0.2")
    deployment = made.in_production(release, percentage=25)
    made.walk_to(deployment, "gradual_rollout")
    made.tick()
    old = made.a_release("1.0.1")
    shown = manager.get(reverse(LIST)).content.decode()
    assert "staging; production, running, 10 %, to 25 %" in shown
    assert now(old).version in shown


def test_a_release_is_found_by_its_version_and_by_the_words_of_its_issues(manager: Client) -> None:
    made.a_release("1.0.2", [made.an_issue("Slots overlap")])
    made.a_release("1.0.3", [made.an_issue("Slots vanish")])
    found = manager.get(reverse(LIST), {"q": "overlap"}).context["cl"].result_list
    assert [row.version for row in found] == ["1.0.2"]
    assert len(manager.get(reverse(LIST), {"q": "1.0.3"}).context["cl"].result_list) == 1


def test_drafting_previews_what_the_category_asks_for_and_which_issues_are_not_fixed(manager: Client) -> None:
    issue = made.an_issue("Slots overlap", fixed=False)
    query = f"version=1.0.2&category=high&issues={issue.pk}"
    answer = manager.get(f"{operate('release', 'create')}?{query}")
    shown = answer.content.decode()
    assert "the signatures of DevOps, Product manager, CTO (CTO last)" in shown
    assert "not fixed yet" in shown
    assert not Release.objects.exists()


def test_a_release_is_drafted_from_the_issues_that_are_ticked(manager: Client) -> None:
    issues = [made.an_issue("One"), made.an_issue("Two")]
    made.an_issue("Not yet looked at", fixed=False)
    chosen = {"action": "draft-release", "_selected_action": [issue.pk for issue in issues]}
    answer = manager.post(reverse("admin:releases_issue_changelist"), chosen, follow=True)
    form = answer.context["form"]
    assert form["version"].value() == "1.0.0"
    fields = {name: form[name].value() or "" for name in form.fields}
    seen = answer.context["seen"]
    done = manager.post(operate("release", "create"), {**fields, "seen": seen}, follow=True)
    assert "Release 1.0.0</a> is drafted" in done.content.decode()
    release = Release.objects.get(version="1.0.0")
    assert set(release.issues.all()) == set(issues)
    assert release.author is not None
    assert release.author.username == "rita"


def test_issues_that_cannot_be_part_of_a_release_are_left_out_and_named(manager: Client) -> None:
    free, taken = made.an_issue("Free"), made.an_issue("Taken")
    made.a_release("1.0.0", [taken])
    chosen = {"action": "draft-release", "_selected_action": [free.pk, taken.pk]}
    answer = manager.post(reverse("admin:releases_issue_changelist"), chosen, follow=True)
    assert f"can be part of one: {taken.reference}." in answer.content.decode()
    assert answer.context["form"]["issues"].value() == [str(free.pk)]
    assert answer.context["form"]["version"].value() == "1.0.1"


def test_issues_come_and_go_while_it_is_a_draft(manager: Client) -> None:
    release, more = made.a_release(), made.an_issue("One more")
    assert f"{more} is part of" in confirm(manager, release, "add-issues", issues=[more.pk])
    assert release.issues.count() == 2
    assert "is no part of" in confirm(manager, now(release), "remove-issues", issues=[more.pk])
    assert release.issues.count() == 1


def test_a_confirmation_of_an_old_picture_is_refused(manager: Client) -> None:
    release = made.a_release()
    releases.edit(release, actor=ROOT, title="Changed meanwhile")
    given = {"title": "Mine", "category": "medium", "method": "rolling", "risk": "", "notes": ""}
    said = confirm(manager, release, "edit", **given)
    assert "was changed since you saw it" in said
    assert now(release).title == "Changed meanwhile"


def test_the_page_tells_of_policy_issues_risk_and_changelog(manager: Client) -> None:
    issue = made.an_issue("Slots overlap", fixed=False, severity="critical")
    release = made.a_release("1.1.0", [issue], category="high", risk="Watch the queue", notes="Big one")
    shown = text(manager, release)
    for words in ("Blue-green", "before it begins", "2 different people", "not fixed yet", "Watch the queue"):
        assert words in shown
    assert f"- {issue}: Slots overlap" in shown
    assert "It was deployed nowhere yet." in shown


def test_it_goes_to_staging_and_the_page_says_what_production_lacks(manager: Client) -> None:
    release = made.a_release()
    assert "Automated Testing" in preview(manager, release, "stage")
    assert "goes to staging" in confirm(manager, release, "stage")
    shown = text(manager, release)
    assert "Missing before production" in shown
    assert "boxes are not ticked." in shown
    assert Deployment.objects.filter(release=release).count() == 2


def test_production_is_refused_with_the_list_of_what_is_missing(manager: Client) -> None:
    release = made.a_release()
    made.tested(release)
    before = AuditEvent.objects.count()
    shown = preview(manager, release, "deploy", percentage=25)
    assert "This is refused now." in shown
    assert "Not ticked" not in shown
    assert "4 of 40 eligible workspaces (10 %)" in shown
    assert "has not passed" not in shown
    assert "boxes are not ticked" in confirm(manager, now(release), "deploy", percentage=25)
    assert now(release).state == ReleaseState.TESTED
    assert AuditEvent.objects.count() == before


def test_a_ready_release_goes_to_production_as_far_as_was_asked(manager: Client) -> None:
    release = made.a_release()
    made.ready(release)
    shown = preview(manager, release, "deploy", percentage=25)
    assert "refused" not in shown
    assert "As far as" in shown
    assert "as far as 25 %" in confirm(manager, now(release), "deploy", percentage=25)
    deployment = Deployment.objects.get(release=release, environment="production")
    assert deployment.target_percentage == 25
    assert deployment.deployed_by == "admin:rita"


def test_the_story_of_release_deployments_and_plan_is_one_in_time(manager: Client) -> None:
    release = made.a_release()
    deployment = made.in_production(release)
    made.walk_to(deployment, "gradual_rollout")
    made.tick()
    made.taken_back(release, "Eleven pharmacies complain")
    found = page(manager, release).context["timeline"]
    whole = [*found, *manager.get(found_page(release, 2)).context["timeline"]]
    kinds = {entry.event.subject_type for entry in whole}
    assert kinds >= {"releases.deployment", "rollout.plan"}
    assert [entry.event.pk for entry in whole] == sorted((entry.event.pk for entry in whole), reverse=True)
    assert "Eleven pharmacies complain" in text(manager, release)


def found_page(release: Release, number: int) -> str:
    return f"{reverse('admin:releases_release_change', args=[release.pk])}?events={number}"


def test_an_abandoned_release_offers_nothing_more(manager: Client) -> None:
    release = made.a_release()
    assert "is abandoned" in confirm(manager, release, "abandon", reason="Not wanted")
    assert buttons(manager, now(release)) == []


@pytest.mark.parametrize("group", [VIEWER, SUPPORT, PRODUCT_MANAGER])
def test_who_may_not_release_sees_the_page_without_its_buttons(group: str) -> None:
    release = made.a_release()
    client = builders.signed_in(group, "vera")
    assert buttons(client, release) == []
    assert client.get(operate("release", "stage"), {"object": release.pk}).status_code == 403
    assert client.get(operate("release", "create")).status_code == 403
