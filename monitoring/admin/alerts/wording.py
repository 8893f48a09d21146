"""What the pages say of an alert: its level, how it stands, and by when something is owed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils import formats, timezone

from monitoring.alerts import clocks
from monitoring.deadlines import ACKNOWLEDGE, POSTMORTEM, RESOLVE, RESPOND
from monitoring.models import Alert
from operations import spelling

LEVEL_LABELS = {"critical": "danger", "error": "warning", "warning": "info", "info": ""}
STATES = {
    "open": "Open",
    "acknowledged": "Acknowledged",
    "silenced": "Silenced",
    "pending": "Pending",
    "resolved": "Resolved",
}
STATE_LABELS = {
    "open": "warning",
    "acknowledged": "info",
    "silenced": "",
    "pending": "",
    "resolved": "success",
}
# What a stage asks for, as the beginning of a sentence that ends in "by 14:05 CET".
ASKED = {
    ACKNOWLEDGE: "Acknowledge",
    RESPOND: "Say what is being done",
    RESOLVE: "Resolve",
    POSTMORTEM: "Write the post-mortem",
}
# From here on a deadline is coloured as near.
NEAR = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Due:
    """What is owed next, by when, and how long that is from now."""

    stage: str
    by: datetime
    asked: str
    when: str
    chip: str
    label: str
    late: bool


def due_of(alert: Alert, now: datetime) -> Due | None:
    """What is owed of an alert; None where nothing is."""
    if alert.due_at is None:
        return None
    owed = clocks.owed_for(alert)
    stage = owed.stage if owed else ACKNOWLEDGE
    late = alert.due_at <= now
    left = alert.due_at - now
    return Due(
        stage=stage,
        by=alert.due_at,
        asked=ASKED[stage],
        when=moment(alert.due_at, now),
        chip=f"{span(-left)} late" if late else f"in {span(left)}",
        label="danger" if late else "warning" if left <= NEAR else "",
        late=late,
    )


def span(length: timedelta) -> str:
    """A length in its two largest units: "4 min", "1 h 5 min", "2 d 3 h"; at least a minute."""
    return spelling.span(max(length, MINUTE))


def moment(at: datetime, now: datetime) -> str:
    """A moment in the portal's zone, with the zone's name: "14:05 CET", else "22 Nov, 14:05 CET"."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return formats.date_format(local, "H:i T")
    return formats.date_format(local, "j M, H:i T" if local.year == today.year else "j M Y, H:i T")


def asked(due: Due) -> str:
    """The whole sentence: "Acknowledge by 14:05 CET, in 3 min."."""
    return f"{due.asked} by {due.when}{':' if due.late else ','} {due.chip}."


def safe_link(url: str) -> str:
    """An address that a page may lead to: http or https with a host; "" for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname else ""
