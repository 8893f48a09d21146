"""The summary of feedback at a terminal: `post_launch_monitor feedback`."""

import argparse
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from feedback.models import Ticket
from feedback.summary import documents, rows, wording
from feedback.summary.documents import RATINGS, Document
from feedback.summary.selection import NAMES, Asked, select
from operations.doors import csv_command
from operations.doors.command import OperationCommand, Result, shown, table
from operations.doors.downloads import plain

# A screen's worth; `--json` and `--csv` have them all.
MOST_STEPS = 31


def add_options(parser: CommandParser) -> None:
    """What `feedback` understands beside the common options; every one of them narrows the tickets."""
    parser.add_argument("--category", default="", metavar="C", help=", ".join(Ticket.Category.values))
    parser.add_argument("--start-date", default="", metavar="D", help="tickets received from this day on")
    parser.add_argument(
        "--end-date", default="", metavar="D", help="until this day, included; default: today"
    )
    parser.add_argument("--module", default=argparse.SUPPRESS, metavar="M", help="its key (default: all)")
    parser.add_argument("--workspace", default="", metavar="W", help="its id")
    parser.add_argument("--csv", action="store_true", help="print every figure as a line of CSV")


def show(command: OperationCommand, options: dict[str, Any]) -> Result:
    """Sum up what users say. Raises Invalid, which names the options in camelCase as the API does."""
    asked = Asked(**{name: options[name] or "" for name in NAMES})
    document = documents.summary_of(select(asked))
    if options["csv"] and not options["json"]:
        csv_command.write(command, None, rows.HEADER, lambda: _safe(document))
        return Result(None)
    return Result(document, _lines(document))


def _safe(document: Document) -> Iterator[list[str]]:
    """Rows that no spreadsheet takes for formulas: reporters name the feature areas."""
    return (list(map(plain, row)) for row in rows.rows_of(document))


def _lines(document: Document) -> Iterator[str]:
    """Every figure; of what came over time only the latest steps."""
    only = wording.filters(document)
    period = wording.days(document["startDate"], document["endDate"])
    yield f"Feedback received {period}{f' ({only})' if only else ''}: {document['tickets']:,} tickets"
    yield from _standing(document)
    yield ""
    yield from _service(document)
    for title, name, key in (("Category", "category", "byCategory"), ("Severity", "severity", "bySeverity")):
        yield ""
        rows = [(each[name], each["tickets"], wording.percent(each["share"])) for each in document[key]]
        yield from table([(title.upper(), "TICKETS", "SHARE"), *rows])
    yield ""
    yield from _areas(document)
    yield ""
    yield from _over_time(document)


def _standing(document: Document) -> Iterator[str]:
    yield (
        f"Of them open: {document['open']:,}, overdue: {document['overdue']:,}, "
        f"reopened: {document['reopened']:,}, merged: {document['merged']:,}"
    )
    backlog = document["backlog"]
    oldest = f", the oldest of {shown(backlog['oldestReceivedAt'])}" if backlog["oldestReceivedAt"] else ""
    yield f"Backlog, of whatever day: {backlog['open']:,} open, {backlog['overdue']:,} overdue{oldest}"


def _service(document: Document) -> Iterator[str]:
    response, resolution = document["firstResponseTime"], document["resolutionTime"]
    rows = [
        ("Satisfaction", wording.rating(document["satisfaction"])),
        ("Usability", wording.rating(document["usability"])),
        ("Performance", wording.rating(document["performance"])),
        ("Resolutions", wording.rating(document["csat"])),
        (
            "First response in business hours, median",
            f"{wording.minutes(response['medianMinutes'])} (n = {response['n']:,})",
        ),
        ("Resolution, median", f"{wording.minutes(resolution['medianMinutes'])} (n = {resolution['n']:,})"),
        ("Resolution, 90th percentile", f"{wording.minutes(resolution['p90Minutes'])}"),
        ("Answered in time", wording.share(document["answered"])),
        ("Resolved in time", wording.share(document["resolved"])),
    ]
    yield from table(rows)


def _areas(document: Document) -> Iterator[str]:
    rows = [
        (each["featureArea"], each["tickets"], each["critical"], wording.rating(each["satisfaction"]))
        for each in document["byFeatureArea"]
    ]
    yield from table([("FEATURE AREA", "TICKETS", "CRITICAL", "SATISFACTION"), *rows])
    yield f"Others: {document['otherFeatureAreas']:,}; none named: {document['withoutFeatureArea']:,}"


def _over_time(document: Document) -> Iterator[str]:
    steps = list(zip(document["volume"], document["ratingsOverTime"], strict=True))
    rows = [
        (
            wording.days(volume["from"], volume["to"]),
            volume["tickets"],
            volume["critical"],
            *(wording.rating(rated[name]) for name in RATINGS),
        )
        for volume, rated in steps[-MOST_STEPS:]
    ]
    header = ("RECEIVED", "TICKETS", "CRITICAL", *(name.upper() for name in RATINGS))
    yield from table([header, *rows])
    if len(steps) > MOST_STEPS:
        yield f"The last {MOST_STEPS} of {len(steps)} {document['step']}s; --json and --csv have them all."
