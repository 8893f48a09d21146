"""The tickets that say the same as another, or as a text that somebody is about to send."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from feedback.models import Likeness, SearchEntry, Ticket
from feedback.similarity import frequencies, scoring
from feedback.similarity.candidates import candidates
from feedback.similarity.reading import Reading, read

MOST_WORDS = 6
# The index may still hold some that must not be found.
SPARE = 30


@dataclass(frozen=True)
class Similar:
    """One that is alike: how much, from 0 to 1, and the words that say so, those that say most first."""

    ticket_id: int
    score: float
    words: tuple[str, ...]


def similar(
    said: Ticket | str, most: int = 10, *, least: float = 0.0, before: int | None = None
) -> list[Similar]:
    """The `most` tickets that are most alike to a ticket or a text, the likest first.

    Those alone whose score is at least `least`, and that came in before the ticket number `before`.
    A text's first line is its title. Left out: the ticket itself, those that somebody said are not the same,
    those in quarantine and erased ones. Five queries, whatever the number of tickets.
    """
    question = _Question(read(said))
    entries = SearchEntry.objects.filter(pk__in=question.candidates(before))
    rows = entries.values_list("pk", "stems", "strengths", "norm", "received_at")
    at, left_out = timezone.now(), set[int]()
    if isinstance(said, Ticket) and said.pk:
        at, left_out = said.received_at, {said.pk, *dismissed(said)}
    scored = []
    for pk, stems, strengths, norm, received_at in rows:
        shared = question.shared(stems, strengths)
        score = scoring.likeness(shared.values(), question.norm, norm) * scoring.nearness(received_at - at)
        if shared and score >= least and pk not in left_out:
            scored.append((score, pk, shared))
    scored.sort(key=lambda one: (-one[0], -one[1]))
    best = scored[: most + SPARE]
    found = findable([pk for _, pk, _ in best])
    alike = [Similar(pk, score, question.telling(shared)) for score, pk, shared in best if pk in found]
    return alike[:most]


def findable(pks: Collection[int]) -> set[int]:
    """Those of some tickets that are neither in quarantine nor erased."""
    # By their numbers alone: with a further condition PostgreSQL may take another index.
    rows = Ticket.objects.filter(pk__in=pks).values_list("pk", "quarantined_at", "erased_at")
    return {pk for pk, quarantined_at, erased_at in rows if quarantined_at is None and erased_at is None}


def dismissed(ticket: Ticket) -> set[int]:
    """The tickets that somebody said are not the same as this one."""
    rows = Likeness.objects.filter(Q(ticket=ticket) | Q(other=ticket), dismissed_at__isnull=False)
    return {sum(pair) - ticket.pk for pair in rows.values_list("ticket", "other")}


class _Question:
    """What is looked for, weighed by how rare its words are today."""

    def __init__(self, reading: Reading) -> None:
        self._written = reading.written
        rarities, self._tickets, _ = frequencies.rarities(reading.strengths)
        self.norm = scoring.norm(reading.strengths, rarities)
        # What a stem adds to the product with a ticket that says it with the strength of 1.
        self._weights = {stem: strength * rarities[stem] ** 2 for stem, strength in reading.strengths.items()}

    def candidates(self, before: int | None) -> list[int]:
        return candidates(self._weights, self._tickets, before=before)

    def shared(self, stems: str, strengths: str) -> dict[str, float]:
        """What each stem that an entry shares adds to the product."""
        weights = self._weights
        return {
            stem: weights[stem] * int(strength)
            for stem, strength in zip(stems.split(), strengths.split(), strict=True)
            if stem in weights
        }

    def telling(self, shared: dict[str, float]) -> tuple[str, ...]:
        return tuple(scoring.telling(shared, self._written, most=MOST_WORDS))
