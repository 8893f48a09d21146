"""Two people at one ticket. PostgreSQL only."""

import pytest

from feedback.models import Ticket
from feedback.tickets import editing, merging, moving
from operations.errors import Refused
from tests.at_once import at_once
from tests.builders import ROOT
from tests.feedback.builders import a_ticket

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_steps_from_one_form_one_wins_and_the_other_hears_of_it() -> None:
    ticket = a_ticket()
    results = at_once(
        lambda: moving.move(ticket, "triage", actor=ROOT, version=1),
        lambda: editing.edit(ticket, actor=ROOT, version=1, severity="low"),
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert [refusal.code for refusal in refused] == ["changed"]
    assert Ticket.objects.get(pk=ticket.pk).version == 2


def test_two_tickets_are_never_merged_into_each_other() -> None:
    first, second = a_ticket(), a_ticket()
    for _ in range(5):
        results = at_once(
            lambda: merging.merge(first, second, actor=ROOT),
            lambda: merging.merge(second, first, actor=ROOT),
        )
        assert sum(isinstance(result, Refused) for result in results) == 1
        merged = Ticket.objects.get(state="duplicate")
        merging.unmerge(merged, actor=ROOT)


def test_many_corrections_at_once_each_count() -> None:
    ticket = a_ticket()
    at_once(*(lambda name=f"tag {n}": editing.tag(ticket, actor=ROOT, add=[name]) for n in range(6)))
    assert Ticket.objects.get(pk=ticket.pk).version == 7
    assert ticket.tags.count() == 6
