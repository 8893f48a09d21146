"""What the pages say of a release, a deployment and a step: each state as a word, a colour and an icon."""

from collections.abc import Mapping
from datetime import timedelta

from releases.lifecycle import DeploymentState, ReleaseState, StepState
from releases.models import Evidence, Release
from releases.roles import GROUPS, Role

RELEASE_LABELS: Mapping[str, str] = {
    ReleaseState.DRAFT: "",
    ReleaseState.IN_STAGING: "info",
    ReleaseState.TESTED: "info",
    ReleaseState.IN_PRODUCTION: "warning",
    ReleaseState.DEPLOYED: "success",
    ReleaseState.ROLLED_BACK: "danger",
    ReleaseState.ABANDONED: "",
}
DEPLOYMENT_LABELS: Mapping[str, str] = {
    DeploymentState.PLANNED: "",
    DeploymentState.RUNNING: "info",
    DeploymentState.ROLLING_BACK: "warning",
    DeploymentState.COMPLETE: "success",
    DeploymentState.ROLLED_BACK: "danger",
    DeploymentState.FAILED: "danger",
    DeploymentState.CANCELLED: "",
}
CATEGORY_LABELS: Mapping[str, str] = {"low": "", "medium": "info", "high": "warning"}
SEVERITY_LABELS: Mapping[str, str] = {"critical": "danger", "high": "warning", "medium": "info", "low": ""}
ISSUE_LABELS: Mapping[str, str] = {
    "fixed": "success",
    "planned": "success",
    "deployed": "success",
    "verified": "success",
    "declined": "",
}
STEP_ICONS: Mapping[str, str] = {
    StepState.WAITING: "schedule",
    StepState.RUNNING: "pending",
    StepState.SUCCEEDED: "check_circle",
    StepState.FAILED: "error",
    StepState.SKIPPED: "skip_next",
}
RUNNERS: Mapping[str, str] = {"portal": "the portal", "webhook": "the CI", "person": "a person"}
OUTCOME_LABELS: Mapping[str, str] = {
    Evidence.Outcome.SUCCEEDED: "success",
    Evidence.Outcome.FAILED: "danger",
    Evidence.Outcome.TIMED_OUT: "danger",
    Evidence.Outcome.SKIPPED: "warning",
    Evidence.Outcome.NOTED: "info",
}
# A month of thirty days and a year have no name here: steps and dwells are shorter.
UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
DOORS = {"admin": "{}", "command": "{} on the command line", "api": "the key {}", "beat": "the portal"}


def role(name: str) -> str:
    """A role that signs, as its group is called."""
    return GROUPS[Role(name)] if name in set(Role) else name.replace("_", " ").capitalize()


def by_whom(actor: str) -> str:
    """ "admin:ada" as "ada", "api:ci" as "the key ci"."""
    door, _, label = actor.partition(":")
    return DOORS.get(door, "{}").format(label) if label else actor


def span(length: timedelta) -> str:
    """A length of time in its greatest whole unit: "24 hours", "2 days", "90 minutes"."""
    for unit, name in UNITS:
        if length >= unit and not length % unit and not (name == "day" and length == unit):
            number = length // unit
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{round(length.total_seconds())} seconds"


def about(length: timedelta) -> str:
    """How long something took, in about two units: "3 days 4 hours", "12 minutes"."""
    rest, parts = length, []
    for unit, name in UNITS:
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number} {name}{'' if number == 1 else 's'}")
    seconds = round(length.total_seconds())
    return " ".join(parts[:2]) or f"{seconds} second{'' if seconds == 1 else 's'}"


def kinds(release: Release) -> list[tuple[str, str]]:
    """The marks of a release: hotfix, security."""
    marks = [("Hotfix", release.hotfix), ("Security", release.security)]
    return [(word, "warning") for word, given in marks if given]
