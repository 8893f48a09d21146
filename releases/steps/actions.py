"""The portal's actions by their names in templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from releases.models import Step
from releases.steps import backup, flags_off, health_check, monitoring, ramp, window
from releases.steps.progress import Progress

# The last step, which ends the deployment: that is the deployment's own business.
FINISH = "finish"
QUICK = timedelta(minutes=1)


@dataclass(frozen=True)
class Action:
    """One look at a step. Nobody else looks at it for `lease`, or until the look is over."""

    look: Callable[[Step], Progress]
    lease: timedelta = QUICK


ACTIONS: Mapping[str, Action] = {
    "health_check": Action(health_check.look),
    "backup": Action(backup.look, lease=timedelta(minutes=10)),
    "rollout": Action(ramp.look),
    "monitor": Action(monitoring.look),
    "announced": Action(window.look_announced),
    "open_window": Action(window.look_open),
    "close_window": Action(window.look_close),
    "announce_complete": Action(window.look_announce_complete),
    "flags_off": Action(flags_off.look),
}
