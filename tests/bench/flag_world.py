"""What the flag benchmarks ask about: 20 flags at 50 % over 100,000 workspaces, and a key to ask with."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from operations import keys
from rollout import flags, phases
from rollout.models import Flag, Plan
from rollout.targeting import RuleDraft
from tests import builders
from tests.bench.harness import table
from tests.bench.load import WORKSPACES
from tests.builders import ROOT

FLAGS = 20
EXPERIMENTS = 3
RULED = 2

FILL = """
    INSERT INTO rollout_workspace (id, name, tier, status, region, time_zone, created_at, updated_at)
    SELECT 'W' || lpad(i::text, 5, '0'), 'Pharmacy ' || i, 'professional', 'active', 'R' || (i %% 40),
           'Europe/London', now(), now()
    FROM generate_series(0, %s - 1) i;
    INSERT INTO rollout_member (workspace_id, member, role, email, active)
    SELECT id, 'u' || id, 'pharmacist', '', true FROM rollout_workspace;
"""


def workspace(number: int) -> str:
    """The id of one of the workspaces, all of them of one length."""
    return f"W{number:05d}"


def fill(flag_count: int = FLAGS, workspaces: int = WORKSPACES) -> str:
    """Make both modules with `flag_count` flags in all, and return the plain text of an API key.

    The catalogue's 11 flags, text flags with two variants of half each, flags with a rule on the context
    that matches nobody who asks, and plain ones; all begin with phase 1, and both plans are at 50 % by hash.
    """
    builders.modules()
    for flag in Flag.objects.exclude(from_phase=1).order_by("pk"):
        flags.set_phases(flag, 1, actor=ROOT)
    for number in range(flag_count - Flag.objects.count()):
        _add(number)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [workspaces])
        cursor.execute("VACUUM ANALYZE")
    Plan.objects.update(ordering="hash")
    for plan in (builders.engagement(), builders.health()):
        phases.set_percentage(plan, 50, actor=ROOT)
    return keys.create("Benchmark", ["evaluate"], actor=ROOT)[1]


def show() -> None:
    """Print what is asked."""
    kinds = (
        ("flags", Flag.objects.count()),
        ("of them with two variants", Flag.objects.exclude(value_type="boolean").count()),
        ("of them with a targeting rule", Flag.objects.exclude(rules=None).count()),
        ("of them with a prerequisite", Flag.objects.exclude(prerequisite=None).count()),
        ("workspaces", WORKSPACES),
    )
    table("What is asked", ["", ""], [[name, f"{count:,}"] for name, count in kinds])


def nothing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Stands beside a door that is asked for flags and nothing else."""
    raise AssertionError(f"{environ['PATH_INFO']} is none of the door's routes")


def _add(number: int) -> None:
    if number < EXPERIMENTS:
        builders.an_experiment(f"experiment_{number}")
    elif number < EXPERIMENTS + RULED:
        rule = RuleDraft("Ireland", builders.where(country="IE"))
        builders.a_flag(f"ruled_{number}", rules=[rule])
    else:
        builders.a_flag(f"plain_{number}")
