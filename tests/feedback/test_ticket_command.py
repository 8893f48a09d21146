"""`manage.py ticket`: each word, for people and for programs; the rules are the verbs' own tests'."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from feedback.models import Message, Ticket
from feedback.similarity import index
from tests import builders
from tests.doors import every_row, run
from tests.feedback.builders import a_ticket, a_ticket_in, an_agent, in_quarantine

pytestmark = pytest.mark.django_db

ADD = ("add", "Slow list", "--category", "performance_issue", "--description", "It takes 20 s")
ROWS = "externalId,category,title,description\n1,bug_report,No reminder,None came\n"


def done(*words: str) -> Any:
    """The document of a word that succeeds."""
    ran = run("ticket", *words, "--json")
    assert ran.code == 0, ran.err
    return ran.document


def refused(*words: str) -> str:
    """The one line on stderr of a word that is refused; programs get the same."""
    before = every_row()
    ran = run("ticket", *words, "--json")
    assert ran.code == 1
    assert ran.document["error"]["message"]
    assert every_row() == before
    return ran.err


def test_open_tickets_are_listed_the_most_severe_and_oldest_first() -> None:
    low, first, second = (
        a_ticket(severity="low"),
        a_ticket(severity="high", title="First"),
        a_ticket(severity="high"),
    )
    a_ticket_in("closed")
    found = done("list")
    assert [each["reference"] for each in found["tickets"]] == [
        first.reference,
        second.reference,
        low.reference,
    ]
    assert found["count"] == 3
    lines = run("ticket", "list", "--most", "1").out.splitlines()
    assert lines[1].split()[:3] == [first.reference, "HIGH", "new"]
    assert lines[2] == "and 2 more: --most shows more of them"


def test_the_list_is_narrowed_by_each_filter() -> None:
    builders.workspaces(["FA001"])
    builders.a_plan()
    ticket = a_ticket(
        severity="low", category="usability_issue", workspace="FA001", module="patient_engagement"
    )
    an_agent()
    done("assign", ticket.reference, "--owner", "grace")
    done("tag", ticket.reference, "--add", "SMS")
    a_ticket()
    for option, value in {
        "status": "assigned",
        "severity": "low",
        "category": "usability_issue",
        "workspace": "FA001",
        "module": "patient_engagement",
        "owner": "grace",
        "tag": "sms",
    }.items():
        found = done("list", f"--{option}", value)["tickets"]
        assert [each["reference"] for each in found] == [ticket.reference], option
    assert "must be one of" in refused("list", "--status", "lost")


def test_a_ticket_is_shown_with_its_texts_and_its_story() -> None:
    ticket = a_ticket(steps=("Open it", "Wait"), reporter_name="Ada")
    done("note", ticket.reference, "Seen before")
    found = done("show", ticket.reference.lower())
    assert (found["reference"], found["steps"]) == (ticket.reference, ["Open it", "Wait"])
    lines = run("ticket", "show", str(ticket.pk)).out
    assert "Recurring appointments trigger no reminder." in lines
    assert "2. Wait" in lines
    assert "Seen before" in lines
    assert "FB-999" in refused("show", "FB-999")


def test_a_ticket_is_added_by_a_person_and_every_wrong_field_is_named() -> None:
    found = done(*ADD, "--severity", "high", "--step", "Open it", "--feature-area", "lists")
    ticket = Ticket.objects.get()
    assert found["tickets"][0]["reference"] == ticket.reference
    assert (ticket.source, ticket.severity, ticket.steps) == ("person", "high", ["Open it"])
    said = refused("add", "x" * 201, "--category", "praise", "--description", "x", "--workspace", "FA999")
    assert all(field in said for field in ("title", "category", "workspace"))


def test_several_tickets_are_moved_together_or_not_at_all() -> None:
    tickets = [a_ticket(), a_ticket()]
    names = [each.reference for each in tickets]
    found = done("triage", *names, names[0])
    assert [each["status"] for each in found["tickets"]] == ["triaged", "triaged"]
    done("start", names[0])
    assert "Allowed: " in refused("triage", names[1], names[0])
    assert "there is no user 'nobody'" in refused("assign", names[0], "--owner", "nobody")
    assert "must say why" in refused("decline", names[0])


def test_texts_places_and_tags_are_corrected_and_emptied() -> None:
    builders.workspaces(["FA001"])
    ticket = a_ticket(workspace="FA001")
    done("edit", ticket.reference, "--severity", "critical", "--workspace", "", "--tags", "one,Two")
    ticket.refresh_from_db()
    assert (ticket.severity, ticket.workspace) == ("critical", None)
    done("tag", ticket.reference, "--remove", "one", "--add", "three")
    assert sorted(tag.name for tag in ticket.tags.all()) == ["three", "two"]
    assert "nothing is given" in refused("edit", ticket.reference)
    assert "there is no module 'x'" in refused("edit", ticket.reference, "--module", "x")


def test_the_reporter_is_answered_and_waited_for() -> None:
    ticket = a_ticket()
    assert done("reply", ticket.reference, "Which browser?", "--wait")["tickets"][0]["waitingSince"]
    assert done("resume", ticket.reference)["tickets"][0]["waitingSince"] is None
    assert Message.objects.get().body == "Which browser?"
    assert "does not wait" in refused("resume", ticket.reference)


def test_tickets_are_merged_put_apart_and_erased() -> None:
    ticket, other, spam = a_ticket(), a_ticket(title="The same"), in_quarantine()
    merged = done("merge", ticket.reference, f"http://x/admin/feedback/ticket/{other.pk}/change/")
    assert merged["tickets"][0]["mergedInto"] == other.reference
    assert done("unmerge", ticket.reference)["tickets"][0]["mergedInto"] is None
    assert not done("release", spam.reference)["tickets"][0]["quarantined"]
    assert done("quarantine", spam.reference, "--reason", "an advert")["tickets"][0]["quarantined"]
    done("erase", spam.reference, "--reason", "asked for")
    spam.refresh_from_db()
    assert (spam.title, spam.description) == ("Erased", "")
    assert "is open" in refused("erase", other.reference, "--reason", "asked for")


def test_tickets_are_found_by_their_words_and_by_likeness() -> None:
    one = a_ticket(title="Calendar export misses recurring appointments")
    two = a_ticket(title="Recurring appointments missing in calendar export")
    a_ticket(title="Login is slow", description="Twenty seconds on Monday mornings.")
    index.index_new()
    found = done("search", "calendar export")
    assert sorted(each["reference"] for each in found["tickets"]) == [one.reference, two.reference]
    like = done("similar", one.reference)["similar"]
    assert like[0]["reference"] == two.reference
    assert "calendar" in [word.lower() for word in like[0]["words"]]
    assert two.reference in run("ticket", "similar", one.reference).out
    assert run("ticket", "search", "zebra").out == "No such tickets.\n"


@pytest.mark.parametrize(
    "words",
    [
        ADD,
        ("triage", "{new}"),
        ("assign", "{new}", "--owner", "grace"),
        ("decline", "{new}", "--reason", "no"),
        ("reopen", "{closed}", "--reason", "no"),
        ("edit", "{new}", "--severity", "low"),
        ("tag", "{new}", "--add", "x"),
        ("reply", "{new}", "Hello", "--wait"),
        ("note", "{new}", "Hello"),
        ("merge", "{new}", "{other}"),
        ("quarantine", "{new}", "--reason", "advert"),
        ("release", "{spam}"),
        ("erase", "{closed}", "--reason", "asked for"),
        ("import", "{file}"),
    ],
    ids=lambda words: words[0],
)
def test_a_dry_run_leaves_the_database_as_it_was(words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(ROWS)
    an_agent()
    there = {
        "new": a_ticket().reference,
        "other": a_ticket(title="The same").reference,
        "closed": a_ticket_in("closed").reference,
        "spam": in_quarantine().reference,
        "file": str(file),
    }
    before = every_row()
    found = done(*(word.format(**there) for word in words), "--dry-run")
    assert found["dryRun"] is True
    assert every_row() == before


def test_a_file_is_imported_and_told_in_counts(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(ROWS.replace("bug_report", "Moan"))
    words = ("import", str(file), "--value", "category:Moan=usability_issue")
    found = done(*words)
    counts = {"read": 1, "created": 1, "kept": 0, "redacted": 0, "errorCount": 0}
    assert found == {**counts, "errors": [], "dryRun": False}
    assert done(*words)["kept"] == 1
    assert "0 tickets created, 1 were imported before" in run("ticket", *words).out


def test_bad_rows_are_told_on_stderr_with_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(ROWS + "".join(f"{n},praise,x,y\n" for n in range(2, 62)))
    ran = run("ticket", "import", str(file))
    assert (ran.code, ran.out) == (1, "61 rows read, nothing was imported.\n")
    lines = ran.err.splitlines()
    assert lines[0].startswith("line 3, category: 'praise' is none of")
    assert (len(lines), lines[-1]) == (51, "and 10 more")
    assert "the file has no column 'x'" in refused("import", str(file), "--map", "title=x")
    file.write_text("title\nx\n")
    assert "use: --map FIELD=COLUMN and --default FIELD=VALUE" in refused("import", str(file))
    assert "FIELD:FROM=TO" in refused("import", str(file), "--value", "category=x")
    assert "cannot be read" in refused("import", str(tmp_path / "none.csv"))


def test_the_export_is_safe_to_open_and_holds_what_was_not_redacted(tmp_path: Path) -> None:
    ticket = a_ticket(title="=HYPERLINK(1)", description="NHS number 943 476 5919 is wrong")
    rows = list(csv.DictReader(io.StringIO(run("ticket", "export").out)))
    assert (rows[0]["reference"], rows[0]["title"]) == (ticket.reference, "'=HYPERLINK(1)")
    assert "943" not in rows[0]["description"]
    file = tmp_path / "out.csv"
    assert done("export", "--output", str(file)) == {"output": str(file), "rows": 1}
    assert list(csv.DictReader(io.StringIO(file.read_text()))) == rows
    assert done("export")["tickets"][0]["reference"] == ticket.reference
    assert done("export", "--status", "closed")["tickets"] == []
