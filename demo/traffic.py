"""What the product measures: hour by hour, in every pharmacy, by the flags that it was given."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from demo.pharmacies import Pharmacy

BOUNDS = ("50", "100", "200", "300", "500", "1000", "2000", "5000", "+Inf")
# The share of responses at or under each bound, and the mean, in milliseconds.
QUICK = ((0.31, 0.63, 0.88, 0.955, 0.987, 0.997, 0.999, 1.0, 1.0), 112.0)
SLOW = ((0.16, 0.34, 0.60, 0.75, 0.90, 0.985, 0.997, 1.0, 1.0), 297.0)
# Requests of a pharmacy of average size in its busiest hour, and how busy each hour of the day is.
BUSIEST = 260
DAY = (0.1,) * 7 + (0.35, 0.7, 0.95, 1.0, 0.95, 0.8, 0.85, 0.95, 1.0, 0.9, 0.7, 0.45, 0.3) + (0.15,) * 4
OPEN = range(8, 19)


@dataclass(frozen=True)
class Weather:
    """How the product does: the share of requests that fail, and how quick the others are."""

    failing: float = 0.006
    speed: tuple[tuple[float, ...], float] = QUICK


CALM = Weather()


@dataclass
class Traffic:
    """Counts that follow from the hour and the flags, alike in every run.

    Failures are spread evenly, with nothing left to chance: one demo in a hundred would be held up by an
    unlucky day otherwise, as one healthy rollout in a hundred is.
    """

    with_feature: Weather = CALM
    without: Weather = CALM
    # Pharmacies in which the feature does worse than elsewhere.
    broken: dict[str, Weather] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(7)  # noqa: S311 - no secret
        self._owed: dict[str, float] = defaultdict(self._chance.random)

    def hour(
        self, at: datetime, who: Iterable[Pharmacy], since: Mapping[str, datetime]
    ) -> list[dict[str, Any]]:
        """The samples of the hour of `at`; `since` says from when on a pharmacy has had the feature."""
        return [self._sample(each, at, since.get(each.id)) for each in who]

    def gauges(self, at: datetime) -> dict[str, Any]:
        """The platform at `at`."""
        busy = DAY[at.hour]
        return {
            "at": at.isoformat(),
            "memory": round(58 + 9 * busy + self._chance.uniform(-1, 1), 1),
            "cpu": round(18 + 35 * busy + self._chance.uniform(-3, 3), 1),
            "disk": 47.5,
            "databaseMs": round(9 + 8 * busy + self._chance.uniform(-1, 1), 1),
            "databaseFailures": 0,
        }

    def _sample(self, pharmacy: Pharmacy, at: datetime, since: datetime | None) -> dict[str, Any]:
        has = self.broken.get(pharmacy.id, self.with_feature)
        weather = self.without if since is None else has
        requests = round(BUSIEST * DAY[at.hour] * pharmacy.size * self._chance.uniform(0.85, 1.15))
        errors = self._spread(pharmacy.id, weather.failing * requests)
        shares, mean = weather.speed
        sample = {
            "workspace": pharmacy.id,
            "at": at.isoformat(),
            "requests": requests,
            "errors": min(errors, requests),
            "latencyBuckets": {
                bound: round(share * requests) for bound, share in zip(BOUNDS, shares, strict=True)
            },
            "latencySumMs": round(mean * requests, 1),
        }
        if since is not None and (at - since).total_seconds() / 86_400 >= pharmacy.eager:
            sample |= self._use(pharmacy, at, requests)
        return sample

    def _use(self, pharmacy: Pharmacy, at: datetime, requests: int) -> dict[str, Any]:
        """What the pharmacy does with the module."""
        if at.hour not in OPEN:
            return {}
        created = max(1, round(requests / 40))
        due = max(1, round(requests / 45))
        used: dict[str, Any] = {
            "counters": {
                "appointmentsCreated": created,
                "appointmentsDue": due,
                "appointmentsCompleted": due - self._spread(f"{pharmacy.id} missed", 0.07 * due),
                "noShows": self._spread(f"{pharmacy.id} no show", 0.04 * due),
                "remindersSent": due,
                "remindersDelivered": due,
            }
        }
        here = [user for user in pharmacy.users if self._chance.random() < 0.4]
        return used | ({"users": here} if here else {})

    def _spread(self, name: str, expected: float) -> int:
        """Whole counts that add up to what is expected."""
        self._owed[name] += expected
        whole = int(self._owed[name])
        self._owed[name] -= whole
        return whole


def failing(share: float) -> Weather:
    """As always, but for this share of requests that fail."""
    return replace(CALM, failing=share)


def slow() -> Weather:
    """As always, but one response in ten takes over half a second."""
    return replace(CALM, speed=SLOW)
