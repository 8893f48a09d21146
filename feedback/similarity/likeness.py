"""Which tickets are alike, stored for the ticket's page; and what a person says about it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from feedback.models import Likeness, SearchEntry, Ticket
from feedback.similarity.finding import Similar, similar
from operations import audit
from operations.actor import Actor
from operations.errors import Refused

PERMISSION = "feedback.triage_ticket"
MOST = 10
# Alike enough to be shown.
LEAST = 0.2
BATCH = 20
SECONDS = 2.0


@dataclass(frozen=True)
class Alike:
    """A ticket that seems to say the same, how much (0 to 1), and the words that say so."""

    ticket: Ticket
    score: float
    words: tuple[str, ...]


def compare_new(*, seconds: float = SECONDS) -> int:
    """Store what tickets are like that were indexed since, the newest first, for `seconds`; how many."""
    ends, compared = time.monotonic() + seconds, 0
    new = SearchEntry.objects.filter(compared=False).select_related("ticket").order_by("-ticket")
    while time.monotonic() < ends and (entries := list(new[:BATCH])):
        _store(entries, {entry.pk: _earlier(entry.ticket) for entry in entries})
        compared += len(entries)
    return compared


def of_ticket(ticket: Ticket, most: int = MOST) -> list[Alike]:
    """The tickets that are alike to this one, earlier and later ones, the likest first; two queries.

    One that was merged stands as the ticket that it was merged into. What was dismissed is left out, and so
    are tickets in quarantine, erased ones, and those that are merged with this one.
    """
    rows = Likeness.objects.filter(Q(ticket=ticket) | Q(other=ticket))
    rows = rows.select_related("ticket__merged_into", "other__merged_into").order_by("-score", "-other")
    own, refused = ticket.merged_into or ticket, set[int]()
    found: dict[int, Alike] = {}
    for row in rows:
        other = row.other if row.ticket_id == ticket.pk else row.ticket
        shown = other.merged_into or other
        if row.dismissed_at is not None:
            refused.add(shown.pk)
        elif shown.pk != own.pk and shown.quarantined_at is None and shown.erased_at is None:
            found.setdefault(shown.pk, Alike(shown, row.score, tuple(row.words)))
    return [alike for pk, alike in found.items() if pk not in refused][:most]


@transaction.atomic
def dismiss(ticket: Ticket, other: Ticket, *, actor: Actor) -> None:
    """Say that two tickets, and what is merged into them, are not the same. It holds until they are merged.

    Raises Refused for a ticket and itself, and where it was said before.
    """
    actor.require(PERMISSION, "say that tickets are not the same")
    if ticket.pk == other.pk:
        raise Refused("itself", f"{ticket.reference} is the same as itself.")
    later, earlier = max(ticket.pk, other.pk), min(ticket.pk, other.pk)
    # Both rows, in their order: nobody merges either of them meanwhile.
    list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=(later, earlier)).order_by("pk"))
    pair = Likeness.objects.filter(_between(ticket, other))
    if pair.filter(ticket=later, other=earlier, dismissed_at__isnull=False).exists():
        raise Refused("dismissed", "Somebody said before that these two are not the same.")
    said = {"dismissed_at": timezone.now(), "dismissed_by": str(actor)[:200]}
    pair.filter(dismissed_at=None).update(**said)
    Likeness.objects.get_or_create(
        ticket_id=later, other_id=earlier, defaults={"score": 0.0, "words": [], **said}
    )
    audit.record("ticket.not_the_same", actor=actor, subject=ticket, data={"other": other.reference})


def _between(ticket: Ticket, other: Ticket) -> Q:
    """The rows between two tickets or what is merged into them."""
    sides = [Ticket.objects.filter(Q(pk=one.pk) | Q(merged_into=one)).values("pk") for one in (ticket, other)]
    one, another = sides
    return Q(ticket__in=one, other__in=another) | Q(ticket__in=another, other__in=one)


def _earlier(ticket: Ticket) -> list[Similar]:
    return similar(ticket, MOST, least=LEAST, before=ticket.pk)


@transaction.atomic
def _store(entries: Sequence[SearchEntry], found: Mapping[int, Sequence[Similar]]) -> None:
    """Write what these tickets are like instead of what they were; what was dismissed stays."""
    pks = [entry.pk for entry in entries]
    Likeness.objects.filter(ticket__in=pks, dismissed_at=None).delete()
    Likeness.objects.bulk_create(
        [
            Likeness(ticket_id=pk, other_id=one.ticket_id, score=one.score, words=list(one.words))
            for pk in sorted(pks)
            for one in found[pk]
        ],
        ignore_conflicts=True,
    )
    # One that was indexed anew meanwhile is compared once more.
    same = [Q(pk=entry.pk, stems=entry.stems, strengths=entry.strengths) for entry in entries]
    SearchEntry.objects.filter(reduce(or_, same)).update(compared=True)
