"""Tickets that seem to say the same as one, with how much and by which words."""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.models import Likeness, Ticket
from feedback.similarity import finding, likeness

MOST = 6
# Alike enough to be shown to somebody who has just begun to write.
LEAST = 0.1


@dataclass(frozen=True)
class Alike:
    """Another ticket: how much like this one, from 0 to 1, and by which words."""

    ticket: Ticket
    score: float
    words: Sequence[str]

    @property
    def percent(self) -> str:
        return f"{self.score * 100:.0f} %"

    @property
    def why(self) -> str:
        return ", ".join(self.words)


def of_ticket(ticket: Ticket) -> list[Alike]:
    """What is stored of a ticket, the likest first; in one query."""
    return [Alike(each.ticket, each.score, each.words) for each in likeness.of_ticket(ticket, MOST)]


def like(title: str, description: str) -> list[Alike]:
    """The tickets that are like what somebody is about to add, merged ones by what they are merged into."""
    found = finding.similar(f"{title}\n{description}", MOST, least=LEAST)
    rows = Ticket.objects.select_related("merged_into").in_bulk([each.ticket_id for each in found])
    alike: dict[int, Alike] = {}
    for each in found:
        if (ticket := rows.get(each.ticket_id)) is not None:
            shown = ticket.merged_into or ticket
            alike.setdefault(shown.pk, Alike(shown, each.score, each.words))
    return list(alike.values())


def between(ticket: Ticket, other: Ticket) -> Alike | None:
    """Why two tickets seem alike; None where nothing says so."""
    later, earlier = max(ticket.pk, other.pk), min(ticket.pk, other.pk)
    pair = Likeness.objects.filter(ticket=later, other=earlier).first()
    return Alike(other, pair.score, pair.words) if pair and pair.score else None
