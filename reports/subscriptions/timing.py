"""When a report goes out: an hour of the clock on the wall, every day or on one weekday. Pure.

On the day on which an hour does not exist (the clock is put forward) it goes out at the hour that follows; an
hour that exists twice (the clock is put back) counts the first time. So each day has exactly one time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count

DAY = timedelta(days=1)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Timing:
    """`hour` o'clock in `zone`, on `weekday` (0 is Monday) or, where that is None, every day."""

    weekday: int | None
    hour: int
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime:
        """The first time after `moment`, in UTC."""
        return next(each for each in self._from(moment, 1) if each > moment)

    def last_until(self, moment: datetime) -> datetime:
        """The last time up to `moment`, in UTC."""
        return next(each for each in self._from(moment, -1) if each <= moment)

    def following(self, moment: datetime, number: int) -> list[datetime]:
        """The first `number` times after `moment`, in UTC."""
        times: list[datetime] = []
        for _ in range(number):
            moment = self.next_after(moment)
            times.append(moment)
        return times

    def in_words(self) -> str:
        """`every Monday at 07:00`."""
        day = "day" if self.weekday is None else DAYS[self.weekday]
        return f"every {day} at {self.hour:02}:00"

    def _from(self, moment: datetime, step: int) -> Iterator[datetime]:
        """The times forward or backward from the day before, or after, that of `moment`."""
        # A day early: the zone's own date may be another than that of the moment's clock change.
        first = moment.astimezone(self.zone).date() - step * DAY
        for number in count():
            day = first + number * step * DAY
            if self.weekday in (None, day.weekday()):
                yield self._at(day)

    def _at(self, day: date) -> datetime:
        # fold=0: the first of two, and of an hour that is left out the one that follows.
        return datetime.combine(day, time(self.hour), self.zone).astimezone(UTC)
