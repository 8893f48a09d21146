"""Alerts as lines for people at a terminal, from the documents that programs get."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from monitoring.alerts import documents, finding
from operations.doors.command import Result, shown, table

Document = Mapping[str, Any]
HEADER = ("ID", "LEVEL", "OWED", "STATUS", "COUNT", "SINCE", "TITLE")


def open_alerts(module: str) -> Result:
    """The open alerts of a module and of the whole product, as both monitoring commands show them."""
    found = [documents.alert_of(alert) for alert in finding.find(module=module)]
    return Result({"module": module, "alerts": found}, alert_lines(found))


def alert_lines(found: Sequence[Document], none: str = "No open alerts.") -> Iterator[str]:
    """A list of alerts, each with what is owed next and by when."""
    if not found:
        yield none
        return
    rows = [
        (
            alert["id"],
            alert["level"].upper(),
            _owed(alert),
            alert["status"],
            alert["count"],
            shown(alert["firstSeen"]),
            f"{alert['title']} ({alert['module']})" if alert["module"] else alert["title"],
        )
        for alert in found
    ]
    yield from table([HEADER, *rows])


def whole_alert_lines(alert: Document) -> Iterator[str]:
    """One alert with its texts and its story."""
    yield f"{alert['level'].upper()} {alert['id']}: {alert['title']}"
    times = "once" if alert["count"] == 1 else f"{alert['count']:,} times"
    yield f"{alert['status']}; owed: {_owed(alert)}; seen {times} since {shown(alert['firstSeen'])}"
    for title, name in (
        ("What happened", "summary"),
        ("To whom", "affected"),
        ("Done by the portal", "done"),
        ("Yours to do", "advice"),
        ("Source", "url"),
    ):
        if alert[name]:
            yield f"{title}: {alert[name]}"
    yield ""
    yield from table(
        [(shown(each["at"]), each["kind"], each["by"] or "", _line(each["text"])) for each in alert["events"]]
    )
    for each in alert["messages"]:
        yield f"{shown(each['at'])}  told {each['to']} ({each['kind']}): {each['state']}"
    if alert["postmortem"]:
        yield ""
        yield alert["postmortem"]


def _owed(alert: Document) -> str:
    if not alert["due"]:
        return "-"
    return f"{alert['owes']} {_distance(alert['due'])}"


def _distance(due: datetime) -> str:
    minutes = round((due - timezone.now()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    span = f"{hours} h {rest:02} min" if hours else f"{rest} min"
    return f"in {span}" if minutes >= 0 else f"{span} ago"


def _line(text: str) -> str:
    return " ".join(text.split())
