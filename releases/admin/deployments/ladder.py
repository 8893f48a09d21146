"""A deployment's steps as a ladder: how each stands, who runs it, what it left, what may be done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from operations.actor import Actor
from operations.doors.model_admin import Button
from releases.admin.deployments import evidence
from releases.admin.deployments.evidence import Proof
from releases.admin.releases import links
from releases.admin.releases.wording import RUNNERS, STEP_ICONS, about
from releases.deployments import rows
from releases.lifecycle import UNDER_WAY, StepState
from releases.models import Deployment, Evidence, Step


@dataclass(frozen=True)
class Rung:
    """One step as the page shows it."""

    step: Step
    number: int
    icon: str
    word: str
    runner: str
    attempts: str
    took: str
    waits_for_person: bool
    proofs: Sequence[Proof]
    buttons: Sequence[Button] = ()
    undoes: str = ""

    @property
    def is_rollout(self) -> bool:
        return self.step.action == "rollout"


@dataclass(frozen=True)
class Ladder:
    """The steps forward, and those of the way back."""

    forward: Sequence[Rung] = field(default=())
    back: Sequence[Rung] = field(default=())

    @property
    def sentence(self) -> str:
        """How far it is, in one line."""
        done = sum(rung.step.state in (StepState.SUCCEEDED, StepState.SKIPPED) for rung in self.forward)
        return f"{done} of {len(self.forward)} steps done"


def ladder(
    deployment: Deployment, steps: Sequence[Step], left: Mapping[int, Sequence[Evidence]], actor: Actor
) -> Ladder:
    """The ladder of one deployment from its steps and what they left, without a query."""
    rungs = [_rung(deployment, step, left.get(step.pk, ()), actor) for step in steps]
    forward = [rung for rung in rungs if rung.step.direction == Step.Direction.FORWARD]
    back = [rung for rung in rungs if rung.step.direction == Step.Direction.BACK]
    return Ladder(_numbered(forward), _numbered(back))


def _numbered(rungs: Sequence[Rung]) -> list[Rung]:
    return [replace(rung, number=number) for number, rung in enumerate(rungs, 1)]


def _rung(deployment: Deployment, step: Step, left: Sequence[Evidence], actor: Actor) -> Rung:
    running = step.state == StepState.RUNNING
    return Rung(
        step=step,
        number=0,
        icon=STEP_ICONS[step.state],
        word=_word(deployment, step),
        runner=RUNNERS[step.runner],
        attempts=_attempts(step),
        took=about(step.finished_at - step.started_at) if step.finished_at and step.started_at else "",
        waits_for_person=running and step.runner == Step.Runner.PERSON,
        proofs=[evidence.proof(each) for each in left],
        buttons=buttons(deployment, step, actor),
        undoes=str(step.undo.get("title", "")) if step.undo else "",
    )


def _attempts(step: Step) -> str:
    """Which attempt it is at, where there is more than one or may be."""
    if step.attempts > 1 or (step.attempts and step.most_attempts > 1 and step.state != StepState.SUCCEEDED):
        return f"attempt {step.attempts} of {max(step.attempts, step.most_attempts)}"
    waits = step.state == StepState.WAITING and not step.attempts
    return f"up to {step.most_attempts} attempts" if waits and step.most_attempts > 1 else ""


def _word(deployment: Deployment, step: Step) -> str:
    """The state in words: what a rollback or an end left out was never begun."""
    if not step.attempts and (step.state == StepState.SKIPPED or deployment.has_ended):
        return "Not begun"
    if step.state == StepState.RUNNING:
        return {
            Step.Runner.PERSON: "Waits for a person",
            Step.Runner.WEBHOOK: "Waits for the CI",
            Step.Runner.PORTAL: "Running",
        }[Step.Runner(step.runner)]
    return step.get_state_display()


def buttons(deployment: Deployment, step: Step, actor: Actor) -> list[Button]:
    """What this person may do about a step as it stands: the verbs have the last word."""
    found: list[Button] = []
    if deployment.state not in UNDER_WAY or step.state != StepState.RUNNING:
        return found
    if step.runner == Step.Runner.PORTAL:
        return found
    if actor.may(rows.REPORT):
        found.append(_button(deployment, step, "report", "Report the result", "task_alt", "primary"))
    if step.runner == Step.Runner.WEBHOOK and actor.may(rows.DEPLOY):
        found.append(_button(deployment, step, "retry", "Ask again", "replay", "default"))
    if not step.changes and step.direction == Step.Direction.FORWARD and actor.may(rows.DEPLOY):
        found.append(_button(deployment, step, "skip", "Leave out", "skip_next", "default"))
    return found


def _button(deployment: Deployment, step: Step, name: str, title: str, icon: str, style: str) -> Button:
    url = links.operation("deployment", name, deployment, step=step.key, attempt=step.attempts)
    return Button(name, title, url, icon, style)
