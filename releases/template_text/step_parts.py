"""One step of a template, and what the portal's own actions ask of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from releases.template_text.fields import Fields

RUNNERS = ("portal", "webhook", "person")
# In a list of rollback steps it stands for the undo of every step that was begun, the last first.
UNDO = "undo"


@dataclass(frozen=True)
class StepTemplate:
    """What a deployment's step is made from.

    `changes` says that the environment is another one afterwards; `undo` is what brings it back. `timeout` is
    for each of the `attempts`. A step that is just the word "undo" has that as key and as runner.
    """

    key: str
    title: str
    runner: str
    description: str = ""
    action: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    changes: bool = False
    undo: "StepTemplate | None" = None
    timeout: timedelta | None = None
    attempts: int = 1


def _no_params(found: Fields) -> None:
    """Nothing to say beside the action."""


def _rollout_params(found: Fields) -> None:
    ladder = found.list("ladder", 20)
    whole = all(isinstance(each, int) and not isinstance(each, bool) for each in ladder)
    if not whole or ladder != sorted(set(ladder)) or ladder[0] < 1 or ladder[-1] != 100:
        raise found.fault("must be rising whole percentages, the last one 100", "ladder")
    found.duration("dwell", needed=True)


def _monitor_params(found: Fields) -> None:
    found.duration("for", needed=True)


# What the portal can do itself: the parameters of each, and what reads them.
ACTIONS: Mapping[str, tuple[tuple[str, ...], Callable[[Fields], None]]] = {
    "health_check": ((), _no_params),
    "backup": ((), _no_params),
    "rollout": (("ladder", "dwell"), _rollout_params),
    "monitor": (("for",), _monitor_params),
    "announced": ((), _no_params),
    "open_window": ((), _no_params),
    "close_window": ((), _no_params),
    "announce_complete": ((), _no_params),
    "flags_off": ((), _no_params),
    "finish": ((), _no_params),
}
PLAIN = ("key", "title", "description", "runner", "action", "params", "timeout", "attempts")
FULL = (*PLAIN, "changes", "undo")


def read_step(found: Any, place: str, *, full: bool) -> StepTemplate:
    """One step. Only a `full` one may change something and have an undo."""
    given = Fields(found, place, FULL if full else PLAIN)
    key = given.key()
    runner = given.choice("runner", RUNNERS)
    action = _action(given, runner)
    return StepTemplate(
        key=key,
        title=given.text("title", 100, needed=True),
        description=given.text("description", 2_000, lines=True),
        runner=runner,
        action=action,
        params=_params(given, runner, action),
        timeout=given.duration("timeout"),
        attempts=given.number("attempts", 1, 10, 1),
        changes=given.flag("changes") if full else False,
        undo=_undo(given),
    )


def _undo(given: Fields) -> StepTemplate | None:
    if not given.has("undo"):
        return None
    return read_step(given.raw("undo"), f"{given.place}: its undo", full=False)


def _action(given: Fields, runner: str) -> str:
    if runner == "portal":
        return given.choice("action", tuple(ACTIONS))
    if given.has("action"):
        raise given.fault(f"is for steps of the portal, and this one's runner is {runner}", "action")
    return ""


def _params(given: Fields, runner: str, action: str) -> Mapping[str, Any]:
    """The parameters as they are written; durations are read where they are used."""
    if not action:
        if given.has("params"):
            raise given.fault(f"are for steps of the portal, and this one's runner is {runner}", "params")
        return {}
    known, check = ACTIONS[action]
    if not known and not given.has("params"):
        return {}
    if not known:
        raise given.fault(f"are not taken by {action}", "params")
    found = given.raw("params")
    check(Fields(found, f"{given.place}: params", known))
    return dict(found)
