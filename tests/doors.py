"""How tests come in: by a command as the shell runs it, by HTTP with a key, and what they find afterwards."""

import json
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.db import connections
from django.test import Client

from operations import keys
from operations.models import AuditEvent
from rollout.models import Enrolment, FlagSpan, PhaseRun, Plan
from tests.builders import ROOT

# The thread that writes down the keys' last use must not outlive a test's database.
keys.FLUSH_SECONDS = 24 * 3_600


@dataclass(frozen=True)
class Ran:
    """What a command left on its streams, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def run(*words: str) -> Ran:
    """Run `manage.py WORDS…` as the shell does, in this process and on the test's connection."""
    out, err = StringIO(), StringIO()
    code: Any = 0
    with (
        patch("sys.stdout", out),
        patch("sys.stderr", err),
        patch.object(connections, "close_all"),
    ):
        command = load_command_class(get_commands()[words[0]], words[0])
        try:
            command.run_from_argv(["manage.py", *words])
        except SystemExit as end:
            code = end.code
    return Ran(int(code or 0), out.getvalue(), err.getvalue())


def an_api_key(*scopes: str, name: str = "product") -> str:
    """The text of a new key."""
    return keys.create(name, scopes, actor=ROOT)[1]


def bearing(key: str, **headers: str) -> dict[str, Any]:
    """The arguments of a test client's call that carry a key and further headers."""
    return {"headers": {"Authorization": f"Bearer {key}", **headers}}


def post(path: str, body: Any, key: str, **headers: str) -> Any:
    """POST a JSON body with a key."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client().post(path, text, content_type="application/json", **bearing(key, **headers))


def get(path: str, key: str, **headers: str) -> Any:
    """GET with a key."""
    return Client().get(path, **bearing(key, **headers))


def every_row() -> dict[str, list[Any]]:
    """Every row of every table."""
    found = {}
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            found[model._meta.label] = list(model._default_manager.order_by("pk").values_list())
    return found


def effect_on(plan: Plan) -> dict[str, Any]:
    """What a verb leaves behind, without times, salts and keys: the same whichever door it came through."""
    plan = Plan.objects.get(pk=plan.pk)
    times = ("started_at", "share_changed_at", "paused_at", "recheck_at")
    ignored = {"salt", "created_at", *times}
    fields = {field.attname for field in Plan._meta.concrete_fields} - ignored
    return {
        "plan": {name: getattr(plan, name) for name in sorted(fields)},
        "times": {name: getattr(plan, name) is not None for name in times},
        "stays": sorted(
            (row.workspace_id, row.order_key, row.left_at is None)
            for row in Enrolment.objects.filter(plan=plan)
        ),
        "spans": sorted(
            (row.flag.key, row.cutoff_key, row.cutoff_open, row.selected_only, row.ended_at is None)
            for row in FlagSpan.objects.select_related("flag")
        ),
        "runs": list(
            PhaseRun.objects.filter(plan=plan)
            .order_by("id")
            .values_list(
                "operation",
                "phase_number",
                "from_percentage",
                "to_percentage",
                "gain",
                "lose",
                "plan_version",
                "verdict",
                "overridden",
            )
        ),
    }


def events_after(last: int) -> list[AuditEvent]:
    """The audit events since the one with this id."""
    return list(AuditEvent.objects.filter(pk__gt=last).order_by("pk"))


def last_event() -> int:
    with suppress(AuditEvent.DoesNotExist):
        return AuditEvent.objects.latest("pk").pk
    return 0
