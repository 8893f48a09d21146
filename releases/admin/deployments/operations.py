"""What people do to deployments and their steps, in the order of the buttons."""

from collections.abc import Callable
from typing import Any

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.errors import Refused
from releases.admin.deployments import brief, forms, previews
from releases.deployments import planning, reporting, rolling_back, rows
from releases.lifecycle import DeploymentState
from releases.models import PRODUCTION, Deployment, Method
from rollout import gates, phases

ROLLED = (DeploymentState.RUNNING, DeploymentState.COMPLETE)


def _report(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    given = {name: inputs[name] for name in ("note", "url", "file", "attempt")}
    step = reporting.report(brief.step_of(deployment, inputs), inputs["outcome"], actor=actor, **given)
    if inputs["outcome"] == "noted":
        return f"Kept as evidence of “{step}”."
    return f"“{step}” {step.get_state_display().lower()}."


def _retry(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    step = reporting.retry(brief.step_of(deployment, inputs), actor=actor, reason=inputs["reason"])
    return f"“{step}” is asked for again: attempt {step.attempts}."


def _skip(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    step = reporting.skip(brief.step_of(deployment, inputs), actor=actor, reason=inputs["reason"])
    return f"“{step}” is left out."


def _proceed(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = reporting.proceed(deployment, inputs["percentage"], actor=actor, version=version)
    return f"It goes on to {done.target_percentage} %, rung by rung, while health passes."


def _override(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    following = gates.next_phase(previews.plan_of(deployment))
    if following is None:
        raise Refused("no_next_phase", f"{deployment} has no further rung.")
    to = max(following.percentage, deployment.target_percentage)
    reporting.proceed(deployment, to, actor=actor, override=inputs["reason"], version=version)
    return f"It is at {following.percentage} % now. What you wrote stands in the trail."


def _roll_back(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = rolling_back.roll_back(
        deployment.release, environment=deployment.environment_id, actor=actor, reason=inputs["reason"]
    )
    return f"{done} is being rolled back: its flag is off for everybody."


def _cancel(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{planning.cancel(deployment, actor=actor, reason=inputs['reason'])} is cancelled."


def _set_window(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = planning.set_window(deployment, inputs["window"], actor=actor, version=version)
    return f"{done} happens in “{inputs['window'].title}”."


def _note(deployment: Deployment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return (
        f"The notes of {planning.note(deployment, inputs['notes'], actor=actor, version=version)} are kept."
    )


def _in(*states: str) -> Callable[[Deployment], bool]:
    return lambda deployment: deployment.state in states


def _climbs(deployment: Deployment) -> bool:
    """Whether there is a rung above where it is."""
    plan = deployment.plan
    return deployment.state == DeploymentState.RUNNING and plan is not None and plan.percentage < 100


def _initial_rung(deployment: Deployment) -> Inputs:
    """The rung after the one it stops at."""
    rungs = previews.rungs_above(deployment)
    beyond = [each for each in rungs if each > deployment.target_percentage]
    return {"percentage": beyond[0] if beyond else rungs[-1] if rungs else 100}


def _of_step(**options: Any) -> Operation:
    return Operation(previewed=("step",), on_page=False, **options)


OPERATIONS = (
    Operation(
        name="continue",
        title="Continue",
        permission=rows.DEPLOY,
        perform=_proceed,
        preview=previews.of_proceed,
        form=forms.ProceedForm,
        initial=_initial_rung,
        previewed=("percentage",),
        offered=lambda deployment: _climbs(deployment) and deployment.target_percentage < 100,
        icon="trending_up",
        style="primary",
        note="Beyond where it stops. Each rung still waits for its dwell and for a verdict that passes.",
    ),
    Operation(
        name="override",
        title="Run the next rung now",
        permission=phases.OVERRIDE,
        perform=_override,
        preview=brief.preview,
        form=forms.ReasonForm,
        offered=_climbs,
        icon="fast_forward",
        style="warning",
        note="Past its closed gate, with a reason that stays on the record.",
    ),
    Operation(
        name="window",
        title="Set the window",
        permission=rows.DEPLOY,
        perform=_set_window,
        preview=brief.preview,
        form=forms.WindowForm,
        initial=lambda deployment: {"window": deployment.window_id},
        offered=lambda deployment: (
            deployment.state == DeploymentState.PLANNED
            and deployment.environment_id == PRODUCTION
            and deployment.method == Method.MAINTENANCE_WINDOW
        ),
        icon="event",
        style="primary",
    ),
    Operation(
        name="notes",
        title="Write notes",
        permission=planning.CHANGE,
        perform=_note,
        preview=brief.preview,
        form=forms.NotesForm,
        initial=lambda deployment: {"notes": deployment.notes},
        icon="edit_note",
    ),
    Operation(
        name="cancel",
        title="Cancel",
        permission=rows.DEPLOY,
        perform=_cancel,
        preview=brief.of_cancel,
        form=forms.ReasonForm,
        offered=_in(DeploymentState.PLANNED),
        icon="cancel",
        style="warning",
        note="It is not deployed. What was ticked and signed for it stays on the record and counts no "
        "more; a tested release is a draft again.",
    ),
    Operation(
        name="rollback",
        title="Roll back",
        permission=rows.ROLL_BACK,
        perform=_roll_back,
        preview=previews.of_rollback,
        form=forms.ReasonForm,
        offered=_in(*ROLLED),
        icon="undo",
        style="danger",
        note="It works from every step, freeze or not.",
    ),
    _of_step(
        name="report",
        title="Report the result",
        permission=rows.REPORT,
        perform=_report,
        preview=brief.of_report,
        form=forms.ReportForm,
        initial=lambda deployment: {"outcome": "succeeded"},
        icon="task_alt",
        style="primary",
        note="A step that failed ends the deployment: where anything was changed, the portal rolls it back.",
    ),
    _of_step(
        name="retry",
        title="Ask again",
        permission=rows.DEPLOY,
        perform=_retry,
        preview=brief.of_retry,
        form=forms.StepReasonForm,
        icon="replay",
        note="The CI is asked once more; an answer to the attempt before does not count any more.",
    ),
    _of_step(
        name="skip",
        title="Leave out",
        permission=rows.DEPLOY,
        perform=_skip,
        preview=brief.of_skip,
        form=forms.StepReasonForm,
        icon="skip_next",
        style="warning",
        note="The next step begins. What changes the environment cannot be left out.",
    ),
)
