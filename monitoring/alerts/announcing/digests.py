"""What a digest says: how many of what, the most urgent ones, what is over, and where all of them are."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from monitoring.alerts.announcing import payloads
from monitoring.alerts.announcing.deciding import RESOLVED
from monitoring.alerts.announcing.pacing import Entry, Message
from monitoring.alerts.announcing.texts import Item, mark, urge
from monitoring.alerts.announcing.wording import DASH, line, listing, name
from monitoring.alerts.links import link_of

MOST_URGENT = 20
MOST_RESOLVED = 5


def shown(message: Message) -> list[Entry]:
    """The most urgent ones, and a few of those that are over."""
    over = [entry for entry in message.entries if entry.kind == RESOLVED]
    still = [entry for entry in message.entries if entry.kind != RESOLVED]
    return [*still[:MOST_URGENT], *over[:MOST_RESOLVED]]


def subject(message: Message) -> str:
    """`[DIGEST] 10,000 alerts: 12 critical, 300 error, 9,688 warning`."""
    count = len(message.entries)
    return f"[DIGEST] {count:,} alerts: {_counts(message)}"


def body(message: Message, items: Sequence[Item], *, to: str, longest: int, now: datetime) -> str:
    """As many of the most urgent as there is room for; the counts and the inbox always."""
    head = [
        "Many alerts at once: they come together, once a minute at most, until it is calm.",
        "",
        f"By level: {_counts(message)}",
        f"By module: {_modules(message)}",
    ]
    foot = [f"All of them: {settings.PORTAL_URL}{reverse('admin:monitoring_alert_changelist')}"]
    over = [entry for entry in items if entry.kind == RESOLVED]
    if over:
        foot.insert(0, f"Over: {listing(line(each.alert.title, 80) for each in over)}")
    room = longest - sum(len(part) + 1 for part in [*head, *foot]) - 60
    urgent = []
    for item in (each for each in items if each.kind != RESOLVED):
        entry = f"- {mark(item)} {name(item.alert)} {DASH} {urge(item, now)}\n  {link_of(item.alert, to)}"
        room -= len(entry) + 1
        if room < 0:
            break
        urgent.append(entry)
    if urgent:
        head += ["", "The most urgent:", *urgent]
    return "\n".join([*head, "", *foot])


def _counts(message: Message) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in payloads.counts(message).items() if count)


def _modules(message: Message) -> str:
    found = Counter(entry.case.module or "no module" for entry in message.entries)
    return listing(f"{module} {count:,}" for module, count in found.most_common())
