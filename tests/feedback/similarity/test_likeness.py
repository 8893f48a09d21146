"""Likeness: stored for the page, merged tickets shown as what they are merged into, dismissed for good."""

import pytest

from feedback.models import Likeness, SearchEntry, Ticket
from feedback.similarity import index, likeness
from feedback.similarity.finding import similar
from feedback.tickets import editing, erasing, merging, quarantining
from operations.actor import Actor, Door
from operations.errors import Forbidden, Refused
from operations.models import AuditEvent
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, take

pytestmark = pytest.mark.django_db
TITLE = "Labels are cut off at the printer"


def indexed(*titles: str) -> list[Ticket]:
    made = [a_ticket(title=title, description="It happens every day") for title in titles]
    refresh()
    return made


def refresh() -> None:
    index.index_new()
    likeness.compare_new()


def alike(ticket: Ticket) -> list[int]:
    return [one.ticket.pk for one in likeness.of_ticket(Ticket.objects.get(pk=ticket.pk))]


@pytest.fixture
def three() -> list[Ticket]:
    return indexed(TITLE, "Printer cuts labels off", "The printer cut the labels off")


def test_both_sides_see_each_other_with_score_and_words(three: list[Ticket]):
    first, second, third = three
    assert set(alike(first)) == {second.pk, third.pk}
    assert set(alike(third)) == {first.pk, second.pk}
    shown = likeness.of_ticket(first)[0]
    assert 0.2 <= shown.score <= 1
    assert "printer" in shown.words
    assert not Likeness.objects.exclude(ticket__gt=0).exists()


def test_a_ticket_that_is_like_none_has_no_row():
    indexed("Labels", "Slow search of patients", "Wrong colours at night")
    assert not Likeness.objects.filter(score__gte=0.5).exists()


def test_tickets_are_compared_once(three: list[Ticket]):
    assert likeness.compare_new() == 0
    assert not SearchEntry.objects.filter(compared=False).exists()


def test_ten_at_most_are_stored_of_a_ticket():
    made = indexed(*[TITLE] * 14)
    assert Likeness.objects.filter(ticket=made[-1]).count() == 10
    assert len(alike(made[0])) == 10


def test_an_edited_ticket_is_compared_anew_by_itself_and_by_later_ones(three: list[Ticket]):
    first, second, third = three
    editing.edit(first, actor=ROOT, title="Search is slow", description="It takes a minute")
    refresh()
    assert alike(first) == []
    assert alike(second) == [third.pk]


def test_a_merged_ticket_stands_as_the_one_that_it_was_merged_into(three: list[Ticket]):
    first, second, third = three
    merging.merge(second, first, actor=ROOT)
    assert alike(third) == [first.pk]
    assert alike(first) == [third.pk]
    assert alike(second) == [third.pk]


def test_tickets_in_quarantine_and_erased_ones_are_not_shown(three: list[Ticket]):
    first, second, third = three
    quarantining.quarantine(second, actor=ROOT, reason="Looks like spam")
    assert alike(first) == [third.pk]
    erasing.erase(take(third, "decline"), actor=ROOT, reason="Asked for")
    assert alike(first) == []


def test_what_is_dismissed_stays_so(three: list[Ticket]):
    first, second, third = three
    likeness.dismiss(first, third, actor=ROOT)
    assert (alike(first), alike(third)) == ([second.pk], [second.pk])
    assert third.pk not in [one.ticket_id for one in similar(first)]
    editing.edit(third, actor=ROOT, title="The labels are cut off at the printer")
    refresh()
    assert alike(third) == [second.pk]
    event = AuditEvent.objects.get(action="ticket.not_the_same")
    assert event.data == {"other": third.reference}


def test_two_that_no_row_connects_can_be_dismissed():
    first, second = indexed("Labels", "Slow search of patients")
    likeness.dismiss(second, first, actor=ROOT)
    assert Likeness.objects.get().dismissed_by == str(ROOT)


def test_dismissing_covers_what_was_merged_into_either(three: list[Ticket]):
    first, second, third = three
    merging.merge(second, first, actor=ROOT)
    likeness.dismiss(third, first, actor=ROOT)
    assert alike(third) == []
    assert Likeness.objects.filter(dismissed_at=None).count() == 1


def test_dismissing_is_refused_twice_of_itself_and_without_permission(three: list[Ticket]):
    first, second, _ = three
    likeness.dismiss(first, second, actor=ROOT)
    with pytest.raises(Refused, match="said before"):
        likeness.dismiss(second, first, actor=ROOT)
    with pytest.raises(Refused, match="itself"):
        likeness.dismiss(first, first, actor=ROOT)
    with pytest.raises(Forbidden):
        likeness.dismiss(first, second, actor=Actor(door=Door.API, label="key"))


def test_the_page_takes_one_query(three: list[Ticket], django_assert_num_queries):
    with django_assert_num_queries(1):
        likeness.of_ticket(three[0])
