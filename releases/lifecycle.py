"""The lives of issues, releases, deployments and steps as data: states, and what leads to which (SPEC 6)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class IssueState(StrEnum):
    """Where a bug stands."""

    DETECTED = "detected"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    IN_DEVELOPMENT = "in_development"
    FIXED = "fixed"
    PLANNED = "planned"
    DEPLOYED = "deployed"
    VERIFIED = "verified"
    DECLINED = "declined"


# "open" of the command line: every state before deployed.
OPEN_ISSUE = (
    IssueState.DETECTED,
    IssueState.TRIAGED,
    IssueState.ASSIGNED,
    IssueState.IN_DEVELOPMENT,
    IssueState.FIXED,
    IssueState.PLANNED,
)
# Somebody looked at it and holds it for a bug: it may become part of a release.
CONFIRMED_ISSUE = (
    IssueState.TRIAGED,
    IssueState.ASSIGNED,
    IssueState.IN_DEVELOPMENT,
    IssueState.FIXED,
)


@dataclass(frozen=True)
class Transition:
    """One step of an issue's life that a person may ask for."""

    name: str
    sources: Collection[IssueState]
    target: IssueState


# To `planned` and to `deployed` an issue comes with its release.
ISSUE_TRANSITIONS = {
    found.name: found
    for found in (
        Transition("triage", (IssueState.DETECTED,), IssueState.TRIAGED),
        Transition(
            "assign",
            (IssueState.DETECTED, IssueState.TRIAGED, IssueState.ASSIGNED, IssueState.IN_DEVELOPMENT),
            IssueState.ASSIGNED,
        ),
        Transition("start", (IssueState.TRIAGED, IssueState.ASSIGNED), IssueState.IN_DEVELOPMENT),
        Transition(
            "fix",
            (IssueState.TRIAGED, IssueState.ASSIGNED, IssueState.IN_DEVELOPMENT),
            IssueState.FIXED,
        ),
        Transition("verify", (IssueState.DEPLOYED,), IssueState.VERIFIED),
        Transition(
            "reopen",
            (
                IssueState.FIXED,
                IssueState.DEPLOYED,
                IssueState.VERIFIED,
                IssueState.DECLINED,
            ),
            IssueState.TRIAGED,
        ),
        Transition(
            "decline",
            (
                IssueState.DETECTED,
                IssueState.TRIAGED,
                IssueState.ASSIGNED,
                IssueState.IN_DEVELOPMENT,
            ),
            IssueState.DECLINED,
        ),
    )
}


def allowed(state: str) -> tuple[str, ...]:
    """The transitions that an issue in this state may take, by name."""
    return tuple(name for name, each in ISSUE_TRANSITIONS.items() if state in each.sources)


class ReleaseState(StrEnum):
    """Where a release stands. It is what its deployments made of it."""

    DRAFT = "draft"
    IN_STAGING = "in_staging"
    TESTED = "tested"
    IN_PRODUCTION = "in_production"
    DEPLOYED = "deployed"
    ROLLED_BACK = "rolled_back"
    ABANDONED = "abandoned"


# What it holds may still change: nothing of it runs anywhere, or is being tested.
EDITABLE_RELEASE = (ReleaseState.DRAFT, ReleaseState.TESTED)


class DeploymentState(StrEnum):
    """Where a deployment stands. The last four are its ends: `failed` before anything was changed."""

    PLANNED = "planned"
    RUNNING = "running"
    ROLLING_BACK = "rolling_back"
    COMPLETE = "complete"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY = (DeploymentState.RUNNING, DeploymentState.ROLLING_BACK)
ENDED = (
    DeploymentState.COMPLETE,
    DeploymentState.ROLLED_BACK,
    DeploymentState.FAILED,
    DeploymentState.CANCELLED,
)


class StepState(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
