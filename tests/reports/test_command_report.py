"""`manage.py post_launch_monitor report`: at a terminal, into a file, by mail."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine

from operations.models import AuditEvent, OutboxMessage
from reports.models import Report
from tests import builders
from tests.doors import every_row, run
from tests.monitoring import past, seeds

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(past.NOW, tick=False) as traveller:
        yield traveller


def report(*words: str) -> Any:
    return run("post_launch_monitor", "report", *words)


def test_a_report_reads_from_the_worst_down_to_the_figures() -> None:
    seeds.a_check(past.slow(), "hold")
    before = every_row()
    ran = report("--kind", "daily", "--since", "2026-03-02", "--until", "2026-03-02T13:00")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith(
        "Daily summary: Patient Engagement, 2 March 2026, 00:00 to 2 March 2026, 13:00"
    )
    assert lines[2].startswith("- ")
    assert "Waiting for a decision:" in lines
    assert any(line.startswith("  Error rate ") for line in lines)
    assert every_row() == before


def test_a_file_has_the_document_and_is_there_whole(tmp_path: Path) -> None:
    builders.modules()
    file = tmp_path / "report.json"
    file.write_text("the one before", encoding="utf-8")
    ran = report("--kind", "feedback", "--output", str(file))
    assert (ran.code, ran.out) == (0, f"The report is in {file}.\n")
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document == report("--kind", "feedback", "--json").document
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
    told = report("--kind", "feedback", "--output", str(file), "--json")
    assert told.document == document


def test_what_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    builders.modules()
    for output, why in (
        (str(tmp_path), "is a folder: name a file in it"),
        (str(tmp_path / "nowhere" / "report.json"), "cannot be written (No such file or directory)"),
        ("/proc/report.json", "cannot be written"),
    ):
        ran = report("--output", output)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.count("\n") == 1
        assert ran.err.startswith(f"output: {output} {why}")


def test_a_mail_has_the_summary_and_the_archive_keeps_the_report() -> None:
    builders.modules()
    words = ("--email", "cto@example.org", "--email", "pm@example.org", "--email", "cto@example.org")
    ran = report("--kind", "weekly", *words)
    assert (ran.code, ran.out) == (0, "The report goes to cto@example.org, pm@example.org.\n")
    kept = Report.objects.get()
    mail = OutboxMessage.objects.get(kind="mail")
    assert mail.payload["to"] == ["cto@example.org", "pm@example.org"]
    assert kept.document["summary"][0] in mail.payload["body"]
    assert AuditEvent.objects.get(action="report.made").subject_id == str(kept.pk)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--email", "nobody"), "--email: 'nobody' is no mail address"),
        (("--kind", "monthly"), "kind: must be one of rollout, daily, weekly, post_launch, feedback, phase2"),
        (("--since", "soon"), "since: must be a day such as 2026-01-31 or a time such as"),
        (("--until", "2027-01-01"), "until: must not lie in the future"),
        (("--module", "nope"), "There is no module 'nope'."),
    ],
)
def test_bad_input_is_one_line_and_does_nothing(words: tuple[str, ...], says: str) -> None:
    builders.modules()
    before = every_row()
    ran = report(*words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(says)
    assert ran.err.count("\n") == 1
    assert every_row() == before


def test_help_names_the_kinds() -> None:
    text = " ".join(report("--help").out.split())
    assert "rollout, daily, weekly, post_launch, feedback, phase2 (default: post_launch)" in text
