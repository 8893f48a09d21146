"""`manage.py alert`, and the alerts of both monitoring commands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.models import Alert, Silence
from operations.models import AuditEvent
from tests import builders
from tests.doors import every_row, run
from tests.monitoring.alarms import again, raised

pytestmark = pytest.mark.django_db


def test_an_engineer_does_everything_at_a_terminal() -> None:
    ran = run(
        "alert", "raise", "Backup failed", "--level", "critical", "--summary", "no space left", "--json"
    )
    assert (ran.code, ran.err) == (0, "")
    number = str(ran.document["alerts"][0]["id"])
    shown = run("alert", "list")
    assert "CRITICAL" in shown.out
    assert "acknowledge in 5 min" in shown.out
    assert run("alert", "acknowledge", number, "--note", "looking").code == 0
    assert run("alert", "respond", number, "--note", "freeing space").code == 0
    assert run("alert", "escalate", number, "--reason", "no access").code == 0
    until = (timezone.localtime() + timedelta(hours=2)).isoformat()
    assert run("alert", "silence", number, "--until", until, "--reason", "known").code == 0
    assert run("alert", "resolve", number).code == 0
    story = run("alert", "show", number)
    for word in ("no space left", "acknowledged", "freeing space", "escalated", "resolved"):
        assert word in story.out
    alert = Alert.objects.get()
    assert (alert.state, alert.escalation, Silence.objects.count()) == ("resolved", 3, 1)
    assert AuditEvent.objects.filter(subject_type="monitoring.alert").count() == 6


def test_several_are_acknowledged_together_or_not_at_all() -> None:
    first, second = raised(title="One"), raised(title="Two")
    ran = run("alert", "acknowledge", str(first.pk), str(second.pk), "99999")
    assert (ran.code, ran.err) == (1, "There is no alert 99999.\n")
    assert again(first).state == "open"
    assert run("alert", "acknowledge", str(first.pk), str(second.pk)).code == 0
    assert {again(first).state, again(second).state} == {"acknowledged"}


@pytest.mark.parametrize(
    "words",
    [
        ("raise", "Backup failed"),
        ("acknowledge", "ID"),
        ("respond", "ID", "--note", "x"),
        ("escalate", "ID"),
        ("resolve", "ID"),
        ("silence", "ID", "--until", "2999-01-01", "--reason", "x"),
    ],
)
def test_a_dry_run_leaves_every_row_as_it_was(words: tuple[str, ...]) -> None:
    alert = raised()
    before = every_row()
    ran = run("alert", *(str(alert.pk) if word == "ID" else word for word in words), "--dry-run", "--json")
    if words[0] == "silence":
        assert "within 30 days" in ran.err
    else:
        assert (ran.code, ran.document["dryRun"]) == (0, True)
    assert every_row() == before


def test_what_is_refused_says_why_in_one_line() -> None:
    alert = raised()
    run("alert", "resolve", str(alert.pk))
    ran = run("alert", "acknowledge", str(alert.pk), "--json")
    assert (ran.code, ran.document["error"]["code"]) == (1, "resolved")
    assert ran.err.count("\n") == 1
    assert run("alert", "raise", "x", "--level", "fatal").code == 1
    assert run("alert", "show", "x").code == 1


@pytest.mark.parametrize("command", ["monitor_rollout", "post_launch_monitor"])
def test_both_monitoring_commands_show_the_open_alerts(command: str) -> None:
    builders.modules()
    assert run(command, "alerts").out == "No open alerts.\n"
    raised("warning", "Slow", module=builders.engagement().module)
    raised("critical", "Data lost")
    raised("error", "Not this one", module=builders.health().module)
    found = run(command, "alerts", "--json")
    assert (found.code, found.document["module"]) == (0, "patient_engagement")
    assert [alert["title"] for alert in found.document["alerts"]] == ["Data lost", "Slow"]
    assert set(found.document["alerts"][0]) >= {
        "id",
        "level",
        "urgency",
        "title",
        "module",
        "status",
        "count",
        "firstSeen",
        "lastSeen",
        "due",
    }
    lines = run(command, "alerts").out.splitlines()
    assert [line.split()[1] for line in lines] == ["LEVEL", "CRITICAL", "WARNING"]
    assert run(command, "alerts", "--module", "nothing").code == 1
