"""A template of steps: forward, and those of a rollback."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from releases.template_text.durations import duration
from releases.template_text.faults import BadTemplate
from releases.template_text.fields import document
from releases.template_text.step_parts import UNDO, StepTemplate, read_step

MOST_STEPS = 60
# The guides' (post-launch, "Production Deployment"), with a day at each.
DEFAULT_ROLLOUT = ((10, 25, 50, 100), timedelta(hours=24))


@dataclass(frozen=True)
class StepsTemplate:
    """The steps of a deployment in their order, and what a rollback consists of."""

    title: str
    steps: tuple[StepTemplate, ...]
    rollback: tuple[StepTemplate, ...]

    @property
    def rolls_out(self) -> bool:
        """Whether it turns a flag on: what goes to production does."""
        return any(step.action == "rollout" for step in self.steps)

    def rollout(self) -> tuple[tuple[int, ...], timedelta]:
        """The percentages of its rollout, rising to 100, and how long each is kept at least."""
        for step in self.steps:
            if step.action == "rollout":
                return tuple(step.params["ladder"]), duration(step.params["dwell"])
        return DEFAULT_ROLLOUT


def read_steps(text: str) -> StepsTemplate:
    """The steps that are written. Raises BadTemplate with the place and the rule."""
    given = document(text, ("title", "steps", "rollback"))
    found = StepsTemplate(
        title=given.text("title", 100, needed=True),
        steps=tuple(
            read_step(each, f"steps, number {number}", full=True)
            for number, each in enumerate(given.list("steps", MOST_STEPS), start=1)
        ),
        rollback=tuple(
            _back_step(each, f"rollback, number {number}")
            for number, each in enumerate(given.list("rollback", MOST_STEPS), start=1)
        ),
    )
    _check_keys(found)
    _check_changes(found)
    _check_window(found.steps)
    if found.rolls_out:
        _check_production(found)
    return found


def _back_step(found: object, place: str) -> StepTemplate:
    if found == UNDO:
        return StepTemplate(key=UNDO, title="Undo what was done", runner=UNDO)
    return read_step(found, place, full=False)


def _all(found: StepsTemplate) -> Iterator[StepTemplate]:
    for step in found.steps:
        yield step
        if step.undo:
            yield step.undo
    yield from found.rollback


def _check_keys(found: StepsTemplate) -> None:
    seen = set()
    for step in _all(found):
        if step.key in seen:
            raise BadTemplate(f"The key {step.key} stands twice: each step and undo has one of its own.")
        if step.key == UNDO and step.runner != UNDO:
            raise BadTemplate(f"The key {UNDO} is taken: it stands for the undo of every step.")
        seen.add(step.key)


def _check_changes(found: StepsTemplate) -> None:
    """What changes the environment can be brought back."""
    for step in found.steps:
        if step.changes and step.undo is None:
            raise BadTemplate(f"The step {step.key} changes the environment: it must have an undo.")
    undone = any(step.undo for step in found.steps)
    if undone and all(step.key != UNDO for step in found.rollback):
        raise BadTemplate(f"rollback: must hold the word {UNDO}, because steps have one.")


def _check_window(steps: Sequence[StepTemplate]) -> None:
    """Who opens the maintenance window closes it, and a rollback does as well."""
    actions = [step.action for step in steps]
    for place, step in enumerate(steps):
        if step.action != "open_window":
            continue
        if "close_window" not in actions[place:]:
            raise BadTemplate(f"The step {step.key} opens the window: a later one must have close_window.")
        if step.undo is None or step.undo.action != "close_window":
            raise BadTemplate(f"The step {step.key} opens the window: its undo must be close_window.")


def _check_production(found: StepsTemplate) -> None:
    """One rollout, the end at the end, and a rollback that begins with the flags."""
    actions = [step.action for step in found.steps]
    if actions.count("rollout") > 1:
        raise BadTemplate("steps: must hold rollout once.")
    if actions.count("finish") != 1 or actions[-1] != "finish":
        raise BadTemplate("steps: the last one, and no other, must be finish.")
    if found.rollback[0].action != "flags_off":
        raise BadTemplate("rollback: must begin with flags_off.")
