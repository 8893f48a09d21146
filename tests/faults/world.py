"""What the tests of faults do to the database from outside: `python -m tests.faults.world WHAT …`.

A process of its own, because the tests' process has a database of its own too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

FLAG = "patient_engagement_module"
WORKSPACES = 200


def tell(url: str, *words: str) -> Any:
    """Run one of COMMANDS on the database at `url`; what it says."""
    environ = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "-m", "tests.faults.world", *words]
    said = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, timeout=120).stdout
    return json.loads(said)


def fill() -> dict[str, Any]:
    """Migrate, let the plan reach half of the workspaces, and say the key and everybody's answer."""
    from django.core.management import call_command

    from operations import keys
    from rollout import answers, phases
    from tests import builders
    from tests.builders import ROOT

    call_command("migrate", verbosity=0)
    plan = builders.a_plan(WORKSPACES)
    phases.set_percentage(plan, 50, actor=ROOT)
    units = builders.numbered(WORKSPACES)
    return {
        "key": keys.create("Product", ["evaluate", "read"], actor=ROOT)[1],
        "answers": {unit: answers.explain(FLAG, unit).on for unit in units},
    }


def run_another_plan() -> int:
    """Let Health Management reach a few users as well; how many plans have health checks then.

    Both began long before the hours that strike in the tests.
    """
    from django.utils import timezone

    from monitoring import health
    from rollout import phases
    from rollout.models import Plan
    from tests import builders
    from tests.builders import ROOT

    plan = builders.health()
    if plan.percentage == 0:
        phases.set_percentage(plan, 5, actor=ROOT)
    began = timezone.now() - timedelta(days=30)
    Plan.objects.update(started_at=began, share_changed_at=began)
    return len(health.due())


def watch(webhook: str) -> int:
    """Migrate; a plan that reaches somebody since two hours ago, and a webhook that hears of its alerts."""
    from django.core.management import call_command
    from django.utils import timezone

    from monitoring import health
    from monitoring.alerts import routes
    from operations import channels
    from rollout.models import Plan
    from tests import builders
    from tests.builders import ROOT

    call_command("migrate", verbosity=0)
    builders.a_plan_in_phase(1)
    began = timezone.now() - timedelta(hours=2)
    Plan.objects.filter(percentage__gt=0).update(started_at=began, share_changed_at=began)
    channel = channels.add(actor=ROOT, name="On call", kind="webhook", address=webhook).channel
    routes.add(actor=ROOT, name="Everything", channel=channel, levels=["critical", "error"])
    return len(health.due())


def kill(on: str) -> bool:
    """Turn the flag's kill switch on ("true") or off."""
    from rollout import flags
    from tests import builders
    from tests.builders import ROOT

    return flags.kill(builders.flag(FLAG), on == "true", actor=ROOT, reason="the test").killed


def usage() -> int:
    """How often the flag was asked for, as far as it is written down."""
    from rollout.models import FlagUsage

    return sum(row.count for row in FlagUsage.objects.filter(flag__key=FLAG))


COMMANDS: dict[str, Callable[..., Any]] = {
    "fill": fill,
    "run_another_plan": run_another_plan,
    "watch": watch,
    "kill": kill,
    "usage": usage,
}

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")
    django.setup()
    sys.stdout.write(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
