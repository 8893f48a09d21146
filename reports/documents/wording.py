"""How figures are spelled in the sentences of a report, and how heavy a sentence weighs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from django.utils import timezone

from reports.shape import Figure, State

DIGITS = 3
MOST_SENTENCES = 7
NOTHING_MEASURED = "Nothing was measured in this time."


class Weight(IntEnum):
    """What a reader in a hurry must see first has the lowest number."""

    ALARM = 0
    CONCERN = 1
    DECISION = 2
    DONE = 3
    STATE = 4


# However bad things are, what waits for a decision, what was done and how things stand must be told as well.
LEAST_OF = {Weight.DECISION: 1, Weight.DONE: 1, Weight.STATE: 1}


@dataclass(frozen=True)
class Said:
    """A sentence, and how soon it must be read. `waits`: somebody has to decide or to act."""

    weight: Weight
    text: str
    waits: bool = False


def summary(said: Iterable[Said]) -> list[str]:
    """At most seven sentences, the worst before the others; of equals the one that was said first.

    Some room is kept for each of LEAST_OF.
    """
    ordered = sorted(said, key=lambda each: each.weight)
    kept = [
        each
        for weight, least in LEAST_OF.items()
        for each in [one for one in ordered if one.weight == weight][:least]
    ]
    others = [each for each in ordered if each not in kept][: MOST_SENTENCES - len(kept)]
    return [each.text for each in ordered if each in kept or each in others]


def number(value: float | str | None, digits: int = 1) -> str:
    """1234.56 as "1,234.6", whole numbers without digits; "unknown" for none."""
    if value is None or isinstance(value, str):
        return value or "unknown"
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float | str | None, unit: str, digits: int = 1) -> str:
    """A number with its unit: "1.8 %", "312 ms"."""
    found = number(value, digits)
    return f"{found} {unit}" if unit and value is not None else found


def counted(n: int, one: str, many: str = "") -> str:
    """`1 alert`, `2 alerts`."""
    return f"{n:,} {one}" if n == 1 else f"{n:,} {many or one + 's'}"


def was(figure: Figure, digits: int = 1) -> str:
    """ " (was 1.1 %)", "" where it was not known, and the same where it has not moved."""
    if figure.previous is None or figure.value is None:
        return ""
    before, now = amount(figure.previous, figure.unit, digits), amount(figure.value, figure.unit, digits)
    return " (as before)" if before == now else f" (was {before})"


def told(figure: Figure, digits: int = 1) -> str:
    """A figure as a sentence's beginning: "Error rate 1.8 % (was 1.1 %)"."""
    return f"{figure.title} {amount(figure.value, figure.unit, digits)}{was(figure, digits)}"


def rounded(value: float | None) -> float | int | None:
    return round(value, DIGITS) if isinstance(value, float) else value


def day(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d}"


def time(at: datetime | None) -> str:
    """A time as tables show it, in the portal's zone; "" for none."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def below(value: float | None, limit: float, worst: float | None = None) -> State:
    """How a value stands that must stay below `limit`: bad from `worst` on, a warning between them."""
    if value is None:
        return State.UNKNOWN
    if value < limit:
        return State.GOOD
    return State.BAD if worst is not None and value >= worst else State.WARNING


def at_least(value: float | None, limit: float, worst: float | None = None) -> State:
    """How a value stands that must reach `limit`: bad under `worst`, a warning between them."""
    if value is None:
        return State.UNKNOWN
    if value >= limit:
        return State.GOOD
    return State.BAD if worst is not None and value < worst else State.WARNING
