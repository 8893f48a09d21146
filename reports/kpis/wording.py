"""KPIs in words: numbers with their units, targets, how old an entered value is. Pure."""

from datetime import date

from reports.kpis.board import ENTERED, Line
from reports.kpis.catalogue import Entry
from reports.standing import Judged, Standing

STATES = {
    Standing.MET: "met",
    Standing.MISSED: "missed",
    Standing.UNKNOWN: "unknown",
    Standing.TRACKED: "tracked",
}
SMALL, LARGE = 1, 1_000
# Where 99.9 and 99.896 must not look the same.
ALMOST_ALL = 99


def number(value: float, unit: str = "") -> str:
    """A number as people read it: 1,234; 231.4; 0.043; of percentages near 100 three digits."""
    size = abs(value)
    if size >= LARGE:
        digits = 0
    elif size < SMALL or (unit == "%" and size > ALMOST_ALL):
        digits = 3
    else:
        digits = 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float | None, unit: str) -> str:
    """A number with its unit; a dash for none."""
    return "-" if value is None else f"{number(value, unit)} {unit}".strip()


def change(value: float | None) -> str:
    """A change in percent with its sign; a dash for none."""
    return "-" if value is None else f"{'+' if value > 0 else ''}{number(value, '%')} %"


def target(entry: Entry, value: float | None) -> str:
    """ "< 500 ms", "≥ +40 %" of a change; "none" where nobody set one."""
    if value is None:
        return "none"
    if entry.judged is Judged.CHANGE:
        return f"{entry.rule.sign} {change(value) if value else '0 %'}"
    return f"{entry.rule.sign} {amount(value, entry.unit)}"


def state(line: Line) -> str:
    """The state in a word, and why it is unknown."""
    word = STATES[line.standing]
    return f"{word}: {line.reason}" if line.reason else word


def origin(line: Line) -> str:
    """Where the value comes from: "measured, n = 1,204" or "entered by ada for 2026-03-01"."""
    if line.source == ENTERED:
        return f"entered by {line.entered_by} for {day(line.entered_on)}"
    if not line.source:
        return ""
    return "measured" if line.n is None else f"measured, n = {line.n:,}"


def day(found: date | None) -> str:
    return "" if found is None else f"{found:%Y-%m-%d}"


def of_all(counts: dict[Standing, int]) -> str:
    """One sentence about all KPIs."""
    told = [f"{counts[standing]} {word}" for standing, word in STATES.items()]
    return f"KPIs: {', '.join(told)}."
