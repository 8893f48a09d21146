"""What alerts tell of deployments: deployed, failed, rolled back, stuck on the way back (SPEC 4.4).

`title` names the release and where it goes ("1.0.2 to production"), `key` the deployment. Each is told once,
however often it is said, and in the caller's transaction.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from monitoring.alerts.signals import Signal, take
from monitoring.levels import CRITICAL, ERROR, INFO
from monitoring.models import Alert
from rollout.models import Module

DAY = timedelta(days=1)
ROLLED_BACK, STUCK = "deployment_rolled_back", "deployment_stuck"

# Says the same again: it neither counts nor comes back when somebody has resolved it.
_told = partial(Signal, source=Alert.Source.PORTAL, firing=True, counts=0)


def deployed(module: Module, title: str, summary: str, *, key: str) -> None:
    """That a release has arrived: an event, in an incident of its own."""
    cause = f"deployed:{key}"
    said = _told(module=module, cause=cause, level=INFO, group_key=cause, lasts=DAY)
    _tell(said, f"Deployed: {title}", summary)


def failed(module: Module, title: str, summary: str, *, key: str) -> None:
    """That a deployment ended before it had changed anything: an event that is over after a day."""
    advice = "Nothing was changed. See the step that failed on the deployment's page, and start it anew."
    said = _told(module=module, cause=f"deployment_failed:{key}", level=ERROR, lasts=DAY, advice=advice)
    _tell(said, f"Failed: {title}", summary)


def rolled_back(module: Module, title: str, summary: str, *, key: str) -> None:
    """That a deployment goes back to the version before; stands until it is `over`."""
    done = "The release's flag is off for everybody, and its steps are undone one by one, the last first."
    advice = "See on the deployment's page that it arrives: some steps back may wait for a person."
    said = _told(module=module, cause=f"{ROLLED_BACK}:{key}", level=ERROR, done=done, advice=advice)
    _tell(said, f"Rolled back: {title}", summary)


def stuck(module: Module, title: str, summary: str, *, key: str) -> None:
    """That a deployment on its way back does not get there by itself; stands until it is `over`."""
    done = "The release's flag is off for everybody. The version before is not back yet."
    advice = (
        "Do by hand what the step was to do, and report it on the deployment's page, or begin it again: the "
        "steps after it wait for it."
    )
    said = _told(module=module, cause=f"{STUCK}:{key}", level=CRITICAL, done=done, advice=advice)
    _tell(said, f"The rollback is stuck: {title}", summary)


def over(module: Module, *, key: str) -> None:
    """That a deployment has arrived where it goes back to: resolves what `rolled_back` and `stuck` told."""
    take(
        Signal(
            source=Alert.Source.PORTAL,
            module=module,
            cause=f"{cause}:{key}",
            firing=False,
            settle=timedelta(0),
        )
        for cause in (ROLLED_BACK, STUCK)
    )


def _tell(said: Signal, title: str, summary: str) -> None:
    take([replace(said, title=title, summary=summary)])
