"""The two scores of a health check as sums that add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BEST = 100
MINUS, PLUS = "\N{MINUS SIGN}", "+"
# Below this a difference is the score's rounding to a whole number.
ROUNDING = 1


@dataclass(frozen=True)
class Line:
    """One deduction: its group, its rule, its points."""

    group: str
    rule: str
    points: str


@dataclass(frozen=True)
class Score:
    """A score from 0 to 100 with what it lost, and what could not be counted."""

    title: str
    about: str
    score: int
    lines: Sequence[Line]
    unknown: Sequence[str]


def of_details(rollout: int, post_launch: int, details: Mapping[str, Any]) -> list[Score]:
    """Both scores, from what a check wrote down."""
    deducted, unknown = details.get("deductions", {}), details.get("unknown", {})
    return [
        _score(
            "Rollout score",
            "How the phase stands: errors, adoption and known faults.",
            rollout,
            deducted.get("rollout", ()),
            unknown.get("rollout", ()),
        ),
        _score(
            "Post-launch score",
            "How the module does: speed, use, quality and stability.",
            post_launch,
            deducted.get("postLaunch", ()),
            unknown.get("postLaunch", ()),
        ),
    ]


def _score(
    title: str, about: str, score: int, deducted: Sequence[Mapping[str, Any]], unknown: Sequence[str]
) -> Score:
    lines = [
        Line(str(each["group"]).replace("_", " ").capitalize(), str(each["rule"]), _points(-each["points"]))
        for each in deducted
    ]
    rest = score - (BEST - sum(each["points"] for each in deducted))
    if abs(rest) >= ROUNDING:
        rule = "Not below 0" if score == 0 else "No group loses more than its limit"
        lines.append(Line("Limit", rule, _points(rest)))
    elif round(rest, 2):
        lines.append(Line("Rounding", "To a whole number", _points(rest)))
    return Score(title, about, score, lines, list(unknown))


def _points(number: float) -> str:
    text = f"{abs(number):.2f}".rstrip("0").rstrip(".")
    return f"{MINUS if number < 0 else PLUS}{text}"
