"""Groups of tickets that say the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.models import Ticket
from feedback.similarity import grouping, index, likeness
from feedback.similarity.grouping import connected
from feedback.tickets import merging, quarantining
from tests.builders import ROOT
from tests.feedback.builders import a_ticket

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def groups(least: int = 2) -> list[list[int]]:
    index.index_new()
    likeness.compare_new()
    return grouping.groups(timezone.now() - WEEK, least)


def a_group(title: str, description: str, count: int) -> list[int]:
    return [a_ticket(title=title, description=description).pk for _ in range(count)]


@pytest.fixture
def labels() -> list[int]:
    return a_group("Labels are cut off", "The printer cuts the last line", 3)


def test_tickets_that_say_the_same_are_a_group_the_largest_first(labels: list[int]):
    slow = a_group("Search is slow", "It takes a minute to find a patient", 2)
    a_ticket(title="Colours at night", description="Too bright")
    assert groups() == [labels, slow]
    assert groups(3) == [labels]


def test_old_tickets_and_those_in_quarantine_belong_to_no_group(labels: list[int]):
    Ticket.objects.filter(pk=labels[0]).update(received_at=timezone.now() - 2 * WEEK)
    quarantining.quarantine(Ticket.objects.get(pk=labels[1]), actor=ROOT, reason="Looks like spam")
    assert groups() == []


def test_a_merged_ticket_belongs_with_the_one_that_it_was_merged_into():
    one, other = a_ticket(title="Labels", description="x"), a_ticket(title="Slow search", description="y")
    assert groups() == []
    merging.merge(other, one, actor=ROOT)
    assert groups() == [[one.pk, other.pk]]


def test_a_dismissed_pair_connects_nothing(labels: list[int]):
    groups()
    first, second, third = (Ticket.objects.get(pk=pk) for pk in labels)
    likeness.dismiss(first, second, actor=ROOT)
    likeness.dismiss(first, third, actor=ROOT)
    assert groups() == [labels[1:]]


def test_two_queries_whatever_the_number(labels: list[int], django_assert_num_queries):
    groups()
    with django_assert_num_queries(2):
        grouping.groups(timezone.now() - WEEK, 2)


def test_pairs_connect_their_members():
    assert connected([5, 1, 2, 3, 4], [(2, 3), (5, 3), (4, 1)]) == [[2, 3, 5], [1, 4]]
    assert connected(range(10_000), [(one, one + 1) for one in range(9_999)]) == [[*range(10_000)]]
