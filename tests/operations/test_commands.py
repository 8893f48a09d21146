"""The audit, api_key and maintenance commands, and what every command of the portal has in common."""

import csv
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError, connections
from django.utils import timezone

from operations import audit, keys
from operations.doors.command import OperationCommand, Result, table
from operations.errors import Invalid, Refused
from operations.models import ApiKey, AuditEvent, AuditSeal, Window
from rollout import phases
from tests import builders
from tests.audit_tables import unprotected
from tests.builders import ROOT
from tests.doors import every_row, run

pytestmark = pytest.mark.django_db

OURS = sorted(name for name, app in get_commands().items() if app in ("monitoring", "operations", "rollout"))
# Every writing command once, on a portal that is set up.
WRITING = {
    "api_key create": ("api_key", "create", "billing", "--scope", "read"),
    "api_key revoke": ("api_key", "revoke", "old"),
    "maintenance on": ("maintenance", "on", "Index"),
    "maintenance off": ("maintenance", "off", "--freeze"),
    "maintenance schedule": (
        *("maintenance", "schedule", "Upgrade"),
        *("--from", "2100-01-01T10:00", "--to", "2100-01-01T12:00"),
    ),
}
READING = {
    "rollout status": ("rollout", "status"),
    "rollout report": ("rollout", "report"),
    "rollout explain": ("rollout", "explain", "patient_portal", "W00000"),
    "feature_flags status": ("feature_flags", "status"),
    "feature_flags verify": ("feature_flags", "verify"),
    "api_key list": ("api_key", "list"),
    "maintenance status": ("maintenance", "status"),
    "audit verify": ("audit", "verify"),
    "audit export": ("audit", "export"),
}


def a_portal() -> None:
    """Something for each command to read or to end."""
    builders.a_plan_in_phase(1)
    keys.create("old", ["read"], actor=ROOT)
    run("maintenance", "on", "Quarter end", "--freeze")


# --- what every command has in common ----------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_every_command_and_each_of_its_words_has_help(name: str) -> None:
    ran = run(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    command = load_command_class(get_commands()[name], name)
    assert command.help
    parser = command.create_parser("manage.py", name)
    for action in parser._actions:
        for word in action.choices if isinstance(action.choices, dict) else ():
            assert run(name, word, "--help").code == 0


@pytest.mark.parametrize("name", [*READING, *WRITING])
def test_every_command_prints_one_document_for_programs_and_lines_for_people(name: str) -> None:
    a_portal()
    words = {**READING, **WRITING}[name]
    dry = ("--dry-run",) if name in WRITING else ()
    told = run(*words, *dry, "--json")
    assert (told.code, told.err) == (0, "")
    assert isinstance(told.document, dict)
    shown = run(*words, *dry)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_dry_run_leaves_every_row_as_it_was(name: str, more: tuple[str, ...]) -> None:
    a_portal()
    before = every_row()
    ran = run(*WRITING[name], "--dry-run", *more)
    assert (ran.code, ran.err) == (0, "")
    assert every_row() == before
    assert run(*WRITING[name], *more).code == 0
    assert every_row() != before


class Failing(OperationCommand):
    """A command that fails as it is told to."""

    error: Exception

    def operate(self, options: dict[str, Any]) -> Result:
        raise self.error


@pytest.mark.parametrize(
    ("error", "line", "document"),
    [
        (Refused("soak", "Wait."), "Wait.", {"code": "soak", "message": "Wait."}),
        (
            Invalid({"name": "is empty"}),
            "name: is empty",
            {"code": "invalid", "message": "name: is empty", "fields": {"name": "is empty"}},
        ),
        (
            OperationalError("no such table: x\nHINT: none"),
            "The database did not answer: no such table: x (is it running, and migrated?)",
            {
                "code": "invalid",
                "message": "The database did not answer: no such table: x (is it running, and migrated?)",
            },
        ),
    ],
)
def test_what_a_user_can_cause_is_one_line_and_never_a_traceback(
    error: Exception, line: str, document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ([], ["--json"]):
        command = Failing()
        command.error = error
        with patch.object(connections, "close_all"), pytest.raises(SystemExit) as end:
            command.run_from_argv(["manage.py", "failing", *more])
        out, err = capsys.readouterr()
        assert (end.value.code, err) == (1, f"{line}\n")
        assert out == "" if not more else json.loads(out) == {"error": document}


def test_an_argument_in_another_encoding_is_bad_input() -> None:
    ran = run("rollout", "pause", b"caf\xe9".decode(errors="surrogateescape"))
    assert (ran.code, ran.err) == (1, "An argument is not text in UTF-8.\n")


def test_called_from_code_a_refusal_is_djangos_own_error() -> None:
    builders.modules()
    with pytest.raises(CommandError, match="No workspace is eligible"):
        call_command("rollout", "phase", "1")


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    assert table([("flag", "gain"), ("core", 5), ("portal", 12)], indent=" ") == [
        " flag    gain",
        " core       5",
        " portal    12",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["rollout", "advance"], "argument COMMAND: invalid choice"),
        (["rollout", "set", "50", "--module"], "argument --module: expected one argument"),
        (["api_key"], "the following arguments are required: COMMAND"),
    ],
)
def test_at_a_real_shell_a_bad_argument_is_one_line_and_exit_code_1(words: list[str], line: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(line)


# --- audit -------------------------------------------------------------------------------------------------


def test_an_intact_trail_verifies_and_knows_its_earlier_heads() -> None:
    builders.a_plan_in_phase(1)
    first = run("audit", "verify", "--json").document
    assert (first["intact"], first["faults"], first["sealed"]) == (True, [], AuditSeal.objects.count())
    phases.pause(builders.engagement(), actor=ROOT)
    again = run("audit", "verify", "--head", first["head"], "--json")
    assert (again.code, again.document["sealed"]) == (0, first["sealed"] + 1)


@pytest.mark.parametrize("field", ["actor", "door", "action", "data", "at"])
def test_a_row_that_was_changed_behind_the_trails_back_is_found(field: str) -> None:
    builders.a_plan_in_phase(1)
    audit.seal()
    value: Any = {"data": {"gain": 1}, "at": timezone.now() - timedelta(days=1)}.get(field, "mallory")
    event = AuditEvent.objects.latest("pk")
    with unprotected():
        AuditEvent.objects.filter(pk=event.pk).update(**{field: value})
    ran = run("audit", "verify", "--json")
    assert (ran.code, ran.document["intact"]) == (1, False)
    assert ran.document["faults"] == [
        f"event {event.pk} (seal {AuditSeal.objects.count()}) was changed after it was sealed"
    ]
    shown = run("audit", "verify")
    assert (shown.code, shown.err) == (1, "The audit trail is broken: 1 fault.\n")


def test_a_trail_that_was_cut_short_lacks_the_head_noted_earlier() -> None:
    builders.a_plan_in_phase(1)
    head = run("audit", "verify", "--json").document["head"]
    with unprotected():
        AuditSeal.objects.latest("sequence").delete()
        AuditEvent.objects.latest("pk").delete()
    ran = run("audit", "verify", "--head", head)
    assert ran.code == 1
    assert f"the head {head} noted earlier is not part of this chain" in ran.out


@pytest.mark.parametrize("head", ["nonsense", "1", "1:abc", ":" + "0" * 64])
def test_a_head_that_is_none_is_bad_input(head: str) -> None:
    ran = run("audit", "verify", "--head", head)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("head: must be SEQUENCE:HASH")


def test_the_export_is_one_json_a_line_oldest_first() -> None:
    builders.a_plan_in_phase(1)
    phases.pause(builders.engagement(), actor=ROOT, reason="errors")
    ran = run("audit", "export")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["sequence"] for event in events] == list(range(1, AuditEvent.objects.count() + 1))
    assert (events[-1]["action"], events[-1]["reason"]) == ("rollout.paused", "errors")
    assert run("audit", "export", "--json").document["events"] == events


def test_the_export_can_begin_at_a_date_and_go_to_a_file(tmp_path: Path) -> None:
    builders.a_plan_in_phase(1)
    file = tmp_path / "trail.jsonl"
    ran = run("audit", "export", "--output", str(file), "--json")
    assert ran.document == {"written": AuditEvent.objects.count(), "output": str(file)}
    assert len(file.read_text().splitlines()) == AuditEvent.objects.count()
    assert list(tmp_path.iterdir()) == [file]
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    assert run("audit", "export", "--since", tomorrow).out == ""
    refused = run("audit", "export", "--output", str(tmp_path / "no" / "trail"))
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)


def test_the_csv_is_safe_to_open_in_a_spreadsheet() -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT, reason='=HYPERLINK("http://evil")')
    rows = list(csv.DictReader(io.StringIO(run("audit", "export", "--format", "csv").out)))
    assert rows[-1]["reason"] == '\'=HYPERLINK("http://evil")'
    assert rows[-1]["sequence"] == str(len(rows))
    assert json.loads(rows[-1]["data"])["module"] == "patient_engagement"


# --- api_key -----------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_works_until_it_is_revoked() -> None:
    made = run("api_key", "create", "billing", "--scope", "read", "evaluate", "--json").document
    assert keys.find(made["key"]) == ApiKey.objects.get(name="billing")
    assert (made["scopes"], made["state"]) == (["evaluate", "read"], "active")
    listed = run("api_key", "list", "--json")
    assert made["key"].split("_")[2] not in listed.out
    assert [key["name"] for key in listed.document["keys"]] == ["billing"]
    assert run("api_key", "revoke", "billing").code == 0
    assert keys.find(made["key"]) is None
    assert run("api_key", "list", "--json").document["keys"][0]["state"] == "revoked"
    actions = ["api_key.created", "api_key.revoked"]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == actions
    again = run("api_key", "revoke", "billing")
    assert (again.code, again.err) == (1, "The key billing was revoked before.\n")


def test_scopes_may_be_given_one_by_one_and_an_expiry_in_the_portals_zone() -> None:
    words = ("--scope", "read", "--scope", "ingest", "--expires", "2100-01-31")
    made = run("api_key", "create", "short", *words, "--json").document
    assert made["scopes"] == ["ingest", "read"]
    assert made["expiresAt"] == "2100-01-31T00:00:00Z"


def test_a_browser_key_is_made_and_listed_with_its_modules_and_origins() -> None:
    words = ("--kind", "browser", "--scope", "evaluate", "--module", "health", "patient_engagement")
    more = ("--origin", "https://app.example.org", "--origin", "http://localhost:3000")
    made = run("api_key", "create", "shop", *words, *more, "--json").document
    assert (made["kind"], made["modules"]) == ("browser", ["health", "patient_engagement"])
    assert made["origins"] == ["http://localhost:3000", "https://app.example.org"]
    run("api_key", "create", "billing", "--scope", "read")
    listed = run("api_key", "list", "--json").document["keys"]
    assert [(key["kind"], key["modules"], len(key["origins"])) for key in listed] == [
        ("server", [], 0),
        ("browser", ["health", "patient_engagement"], 2),
    ]
    lines = run("api_key", "list").out.splitlines()
    assert "all" in lines[1]
    assert "http://localhost:3000 https://app.example.org" in lines[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "x"), "required: --scope"),
        (("create", "x", "--scope", "evaluate", "--kind", "phone"), "invalid choice: 'phone'"),
        (("create", "x", "--scope", "evaluate", "--kind", "browser"), "a browser key needs one"),
        (("create", "x", "--scope", "read", "--origin", "https://a.example"), "origins: only a browser key"),
        (("create", "x", "--scope", "root"), "scopes: root unknown"),
        (("create", "", "--scope", "read"), "name: must have 1 to 100 characters"),
        (("create", "x", "--scope", "read", "--expires", "soon"), "'soon' is no date"),
        (("create", "x", "--scope", "read", "--expires", "2025-02-30"), "is no date"),
        (("create", "x", "--scope", "read", "--expires", "2020-01-01"), "expires_at: must lie in the future"),
        (("revoke", "nobody"), "There is no API key 'nobody'."),
    ],
)
def test_a_key_that_cannot_be_made_or_found(words: tuple[str, ...], said: str) -> None:
    ran = run("api_key", *words)
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert said in ran.err
    assert not ApiKey.objects.exists()


# --- maintenance -------------------------------------------------------------------------------------------


def test_a_freeze_stops_phases_until_it_is_off_and_never_a_rollback() -> None:
    plan = builders.a_plan_in_phase(1)
    builders.open_gate(plan)
    assert run("maintenance", "on", "Quarter end", "--freeze").code == 0
    assert "Freeze: Quarter end is on" in run("rollout", "phase", "2").err
    assert run("rollout", "set", "5").code == 0
    found = run("maintenance", "status", "--json").document
    assert (found["freeze"], found["maintenance"]) == (True, False)
    assert run("maintenance", "off").code == 1
    assert run("maintenance", "off", "--freeze").code == 0
    assert run("maintenance", "status", "--json").document["inForce"] == []


def test_a_window_is_planned_ahead() -> None:
    words = ("Upgrade", "--from", "2100-01-01T10:00+00:00", "--to", "2100-01-01T12:00+00:00")
    found = run("maintenance", "schedule", *words, "--json").document
    assert (found["state"], found["startsAt"]) == ("planned", "2100-01-01T10:00:00Z")
    assert Window.objects.ahead().get().title == "Upgrade"
    assert "planned  Maintenance: Upgrade  from 2100-01-01 10:00 UTC" in run("maintenance", "status").out
    assert AuditEvent.objects.get(action="window.planned").door == "command"


@pytest.mark.parametrize(
    "words",
    [
        ("schedule", "x", "--from", "2100-01-01T10:00", "--to", "2100-01-01T09:00"),
        ("schedule", "x", "--from", "noon", "--to", "2100-01-01T09:00"),
        ("schedule", "", "--from", "2100-01-01", "--to", "2100-01-02"),
        ("schedule", "x"),
        ("on", "x" * 201),
        ("on", "x", "--until", "2020-01-01"),
        ("off",),
    ],
)
def test_a_window_that_cannot_be(words: tuple[str, ...]) -> None:
    ran = run("maintenance", *words)
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert not Window.objects.exists()
