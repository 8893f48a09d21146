"""What to build first, as arithmetic (post-launch guide, "Prioritization Framework").

Four criteria, each from 1 to 5: user impact, business value, technical feasibility, strategic fit. The last
three are a person's judgement; the impact is counted. A score is the mean of the criteria that are known,
each with its weight. What is not known is left out of the mean, never taken for zero, and named.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol, TypeVar

CRITERIA = ("impact", "value", "feasibility", "fit")
LOWEST, HIGHEST = 1, 5
# Impacts are rounded to this before they count: what a reader sees is what was reckoned with.
DIGITS = 2


@dataclass(frozen=True)
class Evidence:
    """Who asks for one thing.

    `users` are the active members of the `workspaces` and the `reporters`, who are people of no known
    workspace; each person counts once. `anonymous` tickets name neither. Dates are those of the tickets.
    """

    tickets: int = 0
    workspaces: int = 0
    users: int = 0
    reporters: int = 0
    anonymous: int = 0
    first: date | None = None
    last: date | None = None

    @property
    def askers(self) -> int:
        """Customers, as far as known: workspaces, and people who belong to none."""
        return self.workspaces + self.reporters


@dataclass(frozen=True)
class Everybody:
    """All who could ask: the workspaces and their active members."""

    workspaces: int
    users: int


class Rankable(Protocol):
    """One line of the plan."""

    @property
    def name(self) -> str: ...

    @property
    def evidence(self) -> Evidence: ...

    @property
    def scores(self) -> Mapping[str, float | None]: ...


Row = TypeVar("Row", bound=Rankable)


def everybody(known: Everybody, found: Iterable[Evidence]) -> Everybody:
    """Those who could ask, and no fewer than those who did: a portal may know of no workspace at all."""
    rows = [*found]
    return Everybody(
        max([known.workspaces, *(each.askers for each in rows)]),
        max([known.users, *(each.users for each in rows)]),
    )


def impact(evidence: Evidence, all_of_them: Everybody) -> float | None:
    """User impact from 1 (nobody) to 5 (everybody); None where all who asked are anonymous.

    1 + 4 * the mean of log(1 + n) / log(1 + all), over workspaces and over users. Logarithmic because few
    customers ever write: three of a thousand who do are a signal, and on a straight scale they were as good
    as nobody; and the step from 2 to 20 says more than that from 302 to 320. Over workspaces and users, so
    that neither one large customer nor many tiny ones decide alone. Against all customers and not against
    the most wanted wish, so that a new wish changes nobody else's impact.
    """
    if evidence.tickets and not evidence.askers:
        return None
    shares = (
        _share(evidence.askers, all_of_them.workspaces),
        _share(evidence.users, all_of_them.users),
    )
    return round(LOWEST + (HIGHEST - LOWEST) * sum(shares) / len(shares), DIGITS)


def score(scores: Mapping[str, float | None], weights: Mapping[str, int]) -> Fraction | None:
    """The weighted mean of the criteria that are known, exactly; None where none of them counts."""
    known = {name: scores[name] for name in CRITERIA if scores[name] is not None}
    whole = sum(weights[name] for name in known)
    if not whole:
        return None
    return sum((weights[name] * _exact(value) for name, value in known.items()), Fraction(0)) / whole


def unknown(scores: Mapping[str, float | None]) -> tuple[str, ...]:
    """The criteria that nobody could say yet."""
    return tuple(name for name in CRITERIA if scores[name] is None)


def ranked(rows: Iterable[Row], weights: Mapping[str, int]) -> list[tuple[Row, Fraction | None]]:
    """The rows with their scores, what to build first before the others.

    Ties go to the one with more criteria known, then more users, more workspaces, more tickets, the one
    that was asked for earlier, and at last by name: the same data give the same order every time. Without
    a score at all: last.
    """

    def place(found: tuple[Row, Fraction | None]) -> tuple[object, ...]:
        row, reached = found
        evidence = row.evidence
        return (
            reached is None,
            -(reached or 0),
            len(unknown(row.scores)),
            -evidence.users,
            -evidence.workspaces,
            -evidence.tickets,
            evidence.first or date.max,
            row.name.casefold(),
            row.name,
        )

    return sorted(((row, score(row.scores, weights)) for row in rows), key=place)


def _share(count: int, whole: int) -> float:
    return math.log1p(count) / math.log1p(whole) if whole else 0.0


def _exact(value: float | None) -> Fraction:
    scale = 10**DIGITS
    return Fraction(round((value or 0) * scale), scale)
