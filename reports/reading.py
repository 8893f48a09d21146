"""A report's document in words, for a page and for a mail alike. Pure.

An archived document stays as it was made: what it does not say, because it is older, is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reports.shape import State

Document = Mapping[str, Any]

NOTHING = "-"
# What a state is called, and the label that it is shown with.
WORDS = {State.GOOD: "Good", State.WARNING: "Watch", State.BAD: "Bad", State.UNKNOWN: "Unknown"}
LABELS = {State.GOOD: "success", State.WARNING: "warning", State.BAD: "danger"}
RANK = {State.BAD: 0, State.WARNING: 1, State.GOOD: 2, State.NEUTRAL: 3, State.UNKNOWN: 4}
MOST_KEY_FIGURES = 12
MIDNIGHT = time(0)


@dataclass(frozen=True)
class Fact:
    """One figure in words; `value` is empty where it is unknown, `change` says what it was before.

    `place` is the section that it stands in, where it is shown outside of that.
    """

    name: str
    title: str
    value: str
    change: str = ""
    target: str = ""
    n: str = ""
    unknown: str = ""
    state: State = State.NEUTRAL
    place: str = ""

    @property
    def word(self) -> str:
        """The state, or nothing where it says nothing."""
        return WORDS.get(self.state, "")

    @property
    def label(self) -> str:
        return LABELS.get(self.state, "")


@dataclass(frozen=True)
class Heading:
    """Whose report it is, of which hours, and when it was made, in the document's own time zone."""

    title: str
    period: str
    made: str
    zone: str


def heading(document: Document) -> Heading:
    """The head of a page or mail."""
    zone = zone_of(document)
    made = moment(document.get("madeAt"), zone)
    return Heading(
        title=str(document.get("title") or "Report"),
        period=period(moment(document.get("since"), zone), moment(document.get("until"), zone)),
        made=f"{made:%-d %B %Y, %H:%M}" if made else "",
        zone=str(document.get("timeZone") or zone),
    )


def facts(figures: Iterable[Any]) -> list[Fact]:
    """Figures in words, in their order."""
    return [_fact(figure) for figure in figures if isinstance(figure, Mapping)]


def title_of(section: Mapping[str, Any]) -> str:
    return str(section.get("title") or section.get("name", ""))


def key_figures(document: Document) -> list[Fact]:
    """The figures for a reader in a hurry: the worst first, then in the report's order; known ones only."""
    known = [
        replace(fact, place=title_of(section))
        for section in sections_of(document)
        for fact in facts(listed(section, "figures"))
        if fact.value
    ]
    return sorted(known, key=lambda fact: RANK[fact.state])[:MOST_KEY_FIGURES]


def summary_of(document: Document) -> list[str]:
    """The sentences for a reader in a hurry."""
    return [str(sentence) for sentence in listed(document, "summary")]


def sections_of(document: Document) -> list[Mapping[str, Any]]:
    return [section for section in listed(document, "sections") if isinstance(section, Mapping)]


def listed(document: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A list of the document, or none where it has no such thing."""
    found = document.get(name)
    return found if isinstance(found, list | tuple) else ()


def spelled(value: Any, unit: str = "") -> str:
    """A value with its unit: `1,234`, `1.8 %`, `-` for nothing."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = _number(value) if isinstance(value, int | float) else str(value)
    return f"{text} {unit}" if unit else text


def moment(text: Any, zone: tzinfo) -> datetime | None:
    """An ISO time with its zone, in `zone`; None for anything else."""
    if isinstance(text, datetime):
        return text.astimezone(zone)
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(zone) if found.tzinfo else None


def zone_of(document: Document) -> tzinfo:
    """The time zone that the report's days are those of."""
    try:
        return ZoneInfo(str(document.get("timeZone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def period(since: datetime | None, until: datetime | None) -> str:
    """`2 to 8 March 2026` for whole days, else with the hours."""
    if since is None or until is None:
        return ""
    if since.time() == until.time() == MIDNIGHT and since < until:
        return _days(since, until - timedelta(minutes=1))
    return f"{_time(since)} to {_time(until)}"


def _days(first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return f"{first:%A %-d %B %Y}"
    begins = f"{first:%-d}" if (first.year, first.month) == (last.year, last.month) else f"{first:%-d %B}"
    return f"{begins if first.year == last.year else f'{first:%-d %B %Y}'} to {last:%-d %B %Y}"


def _time(at: datetime) -> str:
    return f"{at:%-d %B %Y, %H:%M}"


def _fact(figure: Mapping[str, Any]) -> Fact:
    value, unit, n = figure.get("value"), str(figure.get("unit") or ""), figure.get("n")
    state = figure.get("state")
    known = value is not None
    return Fact(
        name=str(figure.get("name", "")),
        title=str(figure.get("title") or figure.get("name", "")),
        value=spelled(value, unit) if known else "",
        change=_change(value, figure.get("previous"), unit),
        target=str(figure.get("target") or ""),
        n="" if n is None else f"n = {spelled(n)}",
        unknown="" if known else str(figure.get("unknown") or "nobody measured it"),
        state=State(state) if state in set(State) else State.NEUTRAL,
    )


def _change(value: Any, previous: Any, unit: str) -> str:
    """In words: who sees no colours, or hears the page, is told as well."""
    if previous is None:
        return ""
    before = spelled(previous, unit)
    if not isinstance(value, int | float) or not isinstance(previous, int | float):
        return f"before: {before}"
    if spelled(value, unit) == before:
        return "as before"
    return f"{'up' if value > previous else 'down'} from {before}"


def _number(value: float) -> str:
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    places = 0 if abs(value) >= 1_000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{places}f}".rstrip("0").rstrip(".") if places else f"{value:,.0f}"
