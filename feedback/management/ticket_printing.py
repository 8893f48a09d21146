"""Tickets as lines for people at a terminal, from the documents that programs get."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from operations.doors.command import shown, table

Document = Mapping[str, Any]
HEADER = ("TICKET", "SEVERITY", "STATUS", "DUE", "OWNER", "RECEIVED", "TITLE")
LONGEST_TITLE = 80


def ticket_lines(found: Sequence[Document], none: str = "No such tickets.") -> Iterator[str]:
    """A list of tickets, each with when something is owed next."""
    if not found:
        yield none
        return
    rows = [
        (
            ticket["reference"],
            ticket["severity"].upper(),
            _standing(ticket),
            _due(ticket["due"]),
            ticket["owner"] or "-",
            shown(ticket["receivedAt"]),
            _line(ticket["title"], LONGEST_TITLE),
        )
        for ticket in found
    ]
    yield from table([HEADER, *rows])


def whole_ticket_lines(ticket: Document) -> Iterator[str]:
    """One ticket with its texts, its conversation and its story."""
    yield f"{ticket['reference']} {_line(ticket['title'])}"
    sorted_as = f"{ticket['severity'].upper()} {ticket['category']}"
    yield f"{sorted_as}; {_standing(ticket)}; due: {_due(ticket['due'])}"
    yield f"Received {shown(ticket['receivedAt'])} from {_reporter(ticket)}"
    for title, name in (
        ("Owner", "owner"),
        ("Workspace", "workspace"),
        ("Module", "module"),
        ("Feature area", "featureArea"),
        ("Seen in", "release"),
        ("Fixed in", "fixedIn"),
        ("Browser", "browserInfo"),
        ("Device", "deviceInfo"),
    ):
        if ticket[name]:
            yield f"{title}: {ticket[name]}"
    for title, name in (("Tags", "tags"), ("Merged into it", "merged"), ("It may now", "allowed")):
        if ticket[name]:
            yield f"{title}: {', '.join(ticket[name])}"
    yield ""
    yield ticket["description"]
    for number, step in enumerate(ticket["steps"], 1):
        yield f"{number}. {step}"
    for title, name in (("Expected", "expectedBehavior"), ("Actual", "actualBehavior")):
        if ticket[name]:
            yield f"{title}: {ticket[name]}"
    for message in ticket["messages"]:
        yield ""
        yield f"{message['kind'].upper()} {shown(message['at'])} {message['by']}"
        yield message["body"]
    yield ""
    yield from table(
        [(shown(event["at"]), event["kind"], event["by"], _changes(event)) for event in ticket["history"]]
    )


def similar_lines(found: Sequence[Document]) -> Iterator[str]:
    """Tickets that are alike to one, with how much and why."""
    if not found:
        yield "No ticket seems to say the same."
        return
    rows = [
        (
            f"{each['score']:.2f}",
            each["reference"],
            _standing(each),
            _line(each["title"], LONGEST_TITLE),
            ", ".join(each["words"]),
        )
        for each in found
    ]
    yield from table([("SCORE", "TICKET", "STATUS", "TITLE", "WORDS"), *rows])


def _standing(ticket: Document) -> str:
    if ticket["quarantined"]:
        return "quarantine"
    if ticket["mergedInto"]:
        return f"in {ticket['mergedInto']}"
    return "waits" if ticket["waitingSince"] else str(ticket["status"])


def _reporter(ticket: Document) -> str:
    reporter = ticket["reporter"]
    return " ".join(filter(None, (reporter["name"], reporter["email"]))) or ticket["source"]


def _due(due: datetime | None) -> str:
    if due is None:
        return "-"
    return f"{shown(due)}{' (over)' if due <= timezone.now() else ''}"


def _changes(event: Document) -> str:
    told = [f"{name}: {before} → {after}" for name, (before, after) in event["changes"].items()]
    return _line("; ".join(filter(None, (event["text"], *told))))


def _line(text: str, most: int = 1_000) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
