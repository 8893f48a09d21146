"""Adds up the samples of a batch, so that each row of the database is touched once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from monitoring.ingest.counts import Sums
from monitoring.ingest.reading import Row, Sample

_MODULE_REQUESTS = 3


class Unit(NamedTuple):
    """Whose last use it is."""

    workspace: str
    arm: str


@dataclass
class Added:
    """The sums of a batch by their rows; `users` are distinct in an hour, and later in a day."""

    sums: dict[Row, list[float]] = field(default_factory=dict)
    counters: dict[Row, dict[str, int]] = field(default_factory=dict)
    users: dict[Row, set[int]] = field(default_factory=dict)
    last_use: dict[Unit, datetime] = field(default_factory=dict)

    @property
    def hours(self) -> set[datetime]:
        return {row.hour for row in (*self.sums, *self.counters, *self.users)}


def add_up(samples: Iterable[Sample]) -> Added:
    """The sums of all samples. A module is used where it has requests, users, or a counter above 0."""
    added = Added()
    for sample in samples:
        row = sample.row
        used = bool(sample.users)
        if sample.sums is not None:
            _add_sums(added, row, sample.sums)
            used = used or sample.sums[_MODULE_REQUESTS] > 0
        if sample.counters:
            counters = added.counters.setdefault(row, {})
            for name, value in sample.counters.items():
                counters[name] = counters.get(name, 0) + value
            used = used or any(sample.counters.values())
        if sample.users:
            added.users.setdefault(row, set()).update(sample.users)
        if used:
            unit = Unit(row.workspace, row.arm)
            added.last_use[unit] = max(row.hour, added.last_use.get(unit, row.hour))
    return added


def _add_sums(added: Added, row: Row, sums: Sums) -> None:
    had = added.sums.get(row)
    if had is None:
        added.sums[row] = list(sums)
    else:
        for place, value in enumerate(sums):
            had[place] += value
