"""Merging tickets, and undoing it without a trace in the rows."""

from typing import Any

import pytest
from django.db import connection

from feedback.lifecycle import OPEN, State
from feedback.models import Enhancement, Merge, Ticket
from feedback.tickets import editing, erasing, merging, messaging
from operations.errors import Refused
from operations.models import OutboxMessage
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in, in_quarantine, take

pytestmark = pytest.mark.django_db


def row(ticket: Ticket) -> tuple[Any, ...]:
    """The row as the database has it, column by column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM feedback_ticket WHERE id = %s", [ticket.pk])
        found: tuple[Any, ...] = cursor.fetchone()
    return found


@pytest.mark.parametrize("state", OPEN)
def test_merge_then_unmerge_restores_both_rows_byte_for_byte(state: State) -> None:
    ticket, into = a_ticket_in(state, title="Café 💊", steps=["a", "b"]), a_ticket_in(State.TRIAGED)
    editing.edit(ticket, actor=ROOT, tags=["till"], severity="critical")
    messaging.reply(ticket, actor=ROOT, body="Which version?", waits=True)
    before = row(ticket), row(into)
    merging.merge(ticket, into, actor=ROOT, reason="the same words")
    assert row(ticket) != before[0]
    assert row(into) == before[1]
    merging.unmerge(ticket, actor=ROOT)
    assert (row(ticket), row(into)) == before
    assert list(ticket.tags.values_list("name", flat=True)) == ["till"]


def test_a_merged_ticket_owes_nothing_and_refuses_work_until_it_is_taken_out() -> None:
    ticket, into = a_ticket(), a_ticket()
    merging.merge(ticket, into, actor=ROOT)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.due_at, ticket.merged_into) == (State.DUPLICATE, None, into)
    with pytest.raises(Refused, match=f"merged into {into.reference}"):
        take(ticket, "triage")
    with pytest.raises(Refused, match=f"merged into {into.reference}"):
        editing.edit(ticket, actor=ROOT, severity="low")


def test_what_was_merged_before_goes_along_and_comes_back() -> None:
    first, second, third = a_ticket(), a_ticket(), a_ticket()
    merging.merge(first, second, actor=ROOT)
    merging.merge(second, third, actor=ROOT)
    assert set(third.merged.all()) == {first, second}
    merging.unmerge(second, actor=ROOT)
    assert (set(third.merged.all()), set(second.merged.all())) == (set(), {first})


def test_what_was_taken_out_meanwhile_stays_out() -> None:
    first, second, third = a_ticket(), a_ticket(), a_ticket()
    merging.merge(first, second, actor=ROOT)
    merging.merge(second, third, actor=ROOT)
    merging.unmerge(first, actor=ROOT)
    merging.unmerge(second, actor=ROOT)
    first.refresh_from_db()
    assert (first.state, first.merged_into) == (State.NEW, None)


def test_a_merge_cannot_make_a_circle_or_end_where_nobody_looks() -> None:
    ticket, into, spam = a_ticket(), a_ticket(), in_quarantine()
    done = a_ticket_in(State.CLOSED)
    merging.merge(ticket, into, actor=ROOT)
    for source, target, code in (
        (into, into, "itself"),
        (into, ticket, "into_duplicate"),
        (into, spam, "into_closed"),
        (spam, into, "transition"),
        (done, into, "transition"),
        (ticket, done, "merged"),
    ):
        with pytest.raises(Refused) as refusal:
            merging.merge(source, target, actor=ROOT)
        assert refusal.value.code == code
    with pytest.raises(Refused, match="not merged"):
        merging.unmerge(into, actor=ROOT)


def test_the_reporters_of_merged_tickets_hear_of_the_fix_once_each() -> None:
    into = a_ticket(reporter_email="one@example.org")
    for address in ("two@example.org", "two@example.org", "three@example.org"):
        merging.merge(a_ticket(reporter_email=address), into, actor=ROOT)
    OutboxMessage.objects.all().delete()
    take(into, "triage")
    take(into, "resolve", fixed_in="1.0.2")
    told = sorted(message.payload["to"][0] for message in OutboxMessage.objects.all())
    assert told == ["one@example.org", "three@example.org", "two@example.org"]


def test_a_thing_that_was_deleted_meanwhile_is_gone_after_an_unmerge() -> None:
    wish = Enhancement.objects.create(name="Offline")
    ticket, into = a_ticket(category="feature_request"), a_ticket()
    editing.edit(ticket, actor=ROOT, enhancement=wish)
    merging.merge(ticket, into, actor=ROOT)
    wish.delete()
    assert merging.unmerge(ticket, actor=ROOT).enhancement is None


def test_the_merge_keeps_its_reason_and_its_undoing() -> None:
    ticket, into = a_ticket(), a_ticket()
    merging.merge(ticket, into, actor=ROOT, reason="same till")
    merging.unmerge(ticket, actor=ROOT, reason="another till")
    made = Merge.objects.get()
    assert (made.reason, made.undone_reason, made.undone_by) == ("same till", "another till", "command:root")
    assert [event.kind for event in ticket.events.all()][-2:] == ["merged", "unmerged"]


def test_an_erased_ticket_stays_merged() -> None:
    ticket, into = a_ticket(), a_ticket()
    merging.merge(ticket, into, actor=ROOT)
    erasing.erase(ticket, actor=ROOT, reason="asked for")
    with pytest.raises(Refused) as refusal:
        merging.unmerge(ticket, actor=ROOT)
    assert refusal.value.code == "erased"
    assert Merge.objects.get().before is None
