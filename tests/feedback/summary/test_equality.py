"""Whatever is done to tickets, and whenever days are rolled up: the figures are those of the tickets."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from feedback.lifecycle import allowed
from feedback.models import StaleDay, SummaryDay, Ticket
from feedback.summary import documents, rolling
from feedback.summary.selection import Asked, select
from feedback.tickets import editing, merging, messaging, quarantining, rating
from operations.errors import Refused
from rollout.models import Module, Workspace
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, take
from tests.feedback.summary import oracle

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
CATEGORIES, SEVERITIES = Ticket.Category.values, Ticket.Severity.values
AREAS = ("", "Reminders", "reminders", "Check-out")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGIN, tick=False) as traveller:
        yield traveller


def one_more(chance: random.Random) -> None:
    ratings: dict[str, Any] = {
        f"{name}_rating": chance.choice([None, 1, 2, 3, 4, 5])
        for name in ("satisfaction", "usability", "performance")
    }
    ticket = a_ticket(
        category=chance.choice(CATEGORIES),
        severity=chance.choice(SEVERITIES),
        feature_area=chance.choice(AREAS),
        module=chance.choice(["", "patient_engagement", "health_management"]),
        workspace=chance.choice(["", "W00000", "W00001"]),
        **ratings,
    )
    if chance.random() < 0.1:
        quarantining.quarantine(ticket, actor=ROOT, reason="Looks like spam")


def change_one(chance: random.Random) -> None:
    tickets = list(Ticket.objects.order_by("pk"))
    ticket = chance.choice(tickets)
    what = chance.choice(["move", "move", "move", "edit", "reply", "merge", "unmerge", "put apart", "rate"])
    match what:
        case "move":
            take(ticket, chance.choice(allowed(ticket.state) or ["triage"]))
        case "edit":
            changes: dict[str, Any] = {
                "category": chance.choice(CATEGORIES),
                "severity": chance.choice(SEVERITIES),
                "feature_area": chance.choice(AREAS),
                "module": chance.choice([None, Module.objects.get(key="patient_engagement")]),
                "workspace": chance.choice([None, Workspace.objects.get(pk="W00000")]),
            }
            name = chance.choice(list(changes))
            editing.edit(ticket, actor=ROOT, **{name: changes[name]})
        case "reply":
            messaging.reply(ticket, actor=ROOT, body="We look into it.", waits=chance.random() < 0.3)
        case "merge":
            merging.merge(ticket, chance.choice(tickets), actor=ROOT)
        case "unmerge":
            merging.unmerge(ticket, actor=ROOT)
        case "put apart" if ticket.quarantined_at is None:
            quarantining.quarantine(ticket, actor=ROOT, reason="Looks like spam")
        case "put apart":
            quarantining.release(ticket, actor=ROOT)
        case "rate":
            rating.rate(ticket, actor=ROOT, score=chance.randint(1, 5))


def compare(**asked: str) -> None:
    selection, now = select(Asked(**asked)), timezone.now()
    found, expected = documents.summary_of(selection, now=now), oracle.figures(selection, now)
    assert {name: found[name] for name in oracle.COMPARED} == {
        name: expected[name] for name in oracle.COMPARED
    }
    counted = {
        name: {each[key].casefold(): each["tickets"] for each in found[name] if each["tickets"]}
        for name, key in (
            ("byCategory", "category"),
            ("bySeverity", "severity"),
            ("byFeatureArea", "featureArea"),
        )
    }
    assert counted == {name: dict(expected[name]) for name in counted}
    if found["step"] == "day":
        assert {each["from"]: each["tickets"] for each in found["volume"] if each["tickets"]} == expected[
            "volume"
        ]
    assert sum(each["tickets"] for each in found["volume"]) == expected["tickets"]


def compare_all() -> None:
    compare(start_date="2026-03-01", end_date="2026-12-31")
    compare(start_date="2026-03-01", category="bug_report")
    compare(start_date="2026-03-03", end_date="2026-03-20", module="patient_engagement")
    compare(start_date="2026-03-01", workspace="W00000")


@pytest.mark.parametrize("seed", [1, 2])
def test_rolled_up_or_not_the_figures_are_those_of_the_tickets(
    seed: int, clock: time_machine.Traveller
) -> None:
    chance = random.Random(seed)
    builders.modules()
    builders.workspaces(builders.numbered(2))
    for _ in range(4):
        one_more(chance)
    for number in range(90):
        clock.shift(chance.choice([0, 0, 1, 5, 30]) * HOUR)
        if chance.random() < 0.3:
            one_more(chance)
        else:
            # What is not allowed now is refused, and must change no figure either.
            with suppress(Refused):
                change_one(chance)
        if chance.random() < 0.15:
            rolling.roll_up()
        if number % 15 == 0:
            compare_all()
    compare_all()
    assert SummaryDay.objects.count() > 5
    rolling.roll_up()
    assert not StaleDay.objects.filter(day__lt=timezone.localdate()).exists()
    compare_all()
