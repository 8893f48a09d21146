"""`manage.py announce`, as the shell runs it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import channels
from releases.announcements import publishing
from releases.models import Announcement
from tests import builders
from tests.builders import ROOT
from tests.doors import every_row, run
from tests.releases.announcements.builders import a_window, announce, mailed, people

pytestmark = pytest.mark.django_db


def test_every_word_has_help() -> None:
    for words in ((), ("publish",), ("list",), ("cancel",), ("complete",)):
        ran = run("announce", *words, "--help")
        assert (ran.code, ran.err) == (0, "")


def test_users_are_told_from_the_command_line() -> None:
    builders.a_plan_in_phase(1)
    people("W00000", "ann@example.org", role="pharmacy_manager")
    channels.add(actor=ROOT, name="team", kind="mail", address="team@example.org")
    ran = run(
        *(
            "announce",
            "publish",
            "Version 1.0.2 is out",
            "--text",
            "Reminders come once.",
            "--kind",
            "release",
        ),
        *("--to", "module", "--module", "patient_engagement", "--mail", "--role", "pharmacy_manager"),
        *("--channel", "team", "--from", "2100-01-01", "--until", "2100-01-02", "--json"),
    )
    told = ran.document
    assert (told["state"], told["module"], told["mails"]) == ("published", "patient_engagement", 1)
    assert (told["startsAt"], told["dryRun"]) == ("2100-01-01T00:00:00Z", False)
    assert mailed() == [("ann@example.org", "New release: Version 1.0.2 is out")]
    assert run("announce", "list").out.split()[1:4] == ["published", "release", "Version"]


def test_a_window_is_announced_with_its_times() -> None:
    window = a_window()
    told = run(
        "announce", "publish", "Upgrade", "--kind", "maintenance", "--window", str(window.pk), "--json"
    )
    assert told.document["window"] == window.pk
    assert told.document["startsAt"] is not None


def test_it_is_taken_back_and_completed_by_number() -> None:
    people("A", "ann@example.org")
    for word, state in (("cancel", "cancelled"), ("complete", "complete")):
        number = str(announce(kind="incident").pk)
        ran = run("announce", word, number, "--note", "All is well.", "--json")
        assert (ran.document["state"], ran.document["mails"]) == (state, 1)
        assert "All is well." in ran.document["mail"]["body"]
        again = run("announce", word, number)
        assert (again.code, len(again.err.splitlines())) == (1, 1)
    assert run("announce", "list", "--json").document["announcements"] == []
    assert len(run("announce", "list", "--all", "--json").document["announcements"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("publish", ""), "title: must be one line"),
        (("publish", "x", "--to", "module"), "module: say which"),
        (("publish", "x", "--to", "module", "--module", "nothing"), "There is no module 'nothing'."),
        (("publish", "x", "--workspace", "A"), "workspaces: everybody is told"),
        (("publish", "x", "--no-product"), "channels: choose at least one"),
        (("publish", "x", "--channel", "nobody"), "channel: there is no nobody"),
        (("publish", "x", "--window", "77"), "There is no window 77."),
        (("publish", "x", "--kind", "party"), "invalid choice: 'party'"),
        (("cancel", "77"), "There is no announcement 77."),
        (("complete", "99999999999999999999"), "There is no announcement"),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], said: str) -> None:
    ran = run("announce", *words)
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert said in ran.err
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("word", ["publish", "cancel", "complete"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_dry_run_sends_no_statement_that_writes(word: str, more: tuple[str, ...]) -> None:
    people("A", "ann@example.org")
    announcement = announce(kind="incident")
    words = ("publish", "x", "--mail") if word == "publish" else (word, str(announcement.pk))
    before = every_row()
    with CaptureQueriesContext(connection) as found:
        ran = run("announce", *words, "--dry-run", *more)
    assert (ran.code, ran.err) == (0, "")
    verbs = ("INSERT", "UPDATE", "DELETE")
    assert [query for query in found if query["sql"].lstrip().startswith(verbs)] == []
    assert every_row() == before
    assert run("announce", *words, *more).code == 0
    assert every_row() != before


def test_with_the_same_key_a_script_that_runs_twice_announces_once() -> None:
    for _ in range(2):
        assert run("announce", "publish", "x", "--key", "nightly").code == 0
    assert Announcement.objects.count() == 1
    assert publishing.of_window(a_window()) is None
