"""The index: what is due, what is kept, what is dropped, and how often each stem is counted."""

from collections import Counter

import pytest
from django.db import transaction

from feedback.models import SearchEntry, Ticket, Word
from feedback.similarity import frequencies, index
from feedback.similarity.finding import similar
from feedback.tickets import editing, erasing, messaging, quarantining
from tests.at_once import at_once
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, take

pytestmark = pytest.mark.django_db


def counted() -> dict[str, int]:
    """The counts as the entries say that they must be."""
    counts = Counter(stem for entry in SearchEntry.objects.all() for stem in [*entry.stems.split(), ""])
    return dict(counts)


def known() -> dict[str, int]:
    return dict(Word.objects.exclude(tickets=0).values_list("text", "tickets"))


def test_new_tickets_are_indexed_once():
    a_ticket(title="Labels are cut off"), a_ticket(title="Printer prints twice")
    assert index.index_new() == 2
    assert index.index_new() == 0
    assert known() == counted()
    assert known()[""] == 2


def test_an_edited_ticket_is_found_by_its_new_words_alone():
    ticket = a_ticket(title="Labels are cut off", description="x")
    index.index_new()
    editing.edit(ticket, actor=ROOT, title="Wrong dosage")
    assert index.index_new() == 1
    assert [one.ticket_id for one in similar("dosage")] == [ticket.pk]
    assert similar("labels") == []
    assert known() == counted()


def test_a_change_of_something_else_does_not_write_the_entry_anew():
    ticket = a_ticket()
    index.index_new()
    SearchEntry.objects.update(compared=True)
    messaging.note(ticket, actor=ROOT, body="Seen")
    take(Ticket.objects.get(pk=ticket.pk), "triage")
    index.index_new()
    assert SearchEntry.objects.get(pk=ticket.pk).compared


def test_one_in_quarantine_is_dropped_and_comes_back():
    ticket = a_ticket(title="Labels are cut off")
    index.index_new()
    ticket = quarantining.quarantine(ticket, actor=ROOT, reason="Looks like spam")
    # Before the job runs, too.
    assert similar("labels") == []
    index.index_new()
    assert not SearchEntry.objects.exists()
    assert known() == {}
    quarantining.release(ticket, actor=ROOT)
    index.index_new()
    assert len(similar("labels")) == 1


def test_one_that_arrives_in_quarantine_is_not_indexed():
    a_ticket(quarantine="Looks like spam")
    assert index.index_new() == 1
    assert not SearchEntry.objects.exists()


def test_an_erased_one_is_not_found_and_its_words_are_forgotten():
    ticket = take(a_ticket(title="Labels of Mrs Unmistakable"), "decline")
    index.index_new()
    erasing.erase(ticket, actor=ROOT, reason="Asked for")
    assert similar("unmistakable") == []
    assert not SearchEntry.objects.exists()
    index.index_new()
    assert known().get("unmistak") is None


def test_the_counts_are_made_anew_where_they_are_wrong():
    for number in range(3):
        a_ticket(title=f"Labels {number}00 are cut off")
    index.index_new()
    Word.objects.update(tickets=40)
    assert frequencies.recount()
    assert known() == counted()
    assert not frequencies.recount()


def test_norms_are_renewed_when_there_are_twice_as_many_tickets():
    first = a_ticket(title="Labels are cut off")
    index.index_new()
    for number in range(9):
        a_ticket(title=f"Something else {number}00")
    index.index_new()
    assert SearchEntry.objects.get(pk=first.pk).among == 10
    assert similar(first.title + "\n" + first.description)[0].score == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 4_000,
        "אבגד " * 4_000,
        "漢" * 20_000,
        "🔥" * 20_000,
        "".join(chr(code) for code in range(0x20, 0x4E20) if not 0xD800 <= code < 0xE000),
        " ".join(f"unique{number}" for number in range(1_800)),
        "' \" \\ * ( ) & | ! : <-> NEAR AND OR NOT",
    ],
)
def test_a_hostile_ticket_costs_little_and_breaks_nothing(text: str):
    ticket = a_ticket(title=text[:190], description=text[:20_000])
    a_ticket(title=text[:190], description=text[:20_000])
    index.index_new()
    assert known() == counted()
    for entry in SearchEntry.objects.all():
        assert len(entry.stems.split()) <= 300
        assert len(entry.tokens.split(" ")) <= 4_000
    similar(ticket)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_share_the_work_and_count_once():
    for number in range(30):
        a_ticket(title=f"Labels {number % 7} are cut off by printer {number % 5}")
    at_once(index.index_new, index.index_new, index.index_new)
    index.index_new()
    assert SearchEntry.objects.count() == 30
    assert known() == counted()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_job_passes_over_a_ticket_that_somebody_works_on():
    busy, other = a_ticket(title="Labels"), a_ticket(title="Printer")
    with transaction.atomic():
        Ticket.objects.select_for_update().get(pk=busy.pk)
        assert at_once(lambda: index.index_new(seconds=5)) == [1]
    assert [*SearchEntry.objects.values_list("pk", flat=True)] == [other.pk]
    assert index.index_new() == 1
