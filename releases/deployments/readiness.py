"""What is missing before a deployment may start: every reason at once, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from operations.errors import Refused
from operations.models import Window
from releases.announcements import publishing
from releases.checklists import signing, ticking
from releases.deployments import planning
from releases.lifecycle import IssueState, ReleaseState
from releases.models import PRODUCTION, ChangePolicy, Deployment, Environment, Method, Release
from rollout import gates

READY_ISSUES = (IssueState.FIXED, IssueState.PLANNED, IssueState.DEPLOYED, IssueState.VERIFIED)
MOST_NAMED = 40


@dataclass(frozen=True)
class Reason:
    """Why a deployment may not start, and what to do. None of them can be overridden."""

    code: str
    message: str
    can_override: bool = False


class NotReady(Refused):
    """What `reasons` say keeps a deployment from being started."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(reasons[0].code, "\n".join(reason.message for reason in reasons))
        self.reasons = tuple(reasons)


def missing(deployment: Deployment) -> list[Reason]:
    """Every reason why a planned deployment may not start now; none: it may."""
    return of(deployment.release, deployment.environment, deployment)


def of(release: Release, environment: Environment, planned: Deployment | None) -> list[Reason]:
    """Every reason why a release may not go to an environment now.

    The order is that of the work: what the release still needs, what people still owe, what stands in the
    way at this moment.
    """
    reasons = _state(release, environment, planned) + _issues(release)
    if environment.key == PRODUCTION and planned is not None:
        reasons += _checklist(planned) + _signatures(planned) + _announcement(planned) + _window(planned)
    return reasons + _windows(planned) + _other(environment, planned)


def _state(release: Release, environment: Environment, planned: Deployment | None) -> list[Reason]:
    if environment.key != PRODUCTION:
        fault = planning.not_plannable(release, environment.key) if planned is None else ""
        return [Reason("state", fault)] if fault else []
    reasons = []
    if release.state in (ReleaseState.DRAFT, ReleaseState.IN_STAGING):
        reasons.append(Reason("not_tested", f"{release} has not passed staging: deploy it there first."))
    elif release.state != ReleaseState.TESTED:
        state = release.get_state_display().lower()
        reasons.append(Reason("state", f"{release} is {state}: it does not go to production again."))
    if planned is None and release.state in planning.PLANNABLE[PRODUCTION]:
        message = f"No deployment of {release} to production is planned: plan one, and work its checklist."
        reasons.append(Reason("not_planned", message))
    return reasons


def _issues(release: Release) -> list[Reason]:
    unfixed = release.issues.exclude(state__in=READY_ISSUES).order_by("number")[: MOST_NAMED + 1]
    return [
        Reason("issue_not_fixed", f"{issue} is {issue.get_state_display().lower()}, not fixed.")
        for issue in unfixed
    ]


def _checklist(planned: Deployment) -> list[Reason]:
    opened = list(ticking.open_before(planned).values_list("part", "section", "title"))
    return [
        Reason("checklist", f"Not ticked: {' / '.join(part for part in where if part)}.") for where in opened
    ]


def _signatures(planned: Deployment) -> list[Reason]:
    return [Reason("sign_off", words) for words in signing.missing(planned)]


def _announcement(planned: Deployment) -> list[Reason]:
    release = planned.release
    policy = ChangePolicy.objects.get(pk=release.category)
    afterwards = release.hotfix and release.security
    if not policy.announcement or afterwards or publishing.announced(planned):
        return []
    message = (
        f"A change of {policy.get_category_display().lower()} is announced before: publish an announcement."
    )
    return [Reason("not_announced", message)]


def _window(planned: Deployment) -> list[Reason]:
    if planned.method != Method.MAINTENANCE_WINDOW:
        return []
    window = planned.window
    if window is None:
        return [Reason("no_window", "It ships in a maintenance window: plan one, and set it here.")]
    if window.state in ("over", "cancelled"):
        return [Reason("window_over", f"{window} is {window.state}: set another maintenance window.")]
    return []


def _windows(planned: Deployment | None) -> list[Reason]:
    """Freezes and maintenance in force, but for the deployment's own window."""
    in_force = Window.objects.in_force()
    if planned is not None and planned.window_id is not None:
        in_force = in_force.exclude(pk=planned.window_id)
    found = gates.windows(in_force)
    return [Reason(each.code, each.message) for each in found]


def _other(environment: Environment, planned: Deployment | None) -> list[Reason]:
    others = Deployment.objects.under_way().filter(environment=environment).select_related("release")
    if planned is not None:
        others = others.exclude(pk=planned.pk)
    return [
        Reason(
            "under_way",
            f"{other} is {other.get_state_display().lower()}: one deployment at a time. "
            "Wait for its end, or roll it back.",
        )
        for other in others
    ]
