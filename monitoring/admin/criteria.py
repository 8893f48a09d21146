"""The criteria of a health check as cards, in the order of the verdict's rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.admin import numbers, words
from monitoring.admin.numbers import Range
from monitoring.admin.words import Kind, Word
from monitoring.models import HealthCheck


@dataclass(frozen=True)
class Card:
    """One criterion as the page shows it. `facts` are its numbers, each with its name."""

    anchor: str
    title: str
    chip: str
    chip_label: str
    effect: str
    reason: str
    facts: Sequence[tuple[str, str]]
    range: Range | None
    meaning: str
    stops: bool
    holds: bool
    vouch: str = ""


@dataclass(frozen=True)
class Group:
    """The criteria of one rule; `single` rules stand side by side."""

    kind: Kind
    cards: Sequence[Card]

    @property
    def single(self) -> bool:
        return len(self.cards) == 1


def groups(found: Sequence[Mapping[str, Any]], vouch: Mapping[str, str]) -> list[Group]:
    """The criteria by rule, in the rules' order; `vouch` has the address where a person may vouch for one."""
    return [
        Group(kind, cards)
        for rule, kind in words.KINDS.items()
        if (cards := [_card(each, vouch) for each in found if words.word(each["name"]).rule == rule])
    ]


def deciding(found: Sequence[Group]) -> list[Card]:
    """The criteria that stop the rollout, or, when none does, those that hold the gate."""
    cards = [card for group in found for card in group.cards]
    return [card for card in cards if card.stops] or [card for card in cards if card.holds]


def _card(found: Mapping[str, Any], vouch: Mapping[str, str]) -> Card:
    word = words.word(found["name"])
    chip, label = chip_of(found, word)
    return Card(
        anchor=found["name"].replace("_", "-"),
        title=word.title,
        chip=chip,
        chip_label=label,
        effect=_effect(found),
        reason=found.get("reason", ""),
        facts=_facts(found, word),
        range=numbers.range_of(
            found.get("value"), found.get("threshold"), found.get("interval"), word.unit, least=word.least
        ),
        meaning=word.meaning,
        stops=bool(found.get("breaks")),
        holds=bool(found.get("holds")),
        vouch=vouch.get(found["name"], "") if found["met"] is None else "",
    )


def _facts(found: Mapping[str, Any], word: Word) -> list[tuple[str, str]]:
    value, limit = (numbers.spelled(found.get(name), word.unit) for name in ("value", "threshold"))
    n = found.get("n")
    rests_on = "Out of" if word.least else "Requests"
    if word.unit == "chance":
        facts = [("Chance that this is luck", value), ("Stops the rollout below", limit)]
        rests_on = "With the feature"
    elif word.unit == "points":
        facts = [("More than without it", value), ("Stops the rollout from", limit)]
        rests_on = "With the feature"
    elif word.unit == "none":
        facts = []
    else:
        facts = [("Measured", value), ("At least" if word.least else "At most", limit)]
    likely = _likely(found.get("interval"), word.unit)
    facts += [("Likely between", likely), (rests_on, f"{n:,}" if n else "")]
    return [(name, text) for name, text in facts if text]


def chip_of(found: Mapping[str, Any], word: Word) -> tuple[str, str]:
    """The word for how a criterion stands, and the kind of its label."""
    if found["met"] is None and found.get("holds"):
        return "Too little evidence", "warning"
    if found["met"] is None:
        return word.without, ""
    if found["met"]:
        return "Met", "warning" if found.get("amber") else "success"
    return "Not met", "danger" if found.get("breaks") else "warning"


def _effect(found: Mapping[str, Any]) -> str:
    """What comes of it."""
    if found.get("breaks"):
        return "Stops the rollout"
    if found.get("cause") == HealthCheck.Cause.PLATFORM:
        return "The platform, not the feature: holds the gate"
    if found.get("holds"):
        return "Holds the gate"
    return "Short of its target; holds nothing" if found.get("amber") else ""


def _likely(interval: Sequence[float] | None, unit: str) -> str:
    if not interval:
        return ""
    low, high = interval
    return f"{numbers.spelled(low, unit)} and {numbers.spelled(high, unit)}"
