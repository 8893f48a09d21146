"""How a figure stands to its target. Pure."""

from enum import StrEnum


class Rule(StrEnum):
    """What a target asks for, as its guide spells it: "< 500 ms", "1000+ users"."""

    BELOW = "below"
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"

    @property
    def sign(self) -> str:
        return {"below": "<", "at_most": "≤", "above": ">", "at_least": "≥"}[self.value]

    @property
    def less_is_better(self) -> bool:
        return self in (Rule.BELOW, Rule.AT_MOST)


class Judged(StrEnum):
    """What is held against the target: the value, or by how many percent it changed since the baseline."""

    VALUE = "value"
    CHANGE = "change"


class Standing(StrEnum):
    """Met or missed; unknown where nothing tells, which is never met; tracked where no target is set."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"
    TRACKED = "tracked"


def holds(rule: Rule, figure: float, target: float) -> bool:
    """Whether a figure does what the rule asks for."""
    if rule is Rule.BELOW:
        return figure < target
    if rule is Rule.AT_MOST:
        return figure <= target
    return figure > target if rule is Rule.ABOVE else figure >= target


def judge(rule: Rule, figure: float | None, target: float | None) -> Standing:
    """How a figure stands; without a target it is tracked, as soon as it is known."""
    if figure is None:
        return Standing.UNKNOWN
    if target is None:
        return Standing.TRACKED
    return Standing.MET if holds(rule, figure, target) else Standing.MISSED


def change_of(value: float | None, baseline: float | None) -> float | None:
    """By how many percent of the baseline a value is above it; None without either, or of a baseline of 0."""
    if value is None or not baseline:
        return None
    return 100 * (value - baseline) / abs(baseline)
