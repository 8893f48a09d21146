"""The four levels of SPEC 4.4: their urgency, by when somebody must respond, and whom they escalate to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

CRITICAL, ERROR, WARNING, INFO = "critical", "error", "warning", "info"


class Level(NamedTuple):
    """A row of the table. `urgency` is the range from the least to the most, `usual` where none is given."""

    urgency: tuple[int, int]
    usual: int
    respond_within: timedelta
    starts_at: int
    """The escalation level that is told first; 0: it does not escalate."""


LEVELS: Mapping[str, Level] = {
    CRITICAL: Level((90, 100), 95, timedelta(minutes=5), starts_at=2),
    ERROR: Level((70, 89), 80, timedelta(hours=2), starts_at=1),
    WARNING: Level((50, 69), 60, timedelta(hours=8), starts_at=1),
    INFO: Level((0, 49), 25, timedelta(hours=24), starts_at=0),
}
# From the worst to the least.
ORDER = tuple(LEVELS)


def of_urgency(urgency: int) -> str:
    """The level of an urgency from 0 to 100. Raises ValueError for any other."""
    for name, level in LEVELS.items():
        least, most = level.urgency
        if least <= urgency <= most:
            return name
    raise ValueError(f"urgency must be from 0 to 100, not {urgency}")


def urgency_of(level: str, wanted: int | None = None) -> int:
    """`wanted` where it lies within the level's range, else the level's usual urgency."""
    least, most = LEVELS[level].urgency
    return wanted if wanted is not None and least <= wanted <= most else LEVELS[level].usual


def worst(*levels: str) -> str:
    """The worst of some levels."""
    return min(levels, key=ORDER.index)


def at_least(level: str) -> tuple[str, ...]:
    """This level and those that are worse."""
    return ORDER[: ORDER.index(level) + 1]
