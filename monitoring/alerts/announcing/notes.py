"""From planned messages to what goes out: the texts for people, the JSON for webhooks."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime

from monitoring import levels
from monitoring.alerts.announcing import digests, payloads, texts
from monitoring.alerts.announcing.deciding import RESOLVED
from monitoring.alerts.announcing.pacing import Entry, Message, Plan
from monitoring.alerts.announcing.texts import Item, Room
from monitoring.models import Alert, AlertEvent
from operations.channels import Note, Tone
from operations.models import Channel

# What chat programs take; mail may be longer.
LONGEST_CHAT = 3_000
LONGEST_MAIL = 8_000
CHAT_ROOM, MAIL_ROOM = Room(summary=600, other=300), Room(summary=1_500, other=1_000)
MOST_IN_JSON = 100
GRAVE = levels.at_least(levels.ERROR)
# They say who did it, and why.
TELLING = (AlertEvent.Kind.ESCALATED, AlertEvent.Kind.RESOLVED)


def compose(plan: Plan, now: datetime) -> list[Note]:
    """A note for each message of the plan; three queries, and one more where an incident is over."""
    if not plan.messages:
        return []
    shown = {entry.case.alert for message in plan.messages for entry in _shown(message)}
    alerts = Alert.objects.select_related("module").in_bulk(shown)
    events = _events(shown)
    names = _names(plan, shown)
    going_on = _going_on(plan.messages)
    return [_note(message, plan, alerts, events, names, going_on, now) for message in plan.messages]


def _note(
    message: Message,
    plan: Plan,
    alerts: Mapping[int, Alert],
    events: Mapping[int, Mapping[str, AlertEvent]],
    names: Mapping[int, Sequence[str]],
    going_on: Container[str],
    now: datetime,
) -> Note:
    to = message.receiver.name
    items = [
        Item(
            alerts[entry.case.alert],
            entry.kind,
            entry.said,
            [other for other in names[entry.case.alert] if other != to],
            events.get(entry.case.alert, {}),
        )
        for entry in _shown(message)
    ]
    chat = message.receiver.kind == Channel.Kind.APPRISE
    longest = LONGEST_CHAT if chat else LONGEST_MAIL
    if message.digest:
        subject = digests.subject(message)
        text = digests.body(message, items, to=to, longest=longest, now=now)
    else:
        subject = texts.subject(items, len(message.entries), now)
        text = texts.body(
            items[: 1 + texts.OTHERS],
            _rest(message),
            to=to,
            directory=plan.directory,
            room=CHAT_ROOM if chat else MAIL_ROOM,
            now=now,
        )
    if message.receiver.kind == Channel.Kind.WEBHOOK:
        # Its receiver gets the data; what a person typed stays here.
        text = subject
    return Note(
        subject=subject,
        text=text if len(text) <= longest else f"{text[: longest - 1]}…",
        event=payloads.event(message),
        data=payloads.data(message, items, to),
        tone=_tone(message, going_on),
        incident="" if message.digest else message.group,
    )


def _going_on(messages: Iterable[Message]) -> set[str]:
    """The incidents, of those that messages call over, that have an open alert still; one query."""
    ended = {message.group for message in messages if not message.digest and _is_over(message)}
    still = Alert.objects.open().filter(group_key__in=ended).order_by()
    return set(still.values_list("group_key", flat=True).distinct())


def _is_over(message: Message) -> bool:
    return all(entry.kind == RESOLVED for entry in message.entries)


def _tone(message: Message, going_on: Container[str]) -> Tone:
    """How it sounds; SUCCESS closes the incident where a service keeps it."""
    if _is_over(message):
        return Tone.WARNING if message.digest or message.group in going_on else Tone.SUCCESS
    grave = any(entry.kind != RESOLVED and entry.case.level in GRAVE for entry in message.entries)
    return Tone.FAILURE if grave else Tone.WARNING


def _shown(message: Message) -> Sequence[Entry]:
    """Those of its alerts that a message names."""
    if message.receiver.kind == Channel.Kind.WEBHOOK:
        return message.entries[:MOST_IN_JSON]
    return digests.shown(message) if message.digest else message.entries[: 1 + texts.OTHERS]


def _rest(message: Message) -> str:
    hidden = Counter(entry.case.level for entry in message.entries[1 + texts.OTHERS :])
    said = ", ".join(f"{hidden[level]:,} {level}" for level in levels.ORDER if hidden[level])
    return f"- and {hidden.total():,} more: {said}" if said else ""


def _events(alerts: Iterable[int]) -> dict[int, dict[str, AlertEvent]]:
    found: dict[int, dict[str, AlertEvent]] = defaultdict(dict)
    for event in AlertEvent.objects.filter(alert__in=alerts, kind__in=TELLING).order_by("at", "pk"):
        found[event.alert_id][event.kind] = event
    return found


def _names(plan: Plan, shown: Iterable[int]) -> dict[int, list[str]]:
    """Who heard of each alert before, and who hears of it now."""
    found = {alert: [said.to for said in plan.heard.get(alert, {}).values()] for alert in shown}
    for message in plan.messages:
        for entry in message.entries:
            if entry.case.alert in found:
                found[entry.case.alert].append(message.receiver.name)
    return found
