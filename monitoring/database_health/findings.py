"""What was found out about a database: one finding a question, and the verdict that follows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

Asked = TypeVar("Asked")


class Level(StrEnum):
    """How well a question was answered; also the verdict over all of them."""

    PASS = "pass"  # noqa: S105
    UNKNOWN = "unknown"
    HOLD = "hold"
    BREACH = "breach"

    @property
    def met(self) -> bool | None:
        """True, False, or None where nobody can say."""
        return {Level.PASS: True, Level.UNKNOWN: None}.get(self, False)


WORST_FIRST = (Level.BREACH, Level.HOLD, Level.UNKNOWN, Level.PASS)


class Unanswered(Exception):
    """A question has no answer; the message says why, `remedy` what would give one."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class Item:
    """One of the things that a finding is about: a session, a table, an index, a statement."""

    name: str
    value: float | None = None
    unit: str = ""
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    """What one question found. A hold begins at `threshold`, a breach at `breach_at`, both in `unit`."""

    level: Level
    reason: str
    value: float | str | None = None
    threshold: float | str | None = None
    breach_at: float | None = None
    unit: str = ""
    remedy: str = ""
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Finding:
    """An answer with the name of its question. Without a vital one nobody can call a database healthy."""

    name: str
    vital: bool
    answer: Answer

    def document(self) -> dict[str, Any]:
        """The finding as the doors show it; `remedy` is "" where there is nothing to do."""
        found = self.answer
        return {
            "name": self.name,
            "met": found.level.met,
            "level": found.level.value,
            "value": found.value,
            "threshold": found.threshold,
            "breachAt": found.breach_at,
            "unit": found.unit,
            "reason": found.reason,
            "remedy": found.remedy,
            "items": [vars(item) for item in found.items],
        }


@dataclass(frozen=True)
class Question(Generic[Asked]):
    """What is asked. `ask` may raise Unanswered, or return None where the question does not arise."""

    name: str
    ask: Callable[[Asked], Answer | None]
    vital: bool = False


@dataclass(frozen=True)
class Report:
    """Every finding of one check, and what the database said about itself."""

    check: str
    database: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> Level:
        return verdict_of(self.findings)

    def at(self, level: Level) -> list[Finding]:
        """The findings of one level, as they were asked."""
        return [finding for finding in self.findings if finding.answer.level == level]


def verdict_of(findings: Iterable[Finding]) -> Level:
    """The worst level found. An open question counts only if it is vital, or if all are open."""
    known = list(findings)
    levels = {finding.answer.level for finding in known}
    for worst in (Level.BREACH, Level.HOLD):
        if worst in levels:
            return worst
    if any(finding.vital and finding.answer.level == Level.UNKNOWN for finding in known):
        return Level.UNKNOWN
    return Level.PASS if Level.PASS in levels else Level.UNKNOWN


def rising(value: float, hold: float, breach: float | None = None) -> Level:
    """The level of a figure that should be small: a hold from `hold` on, a breach from `breach` on."""
    if breach is not None and value >= breach:
        return Level.BREACH
    return Level.HOLD if value >= hold else Level.PASS


def falling(value: float, hold: float, breach: float | None = None) -> Level:
    """The level of a figure that should be large: a hold below `hold`, a breach below `breach`."""
    if breach is not None and value < breach:
        return Level.BREACH
    return Level.HOLD if value < hold else Level.PASS
