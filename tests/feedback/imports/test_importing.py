"""Importing files of tickets: all of it or nothing, told with its line, and twice is the same as once."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from feedback.imports import importing, staging
from feedback.imports.importing import Options
from feedback.imports.results import ImportResult
from feedback.models import (
    Original,
    Resolution,
    StagedTicket,
    StaleDay,
    Ticket,
    TicketEvent,
    TicketImport,
    TicketImportFault,
)
from feedback.tickets import editing
from operations.actor import Actor, Door
from operations.csv_files import checking
from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent, OutboxMessage
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import an_agent

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = {"externalId": "7", "category": "bug_report", "title": "No reminder", "description": "None came."}
STAGED = (TicketImport, StagedTicket, TicketImportFault)


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def a_file(rows: Sequence[Mapping[str, str]]) -> io.BytesIO:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def brought(*rows: Mapping[str, str], **options: Any) -> ImportResult:
    return importing.import_csv(a_file(rows), source="old.csv", actor=ROOT, options=Options(**options))


def only(*rows: Mapping[str, str], **options: Any) -> Ticket:
    """The ticket of a file with one row."""
    result = brought(*rows, **options)
    assert result.errors == ()
    return Ticket.objects.get()


def faults(*rows: Mapping[str, str], **options: Any) -> dict[str, str]:
    """The faults of a file by field; nothing is imported then, and nothing is left over."""
    result = brought(*rows, **options)
    assert not Ticket.objects.exists()
    assert not any(model._default_manager.exists() for model in STAGED)
    assert (result.created, result.kept) == (0, 0)
    return {fault.field: fault.message for fault in result.errors}


def test_every_field_of_a_row_becomes_the_tickets() -> None:
    builders.workspaces(["FA001"])
    grace = an_agent()
    row = {
        **GOOD,
        "severity": "High",
        "status": "In Progress",
        "featureArea": "reminders",
        "browserInfo": "Chrome 118",
        "deviceInfo": "Windows 11",
        "steps": "Open it\n\nWait",
        "expectedBehavior": "A reminder",
        "actualBehavior": "None",
        "satisfactionRating": "2",
        "workspace": "FA001",
        "release": "1.0.1",
        "reporterName": "Ada",
        "reporterEmail": "ada@example.org",
        "reporterLocale": "en-GB",
        "receivedAt": "2026-01-05 09:30",
        "owner": "grace",
        "tags": "Reminders; SMS, reminders",
    }
    ticket = only(row, time_zone="Europe/London")
    assert (ticket.severity, ticket.state, ticket.source) == ("high", "in_progress", "import")
    assert (ticket.title, ticket.steps) == ("No reminder", ["Open it", "Wait"])
    assert (ticket.satisfaction_rating, ticket.workspace_id, ticket.owner) == (2, "FA001", grace)
    assert (ticket.reporter_email, ticket.release) == ("ada@example.org", "1.0.1")
    assert ticket.received_at == datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    assert sorted(tag.name for tag in ticket.tags.all()) == ["reminders", "sms"]
    event = ticket.events.get()
    assert (event.kind, event.at) == (TicketEvent.Kind.RECEIVED, ticket.received_at)
    assert event.text == "Imported from old.csv, line 2, as number 7"
    assert list(StaleDay.objects.values_list("day", flat=True)) == [ticket.received_on]


def test_the_clocks_of_what_is_open_begin_with_the_import() -> None:
    ticket = only({**GOOD, "severity": "critical", "receivedAt": "2020-01-05"})
    assert ticket.clock_at == NOW
    assert ticket.respond_by == NOW + timedelta(hours=1)
    assert ticket.due_at == ticket.respond_by
    assert ticket.response_minutes is None


def test_what_is_resolved_owes_nothing_and_tells_how_long_it_took() -> None:
    row = {**GOOD, "status": "resolved", "receivedAt": "2026-01-05T09:00Z", "resolvedAt": "2026-01-06T10:30Z"}
    ticket = only({**row, "fixedIn": "1.0.2"})
    assert (ticket.state, ticket.fixed_in) == ("resolved", "1.0.2")
    assert ticket.resolution_minutes == 25 * 60 + 30
    assert (ticket.due_at, ticket.respond_by) == (None, None)
    assert Resolution.objects.get().at == ticket.resolved_at


def test_what_ended_otherwise_is_declined_and_says_how() -> None:
    row = {
        "Issue id": "9",
        "Summary": "Slow",
        "Status": "Resolved",
        "Priority": "Blocker",
        "Resolution": "Won't Fix",
        "Created": "30/Sep/21 17:20",
        "Resolved": "20/Jul/22 20:51",
        "Description": "",
    }
    ticket = only(row, preset="jira", time_zone="Asia/Tokyo")
    assert (ticket.state, ticket.severity, ticket.category) == ("declined", "critical", "bug_report")
    assert (ticket.external_id, ticket.description) == ("9", "Slow")
    assert ticket.received_at == datetime(2021, 9, 30, 8, 20, tzinfo=UTC)
    assert ticket.resolved_at is None
    assert ticket.events.get().text.endswith("; it ended as Won't Fix")


def test_what_looks_like_patient_data_is_taken_out_and_kept_apart() -> None:
    result = brought({**GOOD, "description": "NHS number 943 476 5919 got none"})
    assert result.redacted == 1
    assert "943" not in Ticket.objects.get().description
    assert "943 476 5919" in Original.objects.get().text
    assert not StagedTicket.objects.exists()


def test_reporters_get_no_mail_and_the_trail_one_event() -> None:
    brought(*({**GOOD, "externalId": str(n), "reporterEmail": "a@example.org"} for n in range(3)))
    assert not OutboxMessage.objects.exists()
    event = AuditEvent.objects.get(action__startswith="ticket")
    assert event.action == "tickets.imported"
    assert event.data == {"source": "old.csv", "read": 3, "created": 3, "kept": 0, "redacted": 0}


@pytest.mark.parametrize("numbered", [True, False])
def test_the_same_file_again_changes_nothing(numbered: bool) -> None:
    row = {name: text for name, text in GOOD.items() if numbered or name != "externalId"}
    rows = [row, {**row, **({"externalId": "8"} if numbered else {})}]
    assert brought(*rows).created == 2
    ticket = Ticket.objects.earliest("pk")
    editing.edit(ticket, actor=ROOT, title="Reminders are missing")
    before = list(Ticket.objects.values_list())
    again = brought(*({**each, "severity": "low"} for each in rows))
    assert (again.created, again.kept) == (0, 2)
    assert list(Ticket.objects.values_list()) == before


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"category": "praise"}, "category", "'praise' is none of bug_report"),
        ({"severity": "Major"}, "severity", "FIELD:FROM=TO"),
        ({"status": "duplicate"}, "status", "none of new"),
        ({"title": ""}, "title", "empty"),
        ({"title": "x" * 201}, "title", "200"),
        ({"receivedAt": "yesterday"}, "receivedAt", "'yesterday' is no date"),
        ({"receivedAt": "2026-03-02T12:01Z"}, "receivedAt", "still to come"),
        ({"status": "resolved"}, "resolvedAt", "the ticket is resolved"),
        (
            {"status": "closed", "receivedAt": "2026-01-02", "resolvedAt": "2026-01-01"},
            "resolvedAt",
            "before receivedAt",
        ),
        ({"status": "assigned"}, "owner", "is assigned"),
        ({"owner": "nobody"}, "owner", "'nobody'"),
        ({"workspace": "FA999"}, "workspace", "FA999"),
        ({"module": "nothing"}, "module", "nothing"),
        ({"satisfactionRating": "6"}, "satisfactionRating", "1 to 5"),
        ({"satisfactionRating": "good"}, "satisfactionRating", "1 to 5"),
        ({"reporterEmail": "ada"}, "reporterEmail", "mail address"),
        ({"externalId": "x" * 101}, "externalId", "100"),
        ({"tags": "x" * 41}, "tags", "40"),
        ({"fixedIn": "x" * 61}, "fixedIn", "60"),
        ({"resolution": "Fixed"}, "resolution", "resolved, declined"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_field(wrong: dict[str, str], field: str, says: str) -> None:
    good = dict.fromkeys(wrong, "") | GOOD
    assert says in faults(good, {**good, "externalId": "8", **wrong})[field]


def test_a_fault_names_its_line_and_all_of_a_row_are_told() -> None:
    wrong = {**GOOD, "title": "", "category": "praise", "receivedAt": "x"}
    result = brought(wrong, {**wrong, "externalId": "7"})
    assert [(fault.line, fault.field) for fault in result.errors[:3]] == [
        (2, "category"),
        (2, "receivedAt"),
        (2, "title"),
    ]


def test_one_number_twice_in_a_file_is_a_fault() -> None:
    assert faults(GOOD, GOOD)["externalId"] == "7 stands on line 2 already"


def test_the_first_fifty_faults_are_named_and_all_are_counted() -> None:
    result = brought(*({**GOOD, "externalId": str(n), "title": ""} for n in range(120)))
    assert (len(result.errors), result.error_count, result.read) == (50, 120, 120)


def test_words_stand_for_what_the_options_say() -> None:
    row = {**GOOD, "category": "Moan", "module": "Engagement", "Urgency": "P1"}
    builders.a_plan()
    ticket = only(
        row,
        mapping={"severity": "Urgency"},
        values={
            "category": {"MOAN": "usability_issue"},
            "severity": {"p1": "critical"},
            "module": {"engagement": "patient_engagement"},
        },
    )
    assert ticket.module is not None
    assert (ticket.category, ticket.severity, ticket.module.key) == (
        "usability_issue",
        "critical",
        "patient_engagement",
    )


def test_of_several_columns_of_one_name_tags_are_joined_and_a_version_is_the_first() -> None:
    text = b"Issue key,Summary,Labels,Labels,Affects Version/s,Affects Version/s\nA-1,Slow,one,two,,3.4.0\n"
    importing.import_csv(io.BytesIO(text), source="j", actor=ROOT, options=Options(preset="jira"))
    ticket = Ticket.objects.get()
    assert sorted(tag.name for tag in ticket.tags.all()) == ["one", "two"]
    assert ticket.release == "3.4.0"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"preset": "zendesk"}, "preset"),
        ({"encoding": "klingon"}, "encoding"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"mapping": {"colour": "x"}}, "map colour"),
        ({"values": {"colour": {"a": "b"}}}, "value colour"),
        ({"defaults": {"category": "praise"}}, "default category"),
        ({"defaults": {"externalId": "7"}}, "default externalId"),
    ],
)
def test_an_option_that_is_none_is_named(options: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        brought(GOOD, **options)
    assert says in refusal.value.fields
    assert not TicketImport.objects.exists()


def test_a_dry_run_counts_and_leaves_nothing() -> None:
    brought(GOOD)
    before = Ticket.objects.count()
    rows = a_file([GOOD, {**GOOD, "externalId": "8"}])
    result = importing.import_csv(rows, source="x", actor=ROOT, options=Options(), dry_run=True)
    assert (result.created, result.kept, result.dry_run) == (1, 1, True)
    assert Ticket.objects.count() == before
    assert not StagedTicket.objects.exists()


def test_chunks_are_joined_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.imports.staging.BATCH", 2)
    monkeypatch.setattr("feedback.imports.applying.BATCH", 2)
    seen: list[int] = []
    rows = a_file([{**GOOD, "externalId": str(n)} for n in range(5)])
    importing.import_csv(rows, source="x", actor=ROOT, options=Options(), progress=seen.append)
    assert seen == [2, 4, 5]
    assert Ticket.objects.count() == 5
    assert checking.CHUNK > 2


def test_a_failure_midway_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.imports.applying.BATCH", 1)
    calls: list[object] = []

    def fail_at_second(days: object) -> None:
        calls.append(days)
        if len(calls) == 2:
            raise RuntimeError

    monkeypatch.setattr("feedback.imports.applying.days.stale", fail_at_second)
    with pytest.raises(RuntimeError):
        brought(GOOD, {**GOOD, "externalId": "8"})
    assert not any(model._default_manager.exists() for model in (Ticket, *STAGED))


def test_what_was_staged_is_applied_once_and_purged_after_a_day() -> None:
    batch = importing.stage_csv(a_file([GOOD]), source="x", actor=ROOT, options=Options())
    importing.apply(batch.pk, actor=ROOT)
    with pytest.raises(Refused, match="imported at"):
        importing.apply(batch.pk, actor=ROOT)
    waiting = importing.stage_csv(a_file([GOOD]), source="x", actor=ROOT, options=Options())
    assert staging.purge() == 0
    assert staging.purge(timezone.now() + timedelta(days=2)) == 1
    assert not StagedTicket.objects.exists()
    with pytest.raises(NotFound):
        importing.apply(waiting.pk, actor=ROOT)
    assert TicketImport.objects.get().pk == batch.pk


def test_whoever_may_only_send_feedback_may_not_import() -> None:
    reader = Actor(door=Door.API, label="product", grants=frozenset({"feedback.add_ticket"}))
    with pytest.raises(Forbidden):
        importing.import_csv(a_file([GOOD]), source="x", actor=reader, options=Options())
