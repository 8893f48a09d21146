"""The front page's part: releases in flight, and what of them waits for the reader."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from operations.actor import Actor
from releases.admin.deployments.pages import share_of
from releases.admin.releases import links
from releases.admin.releases.wording import DEPLOYMENT_LABELS, role
from releases.checklists import signing
from releases.deployments import rows
from releases.lifecycle import DeploymentState, StepState
from releases.models import PRODUCTION, ChangePolicy, Deployment, SignOff, Step

# More than that stand in the list.
MOST = 8


@dataclass(frozen=True)
class Flight:
    """One deployment that runs, and at what."""

    deployment: Deployment
    label: str
    share: str
    step: str
    waits: str
    url: str


@dataclass(frozen=True)
class Task:
    """Something that a person owes a release."""

    text: str
    url: str


def front_page(actor: Actor) -> dict[str, Any]:
    """What the template shows, in at most six queries; nothing for who may not see releases."""
    if not actor.may("releases.view_deployment"):
        return {}
    going = list(
        Deployment.objects.under_way().select_related("release", "environment", "plan").order_by("-id")
    )
    running = {
        step.deployment_id: step
        for step in Step.objects.filter(deployment__in=[each.pk for each in going], state=StepState.RUNNING)
    }
    return {
        "flights": [_flight(each, running.get(each.pk)) for each in going],
        "release_tasks": [*_steps(going, running, actor), *_signatures(actor)],
        "releases_url": links.releases(),
    }


def _flight(deployment: Deployment, step: Step | None) -> Flight:
    return Flight(
        deployment=deployment,
        label=DEPLOYMENT_LABELS[deployment.state],
        share=share_of(deployment),
        step=step.title if step else "",
        waits=deployment.held_because,
        url=links.release(deployment.release_id),
    )


def _steps(going: Sequence[Deployment], running: dict[int, Step], actor: Actor) -> list[Task]:
    """The steps that wait for a person, for who may report them."""
    if not actor.may(rows.REPORT):
        return []
    waiting = [(each, running[each.pk]) for each in going if each.pk in running]
    return [
        Task(
            f"{step.title}: release {each.release} in {each.environment_id} waits for a person",
            links.deployment(each.pk),
        )
        for each, step in waiting
        if step.runner == Step.Runner.PERSON
    ]


def _signatures(actor: Actor) -> list[Task]:
    """The signatures that the reader may give now: where the policy asks for one of their roles by name, or
    for anybody's while it lacks some."""
    mine = signing.roles_of(actor.user) if actor.user else ()
    if not mine:
        return []
    planned = list(
        Deployment.objects.filter(environment=PRODUCTION, state=DeploymentState.PLANNED)
        .select_related("release")
        .order_by("-id")[:MOST]
    )
    policies = {policy.category: policy for policy in ChangePolicy.objects.all()} if planned else {}
    signed: dict[int, list[SignOff]] = defaultdict(list)
    for each in SignOff.objects.filter(deployment__in=[each.pk for each in planned]):
        signed[each.deployment_id].append(each)
    found = []
    for deployment in planned:
        policy = policies.get(deployment.release.category)
        if policy and (names := _owed(deployment, policy, signed[deployment.pk], mine, actor)):
            text = f"Release {deployment.release} wants your signature: {', '.join(map(role, names))}"
            found.append(Task(text, f"{links.checklist(deployment.pk)}#sign-off"))
    return found


def _owed(
    deployment: Deployment, policy: ChangePolicy, signed: Sequence[SignOff], mine: Sequence[str], actor: Actor
) -> list[str]:
    """Those of the reader's roles that would help now."""
    user = actor.user.pk if actor.user else None
    if policy.not_the_author and deployment.release.author_id == user:
        return []
    given = {each.role for each in signed}
    if policy.roles:
        before = set(policy.roles) - {policy.last} - given
        asked = [each for each in mine if each in policy.roles and each not in given]
        return [each for each in asked if each != policy.last or not before]
    counted = {
        each.user_id
        for each in signed
        if not (policy.not_the_author and each.user_id == deployment.release.author_id)
    }
    lacks = len(counted) < policy.people and user not in counted
    return [each for each in mine if each not in given][:1] if lacks else []
