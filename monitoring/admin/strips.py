"""Results hour by hour as one strip, in which a missing check is a gap."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone

from rollout.models import Verdict

# How high a result stands in the strip, of 10: told apart without its colour.
HEIGHTS = {"pass": 4, "unknown": 2, "hold": 7, "breach": 10}
TALLEST = 10


@dataclass(frozen=True)
class Bar:
    """One check of the strip."""

    at: int
    top: int
    height: int
    result: str
    title: str


@dataclass(frozen=True)
class Strip:
    """The bars of a strip that is `width` steps wide, and the same in words."""

    width: int
    bars: Sequence[Bar]
    text: str
    first: datetime
    last: datetime
    legend: Sequence[Bar]


def strip(steps: Sequence[tuple[datetime, str | None]]) -> Strip | None:
    """The strip of (time, result) in order; None without a step."""
    if not steps:
        return None
    bars = [_bar(at, result, moment) for at, (moment, result) in enumerate(steps) if result]
    return Strip(
        width=len(steps),
        bars=bars,
        text=_in_words(result for _, result in steps),
        first=steps[0][0],
        last=steps[-1][0],
        legend=[_sample(result) for result in HEIGHTS],
    )


def _bar(at: int, result: str, moment: datetime) -> Bar:
    when = formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    height = HEIGHTS[result]
    return Bar(at, TALLEST - height, height, result, f"{when}: {Verdict.Result(result).label}")


def _sample(result: str) -> Bar:
    return Bar(0, TALLEST - HEIGHTS[result], HEIGHTS[result], result, str(Verdict.Result(result).label))


def _in_words(results: Iterable[str | None]) -> str:
    counted = Counter(results)
    words = [f"{counted[result]} {result}" for result in HEIGHTS if counted[result]]
    if counted[None]:
        words.append(f"{counted[None]} without a check")
    return ", ".join(words)
