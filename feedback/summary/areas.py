"""Feature areas: those that most tickets are about. Spellings that differ in case and blanks are one area."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from feedback.summary.counting import Counts

TOP = 20
DIGITS = 3


def document_of(counted: Mapping[str, Counts], tickets: int) -> dict[str, Any]:
    """The areas with the most tickets, and how many of all `tickets` are about others, or about none."""
    folded = _folded(counted)
    nowhere = folded.pop("", ("", Counter()))[1]["tickets"]
    most = sorted(folded.values(), key=lambda area: (-area[1]["tickets"], area[0]))[:TOP]
    shown = sum(counts["tickets"] for _, counts in most)
    return {
        "byFeatureArea": [_area_of(name, counts) for name, counts in most],
        "otherFeatureAreas": tickets - nowhere - shown,
        "withoutFeatureArea": nowhere,
    }


def _folded(counted: Mapping[str, Counts]) -> dict[str, tuple[str, Counts]]:
    """Each area under its most frequent spelling."""
    found: dict[str, tuple[str, Counts]] = {}
    for spelling, counts in sorted(counted.items(), key=lambda area: (-area[1]["tickets"], area[0])):
        name = " ".join(spelling.split())
        found.setdefault(name.casefold(), (name, Counter()))[1].update(counts)
    return found


def _area_of(name: str, counts: Counts) -> dict[str, Any]:
    n = counts["satisfaction_n"]
    return {
        "featureArea": name,
        "tickets": counts["tickets"],
        "critical": counts["critical"],
        "satisfaction": {"mean": round(counts["satisfaction_sum"] / n, DIGITS) if n else None, "n": n},
    }
