"""Similar tickets: which are found, in which order, and why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.models import Ticket
from feedback.similarity import index
from feedback.similarity.finding import similar
from tests.feedback.builders import a_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets() -> dict[str, Ticket]:
    made = {
        "reminders": a_ticket(
            title="Appointment reminders not sending", description="Nobody got a reminder since Monday"
        ),
        "sms": a_ticket(title="SMS reminder never sent to patients", description="The appointment is there"),
        "labels": a_ticket(title="Labels are cut off", description="The printer cuts the last line"),
        "slow": a_ticket(title="The search is slow", description="It takes a minute to find a patient"),
    }
    index.index_new()
    return made


def test_the_likest_comes_first_with_the_words_that_say_so(tickets: dict[str, Ticket]):
    found = similar("Sends no reminders of appointments")
    assert [one.ticket_id for one in found[:2]] == [tickets["reminders"].pk, tickets["sms"].pk]
    assert 0 < found[1].score < found[0].score <= 1
    assert {*found[0].words} == {"sends", "reminders", "appointments"}


def test_a_ticket_is_not_like_itself(tickets: dict[str, Ticket]):
    assert tickets["labels"].pk not in [one.ticket_id for one in similar(tickets["labels"])]


def test_one_that_is_not_saved_yet_can_be_compared(tickets: dict[str, Ticket]):
    draft = Ticket(title="Label printer", description="cuts lines off")
    assert similar(draft)[0].ticket_id == tickets["labels"].pk


def test_no_more_are_given_than_asked_for_and_none_below_the_least(tickets: dict[str, Ticket]):
    assert len(similar("reminder printer search patient", 2)) == 2
    assert similar("reminder printer search patient", least=0.99) == []


def test_earlier_ones_alone_where_that_is_asked(tickets: dict[str, Ticket]):
    found = similar(tickets["sms"], before=tickets["sms"].pk)
    assert [one.ticket_id for one in found] == [tickets["reminders"].pk]


@pytest.mark.parametrize("text", ["", "  \n ", "?!", "the of and", "\0", "xyzzy", "🔥", "\ud800"])
def test_a_text_without_known_words_is_like_nothing(tickets: dict[str, Ticket], text: str):
    assert similar(text) == []


def test_of_two_that_say_the_same_the_one_nearer_in_time_comes_first():
    old = a_ticket(title="Labels are cut off", received_at=timezone.now() - timedelta(days=400))
    new = a_ticket(title="Labels are cut off")
    index.index_new()
    found = similar("Labels are cut off")
    assert [one.ticket_id for one in found] == [new.pk, old.pk]
    assert found[1].score == pytest.approx(found[0].score * 2 / 3, rel=0.02)


def test_words_that_stand_in_very_many_tickets_find_the_newest_that_have_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("feedback.similarity.candidates.MOST_POSTINGS", 1)
    both = [a_ticket(title="Labels slow", description="x") for _ in range(2)]
    a_ticket(title="Labels", description="x"), a_ticket(title="Slow", description="x")
    index.index_new()
    assert [one.ticket_id for one in similar("slow labels")] == [both[1].pk, both[0].pk]


def test_a_question_takes_five_queries_whatever_the_number(
    tickets: dict[str, Ticket], django_assert_num_queries
):
    with django_assert_num_queries(5):
        similar(tickets["sms"])


def test_what_was_taken_out_of_both_makes_no_two_tickets_alike():
    a_ticket(title="Till prints twice", description="For the patient John Smith, NHS 943 476 5919")
    index.index_new()
    assert "[NHS number]" in Ticket.objects.get().description
    found = similar("Wrong doctor shown\nThe patient [name], NHS [NHS number]")
    assert [set(one.words) for one in found] == [{"patient", "nhs"}]
