"""The figures of the summary page in words, and the small bars of its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback.admin.tickets import links
from feedback.models import Ticket
from feedback.summary import wording
from feedback.summary.documents import RATINGS, Document

FULL = 100


@dataclass(frozen=True)
class Number:
    """One figure, what it is, and what it stands on."""

    value: str
    title: str
    note: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a table with a bar; `width` in percent of the longest."""

    title: str
    url: str
    tickets: int
    width: float
    share: str = ""
    critical: int = 0
    rating: str = ""


@dataclass(frozen=True)
class Kinds:
    """A table of how many tickets are of each kind."""

    title: str
    heading: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Step:
    """A step of the charts, in words."""

    days: str
    tickets: int
    critical: int
    ratings: Sequence[str]


def numbers(document: Document) -> list[Number]:
    """What stands at the head of the page."""
    backlog, critical = document["backlog"], _critical(document)
    return [
        Number(f"{document['tickets']:,}", "tickets received"),
        Number(f"{critical:,}", "critical", wording.percent(_share(critical, document["tickets"]))),
        Number(f"{document['open']:,}", "of them open", f"{document['overdue']:,} overdue"),
        Number(
            f"{backlog['open']:,}",
            "open of whatever day",
            f"{backlog['overdue']:,} overdue",
            bad=bool(backlog["overdue"]),
        ),
        *(_rated(name.capitalize(), document[name]) for name in RATINGS),
        _rated("How it was resolved", document["csat"]),
        _time("First response, median", document["firstResponseTime"], "medianMinutes", "business hours"),
        _time("Resolution, median", document["resolutionTime"], "medianMinutes", "all hours"),
        _time("Resolution, 9 of 10 within", document["resolutionTime"], "p90Minutes", "all hours"),
        _kept("Answered in time", document["answered"]),
        _kept("Resolved in time", document["resolved"]),
        Number(f"{document['reopened']:,}", "reopened"),
        Number(f"{document['merged']:,}", "merged into others"),
    ]


def by_category(document: Document) -> Kinds:
    return _kinds(document, "By category", "category", Ticket.Category)


def by_severity(document: Document) -> Kinds:
    return _kinds(document, "By severity", "severity", Ticket.Severity)


def areas(document: Document) -> list[Line]:
    """The feature areas, each with a link to its open tickets."""
    found = document["byFeatureArea"]
    longest = max((each["tickets"] for each in found), default=1)
    return [
        Line(
            title=each["featureArea"],
            url=links.tickets(area=each["featureArea"]),
            tickets=each["tickets"],
            width=_width(each["tickets"], longest),
            critical=each["critical"],
            rating=wording.rating(each["satisfaction"]),
        )
        for each in found
    ]


def over_time(document: Document) -> list[Step]:
    """The numbers of the charts, the latest first."""
    steps = zip(document["volume"], document["ratingsOverTime"], strict=True)
    return [
        Step(
            days=wording.days(volume["from"], volume["to"]),
            tickets=volume["tickets"],
            critical=volume["critical"],
            ratings=[wording.rating(rated[name]) for name in RATINGS],
        )
        for volume, rated in steps
    ][::-1]


def _kinds(document: Document, title: str, name: str, choices: Any) -> Kinds:
    found = document[f"by{name.capitalize()}"]
    longest = max(each["tickets"] for each in found) or 1
    lines = [
        Line(
            title=choices(each[name]).label,
            url=links.tickets(**{f"{name}__exact": each[name]}),
            tickets=each["tickets"],
            width=_width(each["tickets"], longest),
            share=wording.percent(each["share"]),
        )
        for each in found
    ]
    return Kinds(title, name.capitalize(), lines)


def _critical(document: Document) -> int:
    return sum(
        each["tickets"] for each in document["bySeverity"] if each["severity"] == Ticket.Severity.CRITICAL
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _width(tickets: int, longest: int) -> float:
    return round(FULL * tickets / longest, 1)


def _rated(title: str, found: Mapping[str, Any]) -> Number:
    if not found["n"]:
        return Number("-", title, wording.NOBODY)
    return Number(f"{found['mean']:.2f}", title, f"of 5, n = {found['n']:,}")


def _time(title: str, found: Mapping[str, Any], name: str, hours: str) -> Number:
    if not found["n"]:
        return Number("-", title, wording.NOTHING)
    return Number(wording.minutes(found[name]), title, f"{hours}, n = {found['n']:,}")


def _kept(title: str, found: Mapping[str, Any]) -> Number:
    if not found["n"]:
        return Number("-", title, wording.NOTHING)
    return Number(wording.percent(found["share"]), title, f"of {found['n']:,}")
