"""The summary as one flat table, for a spreadsheet: a line of each figure, of each step, of each kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from feedback.summary.documents import RATINGS, Document

HEADER = ("figure", "from", "to", "of", "value", "n")

Row = tuple[str, ...]


def rows_of(document: Document) -> Iterator[Row]:
    """Every figure of a summary. `of` is the category, severity or area; n is what a mean or share is of."""
    period = {"from": document["startDate"], "to": document["endDate"]}
    for step in document["volume"]:
        yield _row("tickets over time", step, "", step["tickets"])
        yield _row("critical tickets over time", step, "", step["critical"])
    for name, key in (
        ("category", "byCategory"),
        ("severity", "bySeverity"),
        ("featureArea", "byFeatureArea"),
    ):
        figure = "feature area" if name == "featureArea" else name
        yield from (
            _row(f"tickets by {figure}", period, each[name], each["tickets"]) for each in document[key]
        )
    for each in document["byFeatureArea"]:
        yield _mean("satisfaction by feature area", period, each["featureArea"], each["satisfaction"])
    for step in document["ratingsOverTime"]:
        yield from (_mean("rating over time", step, name, step[name]) for name in RATINGS)
    yield from (_mean("rating", period, name, document[name]) for name in (*RATINGS, "csat"))
    for figure, name in (
        ("resolution time", "resolutionTime"),
        ("first response time, business hours", "firstResponseTime"),
    ):
        found = document[name]
        yield _row(figure, period, "median, minutes", found["medianMinutes"], found["n"])
        yield _row(figure, period, "90th percentile, minutes", found["p90Minutes"], found["n"])
    for name in ("answered", "resolved"):
        yield _row(f"{name} in time", period, "", document[name]["share"], document[name]["n"])
    for figure, value in _counts(document):
        yield _row(figure, period, "", value)


def _counts(document: Document) -> Sequence[tuple[str, int]]:
    return (
        ("tickets", document["tickets"]),
        ("tickets about other feature areas", document["otherFeatureAreas"]),
        ("tickets without a feature area", document["withoutFeatureArea"]),
        ("reopened", document["reopened"]),
        ("merged", document["merged"]),
        ("open", document["open"]),
        ("overdue", document["overdue"]),
        ("backlog", document["backlog"]["open"]),
        ("backlog overdue", document["backlog"]["overdue"]),
    )


def _mean(figure: str, period: Mapping[str, Any], of: str, found: Mapping[str, Any]) -> Row:
    return _row(figure, period, of, found["mean"], found["n"])


def _row(figure: str, period: Mapping[str, Any], of: str, value: float | None, n: int | None = None) -> Row:
    values = ("" if each is None else str(each) for each in (value, n))
    return (figure, str(period["from"]), str(period["to"]), of, *values)
