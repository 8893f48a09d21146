"""Taking tickets in."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback.models import Original, Ticket
from feedback.tickets import submitting
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid
from operations.models import AuditEvent, OutboxMessage
from rollout import phases
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_draft, a_ticket

pytestmark = pytest.mark.django_db


def test_a_ticket_begins_new_with_both_clocks_and_its_first_line_of_history() -> None:
    ticket = a_ticket(severity="high")
    assert (ticket.state, ticket.version, ticket.received_by) == ("new", 1, "command:root")
    assert ticket.respond_by is not None
    assert ticket.resolve_by is not None
    assert ticket.due_at == ticket.respond_by < ticket.resolve_by
    assert ticket.received_on == timezone.localdate(ticket.received_at)
    assert [event.kind for event in ticket.events.all()] == ["received", "mailed"]
    event = AuditEvent.objects.get(action="ticket.submitted")
    assert event.subject == ticket.reference
    assert event.data["redacted"] == 0


def test_the_trail_and_the_receipt_hold_no_word_that_the_sender_typed() -> None:
    ticket = a_ticket(title="Zebrafish everywhere", description="Quokka")
    event = AuditEvent.objects.get(action="ticket.submitted")
    said = f"{event.facts()} {OutboxMessage.objects.get().payload}"
    assert "Zebrafish" not in said
    assert "Quokka" not in said
    assert ticket.title == "Zebrafish everywhere"


def test_the_place_is_found_by_its_keys_with_the_phase_that_runs() -> None:
    plan = builders.a_plan(eligible=20)
    phases.run(plan, 1, actor=ROOT)
    ticket = a_ticket(workspace="W00003", module="patient_engagement")
    assert ticket.workspace_id == "W00003"
    assert ticket.module == plan.module
    assert ticket.phase is not None
    assert ticket.phase.number == 1


def test_a_place_that_is_not_there_is_named_with_every_other_fault() -> None:
    with pytest.raises(Invalid) as refusal:
        a_ticket(workspace="nowhere", module="nothing", category="praise", title=" ", satisfaction_rating=6)
    assert set(refusal.value.fields) == {"workspace", "module", "category", "title", "satisfaction_rating"}
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 201),
        ("title", "a\0b"),
        ("description", "half \ud83d of a smile"),
        ("description", "x" * 100_001),
        ("severity", "urgent"),
        ("category", ""),
        ("steps", ["one", " "]),
        ("steps", ["x" * 1_001]),
        ("steps", ["x"] * 51),
        ("usability_rating", 0),
        ("performance_rating", -1),
        ("reporter_email", "nobody"),
        ("reporter_locale", "English, please"),
        ("release", "1" * 61),
        ("workspace", "a\0b"),
    ],
)
def test_bad_input_names_the_field_and_keeps_nothing(field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        a_ticket(**{field: value})
    assert [name.partition(".")[0] for name in refusal.value.fields] == [field]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "مرحبا بالعالم", "💊 lost", "a\u202eb", "日本語の報告"]
)
def test_any_text_is_kept_as_it_is(text: str) -> None:
    ticket = a_ticket(title=text, description=text, steps=[text])
    assert (ticket.title, ticket.description, ticket.steps) == (text, text, [text])


def test_patient_data_is_taken_out_and_kept_for_those_who_may_read_it() -> None:
    ticket = a_ticket(
        title="Patient John Smith got nothing",
        description="NHS number 943 476 5919 is wrong",
        steps=["Open the file", "Call 07700 900123"],
    )
    assert "943" not in ticket.description
    assert "07700" not in ticket.steps[1]
    kept = {original.field: original.text for original in Original.objects.filter(ticket=ticket)}
    assert kept["description"] == "NHS number 943 476 5919 is wrong"
    assert kept["steps"] == "Open the file\nCall 07700 900123"


def test_what_looks_like_spam_is_kept_apart_and_owed_nothing() -> None:
    ticket = a_ticket(quarantine="It came in half a second")
    assert ticket.quarantined_at is not None
    assert ticket.due_at is None
    assert ticket.state == "new"
    assert not OutboxMessage.objects.exists()
    assert list(Ticket.objects.open()) == []
    assert [event.kind for event in ticket.events.all()] == ["received", "quarantined"]


def test_only_who_may_submits() -> None:
    stranger = Actor(door=Door.API, label="stranger")
    with pytest.raises(Forbidden):
        submitting.submit(a_draft(), actor=stranger, source="api")


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "lost"},
        {"severity": "urgent"},
        {"category": "praise"},
        {"satisfaction_rating": 9},
        {"state": "resolved"},
        {"state": "duplicate"},
        {"state": "declined", "due_at": timezone.now()},
    ],
)
def test_the_database_itself_refuses_a_ticket_that_cannot_be(broken: dict[str, object]) -> None:
    ticket = a_ticket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**broken)
