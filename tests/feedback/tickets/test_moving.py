"""A ticket's life: what each state allows, and what each step leaves."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from feedback.lifecycle import OPEN, TRANSITIONS, State
from feedback.models import Resolution
from feedback.tickets import moving, quarantining
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in, an_agent, in_quarantine, mails, take

pytestmark = pytest.mark.django_db
PAIRS = [(state, name) for state in State for name in TRANSITIONS]
FRIDAY = "2026-03-06 15:00:00+00:00"


@pytest.mark.parametrize(("state", "transition"), PAIRS)
def test_each_step_is_taken_where_it_is_allowed_and_refused_elsewhere(state: State, transition: str) -> None:
    ticket = a_ticket_in(state)
    owner = an_agent("henry") if transition == "assign" else None
    if state in TRANSITIONS[transition].sources:
        moved = take(ticket, transition, **({"owner": owner} if owner else {}))
        assert moved.state == TRANSITIONS[transition].target
        assert moved.version == ticket.version + 1
        return
    with pytest.raises(Refused) as refusal:
        take(ticket, transition)
    ticket.refresh_from_db()
    assert ticket.state == state
    possible = [name for name, step in TRANSITIONS.items() if state in step.sources]
    if state == State.DUPLICATE:
        assert refusal.value.code == "merged"
    else:
        assert refusal.value.code == "transition"
        assert refusal.value.message.endswith(f"Allowed: {', '.join(possible) or 'nothing'}.")


@pytest.mark.parametrize("state", [*State])
def test_something_is_owed_exactly_while_a_ticket_is_open(state: State) -> None:
    ticket = a_ticket_in(state)
    assert (ticket.due_at is not None) == (state in OPEN)
    assert (ticket.resolved_at is not None) == (state in {State.RESOLVED, State.VERIFIED, State.CLOSED})


def test_every_step_stands_in_the_history_and_once_in_the_trail() -> None:
    ticket = a_ticket_in(State.TRIAGED)
    before = AuditEvent.objects.count()
    take(ticket, "start")
    assert AuditEvent.objects.count() == before + 1
    event = ticket.events.order_by("-pk").first()
    assert event is not None
    assert event.changes == {"state": ["triaged", "in_progress"]}
    assert event.by == "command:root"


def test_resolving_keeps_how_long_it_took_and_answers_the_reporter() -> None:
    with time_machine.travel(FRIDAY, tick=False) as now:
        ticket = a_ticket()
        now.shift(timedelta(days=3))
        take(ticket, "triage")
        done = take(ticket, "resolve", fixed_in="1.0.2")
    assert done.resolution_minutes == 3 * 24 * 60
    assert done.response_minutes == (2 + 6) * 60
    assert done.fixed_in == "1.0.2"
    assert Resolution.objects.get().by == "command:root"
    assert sum("1.0.2" in mail for mail in mails()) == 1


def test_reopening_begins_the_resolution_anew() -> None:
    with time_machine.travel(FRIDAY, tick=False) as now:
        ticket = a_ticket_in(State.RESOLVED)
        now.shift(timedelta(days=3))
        again = take(ticket, "reopen")
        assert again.clock_at == timezone.now() > ticket.clock_at
    assert (again.resolved_at, again.resolution_minutes, again.fixed_in) == (None, None, "")
    assert again.responded_at == ticket.responded_at
    assert again.due_at == again.resolve_by
    assert Resolution.objects.count() == 1


def test_a_form_that_is_out_of_date_is_refused_and_says_who_was_faster() -> None:
    ticket = a_ticket()
    moving.move(ticket, "triage", actor=builders.acting(an_agent()), version=ticket.version)
    with pytest.raises(Refused) as refusal:
        moving.move(ticket, "decline", actor=ROOT, version=ticket.version, reason="no")
    assert refusal.value.code == "changed"
    assert "admin:grace" in refusal.value.message


def test_a_ticket_goes_only_to_who_may_work_on_it() -> None:
    ticket = a_ticket()
    viewer = builders.a_person("vera", group="Viewer")
    for owner in (None, viewer):
        with pytest.raises(Invalid) as refusal:
            moving.move(ticket, "assign", actor=ROOT, owner=owner)
        assert set(refusal.value.fields) == {"owner"}
    owned = take(ticket, "assign", owner=an_agent())
    with pytest.raises(Refused, match="grace's already"):
        take(owned, "assign", owner=an_agent())
    assert take(owned, "assign", owner=an_agent("henry")).owner == an_agent("henry")


def test_who_begins_on_what_nobody_owns_owns_it() -> None:
    agent = an_agent()
    ticket = a_ticket_in(State.TRIAGED)
    assert moving.move(ticket, "start", actor=builders.acting(agent)).owner == agent


@pytest.mark.parametrize(
    ("transition", "given", "field"),
    [
        ("decline", {"reason": " "}, "reason"),
        ("reopen", {"reason": ""}, "reason"),
        ("triage", {"reason": "x" * 501}, "reason"),
        ("triage", {"fixed_in": "1.0.0"}, "fixed_in"),
        ("resolve", {"fixed_in": "1\n"}, "fixed_in"),
        ("explode", {}, "transition"),
    ],
)
def test_bad_input_names_its_field(transition: str, given: dict[str, Any], field: str) -> None:
    ticket = a_ticket()
    with pytest.raises(Invalid) as refusal:
        moving.move(ticket, transition, actor=ROOT, **given)
    assert set(refusal.value.fields) == {field}


def test_nothing_in_quarantine_moves_until_it_is_released() -> None:
    ticket = in_quarantine()
    with pytest.raises(Refused) as refusal:
        take(ticket, "triage")
    assert refusal.value.code == "quarantined"
    released = quarantining.release(ticket, actor=ROOT)
    assert released.due_at is not None
    assert take(released, "triage").state == State.TRIAGED


def test_only_who_may_triage_moves_a_ticket() -> None:
    ticket = a_ticket()
    with pytest.raises(Forbidden):
        moving.move(ticket, "triage", actor=builders.acting(builders.a_person("vera", group="Viewer")))
