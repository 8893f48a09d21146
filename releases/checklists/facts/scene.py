"""What is looked at: one deployment and, read once, what many facts ask of it."""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from django.utils import timezone

from releases import template_text
from releases.models import STAGING, Deployment, Step
from releases.template_text import StepsTemplate
from rollout.models import Module, Plan


class Fact(NamedTuple):
    """Whether something holds, in a sentence; None: the portal cannot know, a person looks."""

    holds: bool | None
    text: str


class Scene:
    """A deployment, its plan, its steps and the newest deployment of the release to staging."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.now = timezone.now()

    @cached_property
    def module(self) -> Module:
        """The whole module that the release belongs to."""
        return self.deployment.release.module.whole

    @cached_property
    def plan(self) -> Plan | None:
        """The release's own plan, once there is one."""
        return self.deployment.plan

    @cached_property
    def template(self) -> StepsTemplate:
        return template_text.read_steps(self.deployment.steps_from.text)

    @cached_property
    def steps(self) -> list[Step]:
        """The forward steps in their order."""
        return list(self.deployment.steps.filter(direction=Step.Direction.FORWARD).order_by("position"))

    @cached_property
    def staging(self) -> Deployment | None:
        found = Deployment.objects.filter(release=self.deployment.release_id, environment=STAGING)
        return found.order_by("-pk").first()

    @property
    def before_rollout(self) -> list[Step]:
        """The steps up to the gradual rollout."""
        actions = [step.action for step in self.steps]
        return self.steps[: actions.index("rollout")] if "rollout" in actions else self.steps


Ask = Callable[[Scene], Fact]


def yours(text: str) -> Ask:
    """What only people can know."""
    return lambda scene: Fact(None, f"Only a person can tell {text}.")


def ago(length: timedelta) -> str:
    """How long ago, in one unit."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2_880 else f"{minutes // 1_440} days ago"
