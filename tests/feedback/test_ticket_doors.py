"""What is done to a ticket leaves the same rows and one audit event, whichever door it came through.

Every step of a ticket's life is tried from every state: those that its state does not allow are refused
everywhere, and the refusal says what is allowed.
"""

import getpass
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse

from feedback.lifecycle import OPEN, TRANSITIONS, State, allowed
from feedback.models import StaleDay, Ticket
from feedback.tickets import merging, moving
from operations.actor import Actor
from operations.errors import Refused
from operations.models import OutboxMessage
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, events_after, last_event, post, run
from tests.feedback.builders import a_ticket, a_ticket_in, an_agent

pytestmark = pytest.mark.django_db

NEEDS_REASON = ("decline", "reopen")


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        yield


@dataclass(frozen=True)
class Asked:
    """One step that somebody asks for, with what it needs."""

    transition: str
    owner: User | None = None
    reason: str = ""
    fixed_in: str = ""


@dataclass(frozen=True)
class Told:
    """What a door answered: whether it was done, and what it said."""

    done: bool
    text: str


class Command:
    """`manage.py ticket`."""

    who = f"command:{getpass.getuser()}"
    actor = ROOT

    def move(self, ticket: Ticket, asked: Asked) -> Told:
        words = ["ticket", asked.transition, ticket.reference]
        words += ["--reason", asked.reason] if asked.reason else []
        words += ["--owner", asked.owner.username] if asked.owner else []
        words += ["--fixed-in", asked.fixed_in] if asked.fixed_in else []
        return self._ran(*words)

    def merge(self, ticket: Ticket, into: Ticket) -> Told:
        return self._ran("ticket", "merge", ticket.reference, into.reference)

    def unmerge(self, ticket: Ticket) -> Told:
        return self._ran("ticket", "unmerge", ticket.reference)

    @staticmethod
    def _ran(*words: str) -> Told:
        ran = run(*words)
        assert ran.code in (0, 1), ran
        return Told(ran.code == 0, ran.err)


class Api:
    """The HTTP API, with a key."""

    who = "api:product"
    actor = ROOT

    def __init__(self) -> None:
        self.key = an_api_key("respond")

    def move(self, ticket: Ticket, asked: Asked) -> Told:
        body = {
            "owner": asked.owner.username if asked.owner else "",
            "reason": asked.reason,
            "fixedIn": asked.fixed_in,
        }
        given = {name: text for name, text in body.items() if text}
        return self._posted(ticket, reverse("move-ticket", args=[ticket.reference, asked.transition]), given)

    def merge(self, ticket: Ticket, into: Ticket) -> Told:
        return self._posted(ticket, reverse("merge", args=[ticket.reference]), {"into": into.reference})

    def unmerge(self, ticket: Ticket) -> Told:
        return self._posted(ticket, reverse("unmerge", args=[ticket.reference]), {})

    def _posted(self, ticket: Ticket, address: str, body: dict[str, Any]) -> Told:
        answer = post(address, body, self.key)
        assert answer.status_code in (200, 409), answer.json()
        done = answer.status_code == 200
        return Told(done, "" if done else answer.json()["error"]["message"])


class Admin:
    """The admin's confirmation pages."""

    who = "admin:ada"

    def __init__(self) -> None:
        self.client: Client = builders.signed_in("Support")
        self.actor: Actor = builders.acting(User.objects.get(username="ada"))

    def move(self, ticket: Ticket, asked: Asked) -> Told:
        inputs: dict[str, Any] = {"reason": asked.reason, "fixed_in": asked.fixed_in}
        if asked.owner:
            inputs["owner"] = asked.owner.pk
        if asked.transition == "triage":
            inputs |= {"category": ticket.category, "severity": ticket.severity}
        return self._confirmed(ticket, asked.transition, inputs)

    def merge(self, ticket: Ticket, into: Ticket) -> Told:
        return self._confirmed(ticket, "merge", {"into": into.reference})

    def unmerge(self, ticket: Ticket) -> Told:
        return self._confirmed(ticket, "unmerge", {})

    def _confirmed(self, ticket: Ticket, operation: str, inputs: dict[str, Any]) -> Told:
        page = reverse("admin:feedback_ticket_operate", args=[operation])
        # What the page looks like is another test's subject, and most of its time.
        with patch.object(SimpleTemplateResponse, "rendered_content", ""):
            answer = self.client.post(page, {"object": f"{ticket.pk}:{ticket.version}", **inputs})
        said = " ".join(map(str, get_messages(answer.wsgi_request)))
        return Told(answer.status_code == 302, said)


DOORS: dict[str, Callable[[], Any]] = {"command": Command, "API": Api, "admin": Admin}


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside leaves nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def effect_on(ticket: Ticket) -> dict[str, Any]:
    """The ticket's row, its story, its resolutions, what goes to reporters: without who did it."""
    return {
        "row": row_of(ticket),
        "story": list(ticket.events.values_list("kind", "text", "changes", "at")),
        "resolutions": list(ticket.resolutions.values_list("at", "score")),
        "mails": sorted(OutboxMessage.objects.values_list("key", "lane")),
        "stale": sorted(StaleDay.objects.values_list("day", flat=True)),
    }


def row_of(ticket: Ticket) -> tuple[Any, ...]:
    """Every column, as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM feedback_ticket WHERE id = %s", [ticket.pk])
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)


def asked_for(transition: str, owner: User) -> Asked:
    return Asked(
        transition,
        owner=owner if transition == "assign" else None,
        reason="for the test" if transition in NEEDS_REASON else "",
        fixed_in="1.0.2" if transition == "resolve" else "",
    )


def by_verb(ticket: Ticket, asked: Asked, actor: Actor) -> dict[str, Any]:
    """What the verb itself leaves, undone again."""
    with undone():
        moving.move(
            ticket,
            asked.transition,
            actor=actor,
            owner=asked.owner,
            reason=asked.reason,
            fixed_in=asked.fixed_in,
        )
        return effect_on(ticket)


def refusal_of(ticket: Ticket, asked: Asked, actor: Actor) -> str:
    with pytest.raises(Refused) as refusal, undone():
        by_verb(ticket, asked, actor)
    return refusal.value.message


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("state", [*State])
def test_every_step_is_taken_or_refused_alike_through_every_door(state: State, name: str) -> None:
    ticket, henry, door = a_ticket_in(state), an_agent("henry"), DOORS[name]()
    before = effect_on(ticket)
    for transition in TRANSITIONS:
        asked = asked_for(transition, henry)
        with undone():
            last = last_event()
            told = door.move(ticket, asked)
            after = effect_on(ticket)
            events = [each for each in events_after(last) if each.subject_type == "feedback.ticket"]
        if transition in allowed(state):
            assert told.done, told.text
            assert after == by_verb(ticket, asked, door.actor)
            found = [(each.action, each.who, each.subject_id) for each in events]
            assert found == [(f"ticket.{moving.PAST[transition]}", door.who, str(ticket.pk))]
        else:
            assert not told.done
            assert (after, events) == (before, [])
            assert refusal_of(ticket, asked, door.actor) in told.text


@pytest.mark.parametrize("state", [*State])
def test_a_refusal_says_what_is_allowed(state: State) -> None:
    ticket, henry = a_ticket_in(state), an_agent("henry")
    for transition in set(TRANSITIONS) - set(allowed(state)):
        message = refusal_of(ticket, asked_for(transition, henry), ROOT)
        if state == State.DUPLICATE:
            assert "undo the merge" in message
        else:
            named = re.search(r"Allowed: (.*)\.$", message)
            assert named is not None
            assert tuple(named[1].split(", ")) == allowed(state)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("state", OPEN)
def test_a_merge_undone_through_any_door_restores_both_rows_byte_for_byte(state: State, name: str) -> None:
    ticket, into, door = a_ticket_in(state), a_ticket(title="The same", severity="critical"), DOORS[name]()
    child = a_ticket(title="Said before")
    merging.merge(child, ticket, actor=ROOT)
    before = [row_of(each) for each in (ticket, into, child)]
    last = last_event()
    assert door.merge(ticket, into).done
    ticket.refresh_from_db()
    assert (ticket.state, ticket.merged_into, ticket.due_at) == (State.DUPLICATE, into, None)
    assert [row_of(each) for each in (ticket, into, child)] != before
    assert door.unmerge(ticket).done
    assert [row_of(each) for each in (ticket, into, child)] == before
    events = [each for each in events_after(last) if each.subject_type == "feedback.ticket"]
    assert [(each.action, each.who) for each in events] == [
        ("ticket.merged", door.who),
        ("ticket.unmerged", door.who),
    ]


@pytest.mark.parametrize("name", DOORS)
def test_a_merge_that_makes_no_sense_is_refused_through_every_door(name: str) -> None:
    door, ticket, other = DOORS[name](), a_ticket(), a_ticket_in(State.DUPLICATE)
    done = a_ticket_in(State.RESOLVED)
    before = [row_of(each) for each in (ticket, other, done)]
    for one, into, says in (
        (ticket, ticket, "into itself"),
        (ticket, other, "merge into that one"),
        (other, ticket, "is merged into"),
        (done, ticket, "only an open ticket can be merged"),
    ):
        told = door.merge(one, into)
        assert not told.done
        assert says in told.text
    assert "is not merged into another" in door.unmerge(ticket).text
    assert [row_of(each) for each in (ticket, other, done)] == before
