"""Wishes for the tests of the Phase 2 plan, and an oracle that counts them ticket by ticket."""

from datetime import date
from typing import Any

from feedback.lifecycle import OPEN
from feedback.models import Enhancement, Likeness, Ticket
from feedback.planning import enhancements
from feedback.planning.ranking import Evidence
from feedback.planning.wishes import Range
from rollout.models import Member, Workspace
from tests.builders import ROOT
from tests.feedback.builders import a_ticket


def a_wish(title: str = "A mobile app", **given: Any) -> Ticket:
    """A feature request of nobody known, unless `given` says of whom."""
    said = {"category": "feature_request", "title": title, "description": "We need it.", "reporter_email": ""}
    return a_ticket(**{**said, **given})


def an_enhancement(name: str = "Native apps", *tickets: Ticket, **values: Any) -> Enhancement:
    return enhancements.create(actor=ROOT, name=name, tickets=tickets, **values)


def a_workspace(pk: str, *members: str) -> Workspace:
    """A workspace with these active members."""
    made = Workspace.objects.create(id=pk, name=pk, tier="professional", status="active")
    Member.objects.bulk_create(Member(workspace=made, member=member, role="pharmacist") for member in members)
    return made


def alike(one: Ticket, other: Ticket, score: float = 0.8, *words: str) -> None:
    """What the index of similar tickets finds."""
    later, earlier = sorted((one, other), key=lambda ticket: -ticket.pk)
    Likeness.objects.create(ticket=later, other=earlier, score=score, words=list(words))


def counted_one_by_one(tickets: list[Ticket]) -> Evidence:
    """The evidence of these tickets, reckoned the slow way."""
    workspaces, reporters, people, anonymous = set(), set(), set(), 0
    for ticket in tickets:
        if ticket.workspace_id:
            workspaces.add(ticket.workspace_id)
        elif ticket.reporter_email or ticket.reporter_name:
            reporters.add(" ".join((ticket.reporter_email or ticket.reporter_name).casefold().split()))
        else:
            anonymous += 1
    for member in Member.objects.filter(active=True):
        if member.workspace_id in workspaces:
            unnamed = member.member.startswith("unnamed:")
            people.add((member.workspace_id, member.member) if unnamed else member.member)
    days = [ticket.received_on for ticket in tickets]
    return Evidence(
        tickets=len(tickets),
        workspaces=len(workspaces),
        users=len(people) + len(reporters),
        reporters=len(reporters),
        anonymous=anonymous,
        first=min(days, default=None),
        last=max(days, default=None),
    )


def voices_for(found: Range, **about: Any) -> list[Ticket]:
    """The tickets that count for the wishes of these values, reckoned the slow way."""
    voices = []
    for ticket in Ticket.objects.select_related("merged_into"):
        wish = ticket.merged_into or ticket
        on: date = ticket.received_on
        counts = (
            ticket.quarantined_at is None
            and wish.quarantined_at is None
            and wish.category == "feature_request"
            and wish.state in OPEN
            and (found.module is None or wish.module_id == found.module.pk)
            and (found.since is None or on >= found.since)
            and (found.until is None or on <= found.until)
        )
        if counts and all(getattr(wish, name) == value for name, value in about.items()):
            voices.append(ticket)
    return voices
