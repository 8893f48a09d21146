"""The pages of deployments: the ladder, its evidence, and what people do on the way."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring import reviews
from operations.groups import RELEASE_MANAGER, VIEWER
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Evidence, Step
from tests import builders
from tests.releases import builders as made
from tests.releases.admin.pages import buttons, confirm, operate, page, preview, report, states, text

pytestmark = pytest.mark.django_db

LIST = "admin:releases_deployment_changelist"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def manager() -> Client:
    return builders.signed_in(RELEASE_MANAGER, "rita")


@pytest.fixture
def staging() -> Deployment:
    return made.in_staging(made.a_release())


def ramping(percentage: int = 100) -> Deployment:
    """A deployment to production that a tenth has."""
    deployment = made.in_production(made.a_release(), percentage=percentage)
    made.walk_to(deployment, "gradual_rollout")
    made.tick()
    return made.now(deployment)


def running(deployment: Deployment) -> Step:
    return deployment.steps.select_related("deployment").get(state=StepState.RUNNING)


def test_the_ladder_says_of_each_step_how_it_stands_and_who_runs_it(
    manager: Client, staging: Deployment
) -> None:
    ladder = page(manager, staging).context["told"].ladder
    assert [(rung.step.key, rung.word, rung.runner) for rung in ladder.forward] == [
        ("automated_testing", "Waits for a person", "a person"),
        ("performance_testing", "Waiting", "a person"),
        ("security_scanning", "Waiting", "a person"),
        ("manual_testing", "Waiting", "a person"),
    ]
    assert [button.name for button in ladder.forward[0].buttons] == ["report", "skip"]
    assert all(not rung.buttons for rung in ladder.forward[1:])


def test_a_step_is_reported_with_a_note_a_link_and_a_file_that_only_who_may_see_it_saves(
    manager: Client, staging: Deployment
) -> None:
    step = running(staging)
    file = SimpleUploadedFile("proof.png", PNG, content_type="image/png")
    said = report(manager, step, note="<b>All green</b>", url="https://ci.example.org/7", file=file)
    assert "“Automated Testing” succeeded." in said
    evidence = Evidence.objects.get(step=step, outcome="succeeded")
    shown = page(manager, staging).content.decode()
    assert "&lt;b&gt;All green&lt;/b&gt;" in shown
    assert 'href="https://ci.example.org/7"' in shown
    address = reverse("admin:releases_deployment_evidence", args=[step.pk, evidence.pk])
    assert address in shown
    answer = manager.get(address)
    assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="proof.png"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Client().get(address).status_code == 302
    assert manager.get(address.replace(f"/{step.pk}/", f"/{step.pk + 1}/")).status_code == 404


def test_the_result_of_an_attempt_that_is_over_is_refused(manager: Client, staging: Deployment) -> None:
    step = running(staging)
    report(manager, step)
    assert "only a step that runs has a result" in report(manager, step, "failed")
    assert "only a step that runs has a result" in preview(manager, staging, "report", step=step.key)
    assert "has no step 'nonsense'" in preview(manager, staging, "report", step="nonsense")


def test_a_step_that_fails_before_anything_changed_ends_the_deployment(
    manager: Client, staging: Deployment
) -> None:
    report(manager, running(staging), "failed", note="Twelve tests are red")
    shown = text(manager, made.now(staging))
    assert "It failed before anything was changed: the old version runs." in shown
    assert "Twelve tests are red" in shown
    assert [rung.word for rung in page(manager, staging).context["told"].ladder.forward] == [
        "Failed",
        *["Not begun"] * 3,
    ]


def test_a_test_is_left_out_with_a_reason_that_stays(manager: Client, staging: Deployment) -> None:
    assert "is left out" in confirm(
        manager, staging, "skip", step="automated_testing", reason="Ran an hour ago"
    )
    assert "Ran an hour ago" in text(manager, staging)


def test_the_rungs_say_when_each_was_reached_what_health_said_and_where_it_stops(manager: Client) -> None:
    deployment = ramping(percentage=25)
    assert states(manager, deployment) == [
        ("10 %", "Now"),
        ("25 %", "Next"),
        ("50 %", "Beyond the stop"),
        ("100 %", "Beyond the stop"),
    ]
    made.let_pass(deployment)
    made.tick()
    made.tick()
    shown = text(manager, made.now(deployment))
    assert states(manager, deployment)[:2] == [("10 %", "Passed"), ("25 %", "Reached")]
    assert "a pass for the test" in shown
    assert "Stops here" in shown
    assert "It stops at 25 %" in shown
    assert {"continue", "override", "rollback"} >= {*buttons(manager, deployment)} - {"notes"}
    assert "Next rung" in preview(manager, deployment, "continue")
    assert "It goes on to 100 %" in confirm(manager, made.now(deployment), "continue", percentage=100)
    assert states(manager, deployment)[2] == ("50 %", "Next")
    assert "must be one of" in confirm(manager, made.now(deployment), "continue", percentage=30)


def test_a_rollback_says_who_loses_it_and_what_is_undone_and_the_way_back_is_told(manager: Client) -> None:
    deployment = ramping()
    shown = preview(manager, deployment, "rollback")
    assert "Lose the module: 4" in shown
    assert shown.index("Restore previous frontend") < shown.index("Restore previous backend")
    assert made.now(deployment).state == DeploymentState.RUNNING
    said = confirm(manager, deployment, "rollback", reason="It hurts")
    assert "its flag is off for everybody" in said
    told = page(manager, deployment).context["told"]
    assert next(rung.word for rung in told.shares) == "Taken back"
    assert told.ladder.back
    assert told.rolled_back_by == "rita"
    made.walk_to_the_end(deployment)
    assert "Rolled back" in text(manager, made.now(deployment))
    assert buttons(manager, deployment) == ["notes"]


def test_the_record_of_a_complete_deployment_names_who_did_it_and_the_reviews_that_are_due(
    manager: Client,
) -> None:
    deployment = made.walk_to_the_end(made.in_production(made.a_release()))
    reviews.schedule()
    told = page(manager, deployment).context["told"]
    assert told.reviews.ahead is not None
    shown = text(manager, deployment)
    assert "Deployed by" in shown
    assert "devops-person (devops)" in shown
    assert states(manager, deployment)[-1] == ("100 %", "Now")


def test_a_planned_deployment_is_cancelled_and_its_notes_are_kept(manager: Client) -> None:
    planned = made.tested(made.a_release())
    assert buttons(manager, planned) == ["deploy", "notes", "cancel"]
    assert "are kept" in confirm(manager, planned, "notes", notes="Tell the night shift")
    assert "Tell the night shift" in text(manager, planned)
    assert "changed since you saw it" in confirm(manager, planned, "notes", notes="Old picture")
    assert "is cancelled" in confirm(manager, made.now(planned), "cancel", reason="Next week")
    assert "Missing before production" not in text(manager, planned)


def test_a_deployment_by_maintenance_window_gets_one_that_lies_ahead(manager: Client) -> None:
    release = made.a_release(method="maintenance_window")
    planned = made.tested(release)
    now = timezone.now()
    window = made.a_window(starts_at=now + timedelta(hours=2), ends_at=now + timedelta(hours=4))
    made.a_window("freeze", starts_at=now + timedelta(hours=6), ends_at=now + timedelta(hours=8))
    offered = preview(manager, planned, "window")
    assert offered.count("Database upgrade:") == 1
    assert "happens in" in confirm(manager, planned, "window", window=window.pk)
    assert "Database upgrade" in text(manager, made.now(planned))


def test_the_list_says_share_and_what_it_waits_for_and_filters_by_environment(manager: Client) -> None:
    deployment = ramping(percentage=10)
    made.tick()
    shown = manager.get(reverse(LIST), {"environment__key__exact": "production"})
    assert [row.pk for row in shown.context["cl"].result_list] == [deployment.pk]
    assert "It stops at 10 %" in shown.content.decode()
    assert len(manager.get(reverse(LIST), {"q": "1.0.2"}).context["cl"].result_list) == 2


def test_a_viewer_reads_the_ladder_and_does_nothing(staging: Deployment) -> None:
    viewer = builders.signed_in(VIEWER, "vera")
    told = page(viewer, staging).context["told"]
    assert told.ladder.forward
    assert not any(rung.buttons for rung in told.ladder.forward)
    assert buttons(viewer, staging) == []
    for name in ("report", "rollback", "notes", "cancel"):
        assert viewer.get(operate("deployment", name), {"object": staging.pk}).status_code == 403
