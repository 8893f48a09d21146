"""When it is said: one message for an incident and a receiver, and a digest where there are too many.

The guide's group_wait is 10 seconds. What joins an incident that a receiver heard of waits five minutes,
unless it is worse; a critical alert waits one, because it must be acknowledged within five. What escalates or
is overdue waits for nothing but its group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from monitoring import levels
from monitoring.alerts.announcing import deciding, waiting
from monitoring.alerts.announcing.deciding import ESCALATED, OVERDUE, RESOLVED
from monitoring.alerts.announcing.receivers import Directory, Receiver
from monitoring.alerts.announcing.waiting import Case, Heard, Recent, Said, Traffic

GROUP_WAIT = timedelta(seconds=10)
GROUP_INTERVAL = timedelta(minutes=5)
CRITICAL_INTERVAL = timedelta(minutes=1)
# A receiver that would get more messages than this within the time gets digests.
MOST_MESSAGES = 5
STORM_WITHIN = timedelta(minutes=10)
DIGEST_EVERY = timedelta(minutes=1)


class Entry(NamedTuple):
    """One alert in a message: what is said of it, and what the receiver last heard of it, if anything."""

    case: Case
    kind: str
    said: Said | None


@dataclass
class Bucket:
    """What one receiver is to hear of one incident, and since when it waits."""

    receiver: Receiver
    group: str
    since: datetime
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Message:
    """What goes out: the entries of one incident, or of many as a digest; the worst first."""

    receiver: Receiver
    group: str
    entries: list[Entry]
    digest: bool


@dataclass(frozen=True)
class Plan:
    """What is to be written now: messages, and the notices of which nobody is to hear more."""

    directory: Directory
    heard: Heard
    messages: list[Message]
    settled: list[int]
    alerts: set[int]
    """Everything that these speak of."""


def plan(now: datetime, cases: list[Case]) -> Plan:
    """What to do now about these cases. Reads only: five queries, however many cases."""
    directory = Directory.read()
    heard = waiting.heard() if cases else {}
    buckets = _buckets(cases, directory, heard)
    receivers = {bucket.receiver for bucket in buckets}
    recent = waiting.recent(receivers, now - GROUP_INTERVAL) if buckets else {}
    traffic = waiting.traffic(receivers, now, STORM_WITHIN) if buckets else {}
    messages = _messages(buckets, now, recent, traffic)
    going = {(message.receiver, entry.case.alert) for message in messages for entry in message.entries}
    held = {
        entry.case.alert
        for bucket in buckets
        for entry in bucket.entries
        if (bucket.receiver, entry.case.alert) not in going
    }
    settled = [case for case in cases if case.alert not in held]
    return Plan(
        directory,
        heard,
        messages,
        [notice.pk for case in settled for notice in case.pending],
        {alert for _, alert in going} | {case.alert for case in settled},
    )


def _buckets(cases: Iterable[Case], directory: Directory, heard: Heard) -> list[Bucket]:
    found: dict[tuple[str, str], Bucket] = {}
    for case in cases:
        said = heard.get(case.alert, {})
        for receiver, kind, since in _words(case, directory, heard):
            key = (receiver.key, case.group)
            bucket = found.setdefault(key, Bucket(receiver, case.group, since))
            bucket.since = min(bucket.since, since)
            bucket.entries.append(Entry(case, kind, said.get(receiver.key)))
    return list(found.values())


def _words(case: Case, directory: Directory, heard: Heard) -> Iterable[tuple[Receiver, str, datetime]]:
    """What is to be said of an alert: to whom, of which kind, and since when it waits."""
    said = heard.get(case.alert, {})
    if case.resolved:
        first = min(notice.created_at for notice in case.pending)
        for receiver in deciding.told(case, said, directory):
            yield receiver, RESOLVED, first
        if any(notice.kind != RESOLVED for notice in case.pending):
            for receiver in directory.by_routes(case.level, case.module_id):
                if receiver.key != case.lane and deciding.of_resolved(case, said.get(receiver.key)):
                    yield receiver, RESOLVED, first
        return
    for receiver, notices in deciding.ways(case, directory).items():
        last = said.get(receiver.key)
        if kind := deciding.of_open(case, last, notices):
            yield receiver, kind, min(notice.created_at for notice in notices)


def _messages(
    buckets: Iterable[Bucket],
    now: datetime,
    recent: Mapping[tuple[str, str], Recent],
    traffic: Mapping[str, Traffic],
) -> list[Message]:
    by_receiver: dict[Receiver, list[Bucket]] = defaultdict(list)
    for bucket in buckets:
        by_receiver[bucket.receiver].append(bucket)
    messages = []
    for receiver, waiting_ones in by_receiver.items():
        due = [each for each in waiting_ones if _is_due(each, now, recent.get((receiver.key, each.group)))]
        if not due:
            continue
        before = traffic.get(receiver.key, Traffic(0, now))
        if before.messages + len(due) <= MOST_MESSAGES:
            messages += [_message(receiver, [bucket]) for bucket in due]
        elif before.messages < MOST_MESSAGES or now >= before.last + DIGEST_EVERY:
            # With everything that waits for this receiver: its next message is a minute away.
            messages.append(_message(receiver, waiting_ones))
    return messages


def _is_due(bucket: Bucket, now: datetime, last: Recent | None) -> bool:
    if now < bucket.since + GROUP_WAIT:
        return False
    if last is None:
        return True
    fresh = [entry for entry in bucket.entries if entry.kind != RESOLVED]
    worst = levels.worst(last.worst, *(entry.case.level for entry in fresh))
    if worst != last.worst or any(entry.kind in (OVERDUE, ESCALATED) for entry in fresh):
        return True
    critical = any(entry.case.level == levels.CRITICAL for entry in fresh)
    return now >= last.at + (CRITICAL_INTERVAL if critical else GROUP_INTERVAL)


def _message(receiver: Receiver, buckets: list[Bucket]) -> Message:
    entries = [entry for bucket in buckets for entry in bucket.entries]
    entries.sort(key=lambda entry: (entry.kind == RESOLVED, -entry.case.urgency, entry.case.alert))
    return Message(receiver, buckets[0].group, entries, digest=len(buckets) > 1)
