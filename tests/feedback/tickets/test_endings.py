"""Quarantine, ratings, originals and erasure."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from feedback.lifecycle import State
from feedback.models import Original, Resolution, Ticket
from feedback.tickets import editing, erasing, merging, messaging, originals, quarantining, rating
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent, OutboxMessage
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import REPORTER, a_ticket, a_ticket_in, an_agent, in_quarantine, take

pytestmark = pytest.mark.django_db
SECRET = "Zebrafish"


def test_spam_is_kept_in_sight_and_comes_back_with_its_clocks_and_its_receipt() -> None:
    ticket = in_quarantine(reporter_email="p@example.org")
    assert (ticket.due_at, ticket.quarantine_reason) == (None, "Looks like spam")
    with pytest.raises(Refused, match="quarantine already"):
        quarantining.quarantine(ticket, actor=ROOT, reason="again")
    back = quarantining.release(ticket, actor=ROOT)
    assert back.due_at is not None
    assert back.clock_at > ticket.received_at
    with pytest.raises(Refused, match="not in quarantine"):
        quarantining.release(ticket, actor=ROOT)
    with pytest.raises(Invalid):
        quarantining.quarantine(ticket, actor=ROOT, reason=" ")


def test_what_came_as_spam_gets_its_receipt_when_it_is_none() -> None:
    ticket = a_ticket(quarantine="Too many links")
    assert not OutboxMessage.objects.exists()
    quarantining.release(ticket, actor=ROOT)
    assert OutboxMessage.objects.get().payload["to"] == ["pharmacist@example.org"]


def test_each_resolution_is_rated_for_itself() -> None:
    ticket = a_ticket_in(State.RESOLVED)
    rating.rate(ticket, actor=REPORTER, score=1, comment="Call 07700 900123")
    take(ticket, "reopen")
    with pytest.raises(Refused, match="not resolved"):
        rating.rate(ticket, actor=REPORTER, score=5)
    take(take(ticket, "triage"), "resolve")
    rating.rate(ticket, actor=REPORTER, score=5)
    assert list(Resolution.objects.values_list("score", flat=True)) == [1, 5]
    assert "07700" not in Resolution.objects.order_by("pk")[0].comment


def test_a_rating_may_be_thought_over_for_a_week() -> None:
    with time_machine.travel("2026-03-02 10:00:00+00:00", tick=False) as now:
        ticket = a_ticket_in(State.RESOLVED)
        rating.rate(ticket, actor=REPORTER, score=2)
        now.shift(timedelta(days=6))
        rating.rate(ticket, actor=REPORTER, score=4)
        now.shift(timedelta(days=2))
        with pytest.raises(Refused, match="more than a week"):
            rating.rate(ticket, actor=REPORTER, score=5)
    assert Resolution.objects.get().score == 4


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_is_from_one_to_five(score: int) -> None:
    with pytest.raises(Invalid):
        rating.rate(a_ticket_in(State.RESOLVED), actor=REPORTER, score=score)


def test_reading_an_original_leaves_its_trace() -> None:
    ticket = a_ticket(description="NHS number 943 476 5919")
    found = originals.read(ticket, actor=builders.acting(an_agent()))
    assert [original.text for original in found] == ["NHS number 943 476 5919"]
    assert AuditEvent.objects.get(action="ticket.original_read").actor == "grace"
    assert ticket.events.order_by("-pk")[0].kind == "read"
    with pytest.raises(Forbidden):
        originals.read(ticket, actor=builders.acting(builders.a_person("vera", group="Viewer")))
    with pytest.raises(Refused, match="Nothing was redacted"):
        originals.read(a_ticket(), actor=ROOT)


def full_of_secrets() -> Ticket:
    """A closed ticket with texts in every place that takes any."""
    said = f"{SECRET} NHS 943 476 5919"
    ticket = a_ticket(
        title=said,
        description=said,
        steps=[said],
        expected_behavior=said,
        actual_behavior=said,
        browser_info=SECRET,
        device_info=SECRET,
        reporter_name=SECRET,
        reporter_email=f"{SECRET}@example.org",
        satisfaction_rating=2,
    )
    messaging.note(ticket, actor=ROOT, body=said)
    messaging.answer(ticket, actor=REPORTER, body=said)
    editing.edit(ticket, actor=ROOT, title=f"{SECRET} again")
    merging.merge(ticket, a_ticket(), actor=ROOT, reason=SECRET)
    merging.unmerge(ticket, actor=ROOT, reason=SECRET)
    take(ticket, "triage", reason=SECRET)
    take(ticket, "resolve")
    rating.rate(ticket, actor=REPORTER, score=3, comment=SECRET)
    take(ticket, "close")
    OutboxMessage.objects.all().delete()
    return ticket


def everything_said() -> str:
    """All text of all tables of the portal's own."""
    said: list[Any] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("feedback_", "operations_")):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
                said += cursor.fetchall()
    return str(said)


def test_nothing_that_was_written_survives_an_erasure_but_the_counts_do() -> None:
    ticket = full_of_secrets()
    assert SECRET in everything_said()
    erasing.erase(ticket, actor=ROOT, reason="The reporter asked for it")
    assert SECRET not in everything_said()
    ticket.refresh_from_db()
    assert (ticket.title, ticket.category, ticket.satisfaction_rating) == ("Erased", "bug_report", 2)
    assert ticket.resolution_minutes is not None
    assert Resolution.objects.get().score == 3
    with pytest.raises(Refused) as refusal:
        editing.edit(ticket, actor=ROOT, severity="low")
    assert refusal.value.code == "erased"


def test_an_open_ticket_is_not_erased() -> None:
    with pytest.raises(Refused, match="is open"):
        erasing.erase(a_ticket(), actor=ROOT, reason="asked for")


def test_old_tickets_are_erased_when_nobody_works_on_them() -> None:
    kept = [a_ticket(), a_ticket_in(State.CLOSED)]
    old = [
        a_ticket_in(State.CLOSED),
        a_ticket_in(State.DECLINED),
        in_quarantine(),
        a_ticket_in(State.DUPLICATE),
    ]
    long_ago = timezone.now() - timedelta(days=731)
    still_open = a_ticket()
    Ticket.objects.filter(pk__in=[each.pk for each in [*old, still_open]]).update(changed_at=long_ago)
    assert erasing.erase_old(actor=ROOT) == len(old)
    erased = set(Ticket.objects.exclude(erased_at=None).values_list("pk", flat=True))
    assert erased == {each.pk for each in old}
    assert not erased & {each.pk for each in [*kept, still_open]}
    assert not Original.objects.filter(ticket__in=erased).exists()
    assert erasing.erase_old(actor=ROOT) == 0
