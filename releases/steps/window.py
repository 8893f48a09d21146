"""The maintenance window of a deployment: announced, in force, and over."""

from operations import windows
from operations.actor import Actor, Door
from operations.models import Window
from operations.spelling import local_time
from releases.announcements import publishing
from releases.models import Step
from releases.steps.progress import Progress, done, failed, waits

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=None)


def look_announced(step: Step) -> Progress:
    """Done when users were told of the window, half an hour before it."""
    window = _window(step)
    if window is None:
        return failed("The deployment has no maintenance window.")
    if fault := _over(window):
        return failed(fault)
    if publishing.announced(step.deployment):
        return done(f"{window} was announced: from {local_time(window.starts_at)}.")
    return waits(f"{window} is announced half an hour before {local_time(window.starts_at)}.")


def look_open(step: Step) -> Progress:
    """Done when the window is in force: phases and other deployments stop, and the product shows it."""
    window = _window(step)
    if window is None:
        return failed("The deployment has no maintenance window.")
    if fault := _over(window):
        return failed(fault)
    if window.state != "in force":
        return waits(f"{window} begins at {local_time(window.starts_at)}.")
    return done(f"{window} is in force.")


def look_close(step: Step) -> Progress:
    """End the window, unless it is over."""
    window = _window(step)
    if window is None or _over(window):
        return done("No maintenance window is in force.")
    windows.end(window, actor=ACTOR)
    return done(f"{window} was ended.")


def look_announce_complete(step: Step) -> Progress:
    """Tell users that the maintenance is over, unless they were told when it ended."""
    window = _window(step)
    told = publishing.of_window(window) if window else None
    if told is None or told.completed_at is not None or told.cancelled_at is not None:
        return done("Nothing of the maintenance is announced any more.")
    publishing.complete(told, actor=ACTOR)
    return done(f"Users were told that {window} is over.")


def _window(step: Step) -> Window | None:
    pk = step.deployment.window_id
    return Window.objects.filter(pk=pk).first() if pk else None


def _over(window: Window) -> str:
    return f"{window} is {window.state}." if window.state in ("over", "cancelled") else ""
