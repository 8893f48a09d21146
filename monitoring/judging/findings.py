"""What a judgement says: one finding per criterion, and the result they make together."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

PASS, HOLD, BREACH, UNKNOWN = "pass", "hold", "breach", "unknown"
FEATURE, PLATFORM, UNCLEAR = "feature", "platform", "unclear"
# What a health check's summary has room for.
LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of a check. `met` None is too little evidence; `breaks` stops a plan, `holds` closes a gate.

    `amber` is met, but short of the target. `value`, `threshold` and `interval` are in the criterion's own
    unit (rates and shares are fractions), `n` is what the value rests on. `cause` says who is to blame where
    it is not met.
    """

    name: str
    group: str
    met: bool | None
    reason: str
    holds: bool = False
    breaks: bool = False
    amber: bool = False
    cause: str = ""
    value: float | None = None
    threshold: float | None = None
    n: int | None = None
    interval: tuple[float, float] | None = None

    def as_json(self) -> dict[str, Any]:
        """For a check's details and a look's findings."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Criterion":
        """What `as_json` gave, also after a way through JSON."""
        interval = stored.get("interval")
        return cls(**{**stored, "interval": tuple(interval) if interval else None})


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict: pass, hold, breach or unknown; its cause (feature, platform, unclear or ""), and why.

    `look` holds the findings of the daily look when one was due, in JSON, for later checks to quote.
    """

    result: str
    cause: str
    summary: str
    criteria: tuple[Criterion, ...] = ()
    look: dict[str, Any] | None = None
