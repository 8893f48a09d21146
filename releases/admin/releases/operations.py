"""What people do to releases, in the order of the buttons."""

from collections.abc import Callable

from django.utils.html import format_html

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from releases import releases
from releases.admin.deployments import previews as deployment_previews
from releases.admin.deployments.forms import ReasonForm
from releases.admin.releases import forms, links, previews
from releases.deployments import planning, rows, starting
from releases.lifecycle import ReleaseState
from releases.models import PRODUCTION, STAGING, Release

State = ReleaseState


def _create(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = releases.create(actor=actor, **inputs)
    url, name = links.release(done.pk), done.version
    return format_html('<a href="{}">Release {}</a> is drafted: deploy it to staging next.', url, name)


def _edit(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"Release {releases.edit(release, actor=actor, revision=version, **inputs)} is changed."


def _add(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    chosen = [*inputs["issues"]]
    done = releases.add_issues(release, chosen, actor=actor, revision=version)
    return f"{', '.join(map(str, chosen))} {'is' if len(chosen) == 1 else 'are'} part of {done}."


def _remove(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    chosen = [*inputs["issues"]]
    done = releases.remove_issues(release, chosen, actor=actor, revision=version)
    return f"{', '.join(map(str, chosen))} {'is' if len(chosen) == 1 else 'are'} no part of {done} any more."


def _stage(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    starting.start(release, STAGING, actor=actor)
    return f"{release} goes to staging. Its checklist for production can be worked meanwhile."


def _plan(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = planning.plan(release, PRODUCTION, actor=actor)
    return f"{done} is planned: its checklist can be worked and signed."


def _deploy(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    percentage = inputs["percentage"]
    starting.start(release, PRODUCTION, actor=actor, percentage=percentage)
    return f"{release} goes to production, as far as {percentage} %."


def _abandon(release: Release, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"Release {releases.abandon(release, actor=actor, revision=version, **inputs)} is abandoned."


def _staged(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    return deployment_previews.of_start(release, STAGING, 100, actor)


def _deployed(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    return deployment_previews.of_start(release, PRODUCTION, inputs["percentage"], actor)


def _planned(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    planning.plan(release, PRODUCTION, actor=actor, dry_run=True)
    return previews.brief(release, inputs, actor)


def _abandoned(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    releases.abandon(release, actor=actor, reason="To look", dry_run=True)
    return previews.brief(release, inputs, actor)


def _in(*states: str) -> Callable[[Release], bool]:
    return lambda release: release.state in states


def _changeable(release: Release) -> bool:
    return release.frozen_at is None and release.state != State.ABANDONED


def _may_be_planned(release: Release) -> bool:
    going = getattr(release, "goes_to_production", False)
    return release.state in planning.PLANNABLE[PRODUCTION] and not going


def _about(release: Release) -> Inputs:
    return {"release": release.pk, "module": release.module_id}


OPERATIONS = (
    Operation(
        name="create",
        title="Draft a release",
        permission=releases.ADD,
        perform=_create,
        preview=previews.of_create,
        form=forms.CreateForm,
        previewed=(
            "version",
            "module",
            "issues",
            "category",
            "method",
            "hotfix",
            "security",
            "title",
            "notes",
        ),
        creates=True,
        icon="add",
        style="primary",
        note="Tick the issues that it fixes. Preview shows how it ships and who must sign.",
    ),
    Operation(
        name="deploy",
        title="Deploy to production",
        permission=rows.DEPLOY,
        perform=_deploy,
        preview=_deployed,
        form=forms.DeployForm,
        initial=lambda release: {"percentage": 100},
        previewed=("percentage",),
        offered=_in(State.TESTED),
        icon="rocket_launch",
        style="primary",
        note="From now on the release cannot be changed. It can be rolled back from every step.",
    ),
    Operation(
        name="stage",
        title="Deploy to staging",
        label=lambda release: f"Deploy to staging{' again' if release.state == State.TESTED else ''}",
        permission=rows.DEPLOY,
        perform=_stage,
        preview=_staged,
        offered=_in(State.DRAFT, State.TESTED),
        icon="science",
        style="primary",
        note="Tests, performance, security, then a look by a person. Production is planned with it.",
    ),
    Operation(
        name="plan",
        title="Plan production",
        permission=rows.DEPLOY,
        perform=_plan,
        preview=_planned,
        offered=_may_be_planned,
        icon="event_note",
        note="Gives it steps, a checklist and sign-offs of its own. Nothing is deployed yet.",
    ),
    Operation(
        name="add-issues",
        title="Add issues",
        permission=releases.CHANGE,
        perform=_add,
        preview=previews.of_adding,
        form=forms.AddIssuesForm,
        initial=_about,
        offered=_in(State.DRAFT),
        icon="playlist_add",
    ),
    Operation(
        name="remove-issues",
        title="Take issues out",
        permission=releases.CHANGE,
        perform=_remove,
        preview=previews.brief,
        form=forms.RemoveIssuesForm,
        initial=_about,
        offered=_in(State.DRAFT),
        icon="playlist_remove",
    ),
    Operation(
        name="edit",
        title="Edit",
        permission=releases.CHANGE,
        perform=_edit,
        preview=previews.of_edit,
        form=forms.EditForm,
        initial=forms.EditForm.filled_in,
        previewed=("category", "method", "hotfix", "security"),
        offered=_changeable,
        icon="edit",
        note="How it ships can change while it is a draft, its texts until it goes to production.",
    ),
    Operation(
        name="abandon",
        title="Abandon",
        permission=releases.CHANGE,
        perform=_abandon,
        preview=_abandoned,
        form=ReasonForm,
        offered=_changeable,
        icon="delete",
        style="danger",
        note="It is given up for good. Its issues are free for another release.",
    ),
)
