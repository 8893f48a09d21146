"""How much two tickets say the same, from 0 to 1: the cosine of their words, weighed by how rare they are.

A word of the title counts several times; one of another text the less, the later it stands, because people
say first what it is about and paste logs after. A word that stands often counts little more than once.
Tickets that came in long after one another count less: the same trouble comes at the same time.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from feedback.similarity.words import Word

# Strengths are whole thousandths.
FULL = 1_000


@dataclass(frozen=True)
class Tuning:
    """What the bench `similar` was judged with, and how far it depends on that."""

    # How often a word of the title counts.
    title: float = 3
    # After so many words of a text one counts half.
    half: int = 40
    # So many occurrences make half of the most that a word can stand for.
    saturation: float = 2
    # How much less two tickets count that came in at quite different times, and the days that make it so.
    apart: float = 1 / 3
    days: float = 90


TUNING = Tuning()


def vector(
    title: Iterable[Word], texts: Iterable[Iterable[Word]], *, most: int, tuning: Tuning = TUNING
) -> dict[str, int]:
    """The strength of each stem in thousandths, the `most` strongest, the strongest first."""
    counts: defaultdict[str, float] = defaultdict(float)
    for word in title:
        counts[word.stem] += tuning.title
    for text in texts:
        for place, word in enumerate(text):
            counts[word.stem] += 0.5 ** (place / tuning.half)
    strengths = {stem: round(FULL * count / (count + tuning.saturation)) for stem, count in counts.items()}
    strongest = sorted(strengths.items(), key=lambda item: (-item[1], item[0]))
    return {stem: strength for stem, strength in strongest[:most] if strength}


def rarity(tickets: int, among: int) -> float:
    """How much a stem says that stands in `tickets` of `among` tickets: 1 where it stands in all."""
    return math.log((1 + among) / (1 + min(max(tickets, 0), among))) + 1


def norm(strengths: Mapping[str, int], rarities: Mapping[str, float]) -> float:
    """The length of a vector, its strengths weighed by rarity."""
    return math.sqrt(sum((strength * rarities[stem]) ** 2 for stem, strength in strengths.items()))


def likeness(contributions: Iterable[float], norm: float, other_norm: float) -> float:
    """The cosine of two vectors, given what each stem that they share adds to their product."""
    length = norm * other_norm
    return min(1.0, sum(contributions) / length) if length else 0.0


def nearness(apart: timedelta, tuning: Tuning = TUNING) -> float:
    """What the time between two tickets leaves of their likeness: all of it, or two thirds after a year."""
    days = abs(apart) / timedelta(days=1)
    return 1 - tuning.apart * (1 - math.exp(-days / tuning.days))


def telling(contributions: Mapping[str, float], written: Mapping[str, str], *, most: int) -> list[str]:
    """The words that say most of why two tickets are alike, as they were written; no parts of another."""
    shown: list[str] = []
    for stem in sorted(contributions, key=lambda stem: (-contributions[stem], stem)):
        text = written.get(stem, stem)
        if any(text in other for other in shown):
            continue
        shown = [other for other in shown if other not in text] + [text]
        if len(shown) == most:
            break
    return shown
