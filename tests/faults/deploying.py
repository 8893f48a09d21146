"""A deployment and the worker that moves it, in a process: `python -m tests.faults.deploying WHAT …`.

Every boundary of a step takes its time, and a file says which one it is: there the test kills the process,
or the database.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

LASTS = 0.4


def fill() -> int:
    """Migrate; a release whose deployment to production has begun."""
    from django.core.management import call_command

    from releases.deployments import starting
    from tests.builders import ROOT
    from tests.releases import builders

    call_command("migrate", verbosity=0)
    release = builders.a_release()
    builders.ready(release)
    started = starting.start(release, "production", actor=ROOT).deployment
    assert started is not None
    return started.pk


def work(folder: str) -> int:
    """Tick until the deployment has ended; people report, and gates open. How often the database was away."""
    from django.db import InterfaceError, OperationalError, connection

    from releases.models import Deployment
    from tests.releases import builders

    _slow_down(Path(folder) / "mark")
    away = 0
    while True:
        try:
            moved = builders.tick()
            deployment = Deployment.objects.get(environment="production")
            if deployment.has_ended:
                return away
            step = deployment.steps.filter(state="running").first()
            if not moved and step is not None:
                builders._go_on(deployment, step)
        except (OperationalError, InterfaceError):
            away += 1
            connection.close()
            time.sleep(0.2)


def standing() -> dict[str, Any]:
    """What is left: for whom the flag is on, what the trail and the steps say."""
    from operations.models import AuditEvent
    from releases.models import Deployment, Evidence
    from rollout import answers
    from tests.builders import numbered

    deployment = Deployment.objects.select_related("release").get(environment="production")
    told = AuditEvent.objects.filter(
        subject_type="releases.deployment", subject_id=str(deployment.pk)
    ).values_list("action", flat=True)
    begun = Evidence.objects.filter(step__deployment=deployment, outcome="begun").order_by("pk")
    return {
        "state": deployment.state,
        "release": deployment.release.state,
        "steps": list(deployment.steps.order_by("position").values_list("key", "state", "attempts")),
        "begun": list(begun.values_list("step__key", flat=True)),
        "succeeded": sum(action == "deployment.step_succeeded" for action in told),
        "completed": sum(action == "deployment.completed" for action in told),
        "on": sum(answers.explain(deployment.release.flag_key, unit).on for unit in numbered(40)),
    }


def _slow_down(mark: Path) -> None:
    from operations.models import Backup
    from releases.deployments import advancing, finishing, moving
    from releases.steps import backup
    from releases.steps.actions import ACTIONS, Action

    modules: Any = moving, finishing, advancing, backup
    moving_, finishing_, advancing_, backup_ = modules
    moving_.begin = _slowly(mark, "begin", moving.begin)
    moving_.settle = _slowly(mark, "settle", moving.settle)
    finishing_.complete = _slowly(mark, "complete", finishing.complete)
    # Nobody waits for the lease of whoever died.
    lease = timedelta(seconds=1)
    slow = {name: Action(_slowly(mark, "work", each.look), lease) for name, each in ACTIONS.items()}
    advancing_.ACTIONS = slow
    backup_.creating.create = lambda **values: Backup(name="quick", size=1)
    backup_.verifying.verify = lambda found, **values: found


def _slowly(mark: Path, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, and some time within the transaction that it writes in."""
    from django.db import transaction

    def call(what: Any, *arguments: Any, **named: Any) -> Any:
        with transaction.atomic():
            found = function(what, *arguments, **named)
            mark.write_text(f"{part} {getattr(what, 'key', '')}")
            time.sleep(LASTS)
        return found

    return call


COMMANDS: dict[str, Callable[..., Any]] = {"fill": fill, "work": work, "standing": standing}

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")
    django.setup()
    sys.stdout.write(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
