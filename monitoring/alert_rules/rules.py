"""The rules as data: from where on a vital is an alert, of which level, and where it is none any more."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from monitoring.levels import CRITICAL, ERROR, LEVELS, WARNING

# Two hourly checks in a row, and minutes for the second one to be late.
TWO_CHECKS = timedelta(minutes=65)
DAY = timedelta(days=1)
# On fewer requests, or response times, nothing is said.
LEAST_REQUESTS = 100
# A limit of the 95th percentile is broken when more than this part of the responses takes longer.
SLOWEST = 0.05

FIRING, BETWEEN, CLEAR, UNKNOWN = "firing", "between", "clear", "unknown"


class Band(NamedTuple):
    """Above `above` it is an alert of `level`, which is at its most urgent from `top` on."""

    level: str
    above: float
    top: float


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One cause. `bands` go from the worst to the least, in the unit of the rule's readings.

    It clears at `clears_at`, below its least band, so that a vital at the limit does not ring every other
    hour; between the two it stays what it is. `hold_for` is how long it must hold before anybody hears of
    it, `settle` how long it must be gone.
    """

    cause: str
    bands: tuple[Band, ...]
    clears_at: float
    hold_for: timedelta = timedelta(0)
    settle: timedelta = TWO_CHECKS

    @property
    def least(self) -> float:
        """From where on it is an alert at all."""
        return self.bands[-1].above

    def urgency(self, level: str, value: float) -> int:
        """Within the level's range, in proportion to how far `value` lies from the band's line to its top."""
        band = next(each for each in self.bands if each.level == level)
        least, most = LEVELS[level].urgency
        part = (value - band.above) / (band.top - band.above)
        return least + round(min(1.0, max(0.0, part)) * (most - least))


# Errors per request over the last hour. It fires by Wilson's lower bound: a few requests ring no bell. It
# clears by the rate itself, for the upper bound of 0 in 100 is still 3.7 %: by that it never would.
ERROR_RATE = Rule(
    cause="error_rate",
    bands=(Band(CRITICAL, 0.10, 0.50), Band(ERROR, 0.05, 0.10), Band(WARNING, 0.02, 0.05)),
    clears_at=0.8 * 0.02,
)
# The p95 of the last hour's responses, in milliseconds. Over 2000 the check's own trigger speaks as well.
SLOW = Rule(
    cause="response_time",
    bands=(Band(ERROR, 1000, 2000), Band(WARNING, 500, 1000)),
    clears_at=0.8 * 500,
)
# Percent, the mean of the last hour's readings. A platform in good order stands at 75 or 80.
MEMORY = Rule(cause="memory", bands=(Band(ERROR, 90, 100),), clears_at=85)
# Failed connections of the last hour. One is the check's own trigger already: the core is unavailable.
DATABASE = Rule(cause="database_failures", bands=(Band(CRITICAL, 0, 100),), clears_at=0)
# The p95 of a day's database readings, as a multiple of what the phase allows.
DATABASE_SLOW = Rule(cause="database_p95", bands=(Band(WARNING, 1, 2),), clears_at=0.8)
# The part of the phase's minimum that is missing. The gate's own line on both sides, and a day as distance:
# the minimum is met where the gate says so.
ADOPTION = Rule(cause="adoption", bands=(Band(WARNING, 0, 1),), clears_at=0, hold_for=DAY, settle=DAY)

RULES = (ERROR_RATE, SLOW, MEMORY, DATABASE, DATABASE_SLOW, ADOPTION)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a check found for one rule: its value, None where nothing was measured, and the band that it is
    surely in, "" for none. The texts say so to whoever is woken."""

    rule: Rule
    value: float | None
    level: str = ""
    title: str = ""
    summary: str = ""
    affected: str = ""
    advice: str = ""

    @property
    def state(self) -> str:
        """One word: firing, clear, between the two lines, or unknown."""
        if self.value is None:
            return UNKNOWN
        if self.level:
            return FIRING
        return CLEAR if self.value <= self.rule.clears_at else BETWEEN

    @property
    def urgency(self) -> int | None:
        """From 0 to 100; None unless it fires."""
        return None if self.value is None or not self.level else self.rule.urgency(self.level, self.value)
