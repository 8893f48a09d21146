"""Numbers as people read them, and the small picture of a number against its limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SMALLEST_SHARE = 0.01
RAREST = 1e-6
# From here on a second digit after the point says nothing.
DIGITS_BELOW = 10
# The picture ends this much beyond the farthest of its numbers.
MARGIN = 1.2


def percent(fraction: float) -> str:
    """0.011 as "1.1 %"."""
    return f"{_short(fraction * 100)} %"


def points(difference: float) -> str:
    """0.342 as "34 points"."""
    return f"{round(difference * 100)} points"


def chance(probability: float) -> str:
    """0.41 as "41 %", 0.000536 as "1 in 1,900"; what is less likely than one in a million by that bound."""
    if probability >= SMALLEST_SHARE:
        return f"{probability * 100:.0f} %"
    if probability < RAREST:
        return f"under 1 in {round(1 / RAREST):,}"
    return f"1 in {round(float(f'{1 / probability:.2g}')):,}"


def milliseconds(value: float) -> str:
    return f"{value:,.0f} ms"


def _short(value: float) -> str:
    text = f"{value:,.2f}" if abs(value) < DIGITS_BELOW else f"{value:,.1f}"
    return text.rstrip("0").rstrip(".")


SPELLED: dict[str, Callable[[float], str]] = {
    "percent": percent,
    "points": points,
    "share": lambda value: f"{_short(value)} %",
    "ms": milliseconds,
    "chance": chance,
}


def spelled(value: float | None, unit: str) -> str:
    """A value in its unit, "" for none."""
    return "" if value is None else SPELLED.get(unit, _short)(value)


@dataclass(frozen=True)
class Range:
    """A number against its limit on a line; positions and widths in percent of it."""

    text: str
    good_from: str
    good_width: str
    limit: str
    value: str
    from_: str = ""
    width: str = ""


def range_of(
    value: float | None,
    threshold: float | None,
    interval: Sequence[float] | None,
    unit: str,
    *,
    least: bool,
) -> Range | None:
    """The picture; None where there is no number, no limit, or no line that both could stand on."""
    if value is None or threshold is None or unit in ("chance", "none") or threshold <= 0:
        return None
    low, high = interval or (value, value)
    end = max(value, threshold, high) * MARGIN

    def at(number: float) -> float:
        return 100 * min(max(number, 0), end) / end

    limit = "at least" if least else "at most"
    likely = f", likely between {spelled(low, unit)} and {spelled(high, unit)}" if interval else ""
    return Range(
        text=f"Measured {spelled(value, unit)}{likely}; {limit} {spelled(threshold, unit)} is asked for.",
        good_from=_css(at(threshold) if least else 0),
        good_width=_css(100 - at(threshold) if least else at(threshold)),
        limit=_css(at(threshold)),
        value=_css(at(value)),
        from_=_css(at(low)) if interval else "",
        width=_css(at(high) - at(low)) if interval else "",
    )


def _css(number: float) -> str:
    return f"{number:.2f}"
