"""Takes in what Alertmanager sends: occurrences are known once, whatever the order and number of messages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from monitoring.alertmanager import occurrences, wording
from monitoring.alertmanager.occurrences import Known
from monitoring.alertmanager.payload import NotVersion4, Payload, Rejected, Told, read
from monitoring.alerts import signals
from monitoring.alerts.signals import Signal
from monitoring.levels import ERROR, WARNING
from monitoring.models import Alert
from operations.errors import Invalid
from rollout.models import Module

# In one transaction. A group of Alertmanager's has a few alerts, and thousands where everything is down.
MOST_AT_ONCE = 1_000
MOST_SHOWN = 1_000
MOST_SHOWN_IN_REFUSAL = 50
# The portal's own alerts about what was refused or left out; each further time makes it a day from then.
LASTS = timedelta(hours=24)
UNREADABLE, LEFT_OUT = "alertmanager-unreadable", "alertmanager-left-out"


class Taken(NamedTuple):
    """How many alerts were taken in, were left be because the portal pushed them, and were wrong; and the
    first 1,000 faults of the wrong ones."""

    accepted: int
    ignored: int
    rejected_count: int
    rejected: Sequence[Mapping[str, Any]]


def take(body: Any, *, sender: str) -> Taken:
    """Take in the body of a webhook, version 4. A repeat changes nothing. `sender` is for people.

    Raises Invalid, with the field and the rule, for a body of another form and where no alert in it is right;
    then nothing was taken.
    """
    try:
        payload = read(body, timezone.now())
    except NotVersion4 as fault:
        raise Invalid(fault.fields) from None
    wrong = len({fault.index for fault in payload.rejected})
    if wrong and not payload.alerts and not payload.own:
        raise Invalid(_refusal(payload.rejected, wrong))
    modules = _modules(payload.alerts)
    new = 0
    for begin in range(0, len(payload.alerts), MOST_AT_ONCE):
        new += _take(payload.alerts[begin : begin + MOST_AT_ONCE], payload, modules)
    if told := list(_what_is_missing(payload, sender, new)):
        signals.take(told)
    shown = [asdict(fault) for fault in payload.rejected[:MOST_SHOWN]]
    return Taken(len(payload.alerts), payload.own, wrong, shown)


def tell_unreadable(why: str, *, sender: str) -> None:
    """Raise an alert of the portal's own: Alertmanager drops what is refused, and nobody would know."""
    signals.take([_unreadable(why, sender)])


@transaction.atomic
def _take(alerts: Sequence[Told], payload: Payload, modules: Mapping[str, Module]) -> int:
    """Take in some alerts; how many occurrences were new."""
    newest = {told.fingerprint: told for told in sorted(alerts, key=lambda told: told.started_at)}
    causes = {name: _cause(told, payload, modules) for name, told in newest.items()}
    # Before anything is read: two messages of one cause could each miss what the other says.
    signals.serialize(cause.fingerprint for cause in causes.values())
    known = occurrences.find(alerts)
    for told in alerts:
        known[told.fingerprint].add(told)
    found = signals.take(_as_it_stands(cause, known[name]) for name, cause in causes.items())
    occurrences.write(
        [row for name, cause in causes.items() for row in known[name].written(found.get(cause.fingerprint))]
    )
    return sum(len(each.new) for each in known.values())


def _modules(alerts: Sequence[Told]) -> Mapping[str, Module]:
    """The modules by their keys, where any alert names one."""
    named = any("module" in told.labels for told in alerts)
    modules = Module.objects.select_related("part_of")
    return {module.key: module for module in modules} if named else {}


def _cause(told: Told, payload: Payload, modules: Mapping[str, Module]) -> Signal:
    return Signal(
        source=Alert.Source.ALERTMANAGER,
        cause=told.fingerprint,
        firing=True,
        module=modules.get(told.labels.get("module", "")),
        group_key=wording.group_of(payload.group_key),
        # What is over before anybody heard of it is written down, and announced to nobody.
        never_announced=True,
        **wording.texts_of(told, payload.truncated),
    )


def _as_it_stands(cause: Signal, known: Known) -> Signal:
    began = min((row.started_at for row in known.new), default=None)
    return replace(cause, firing=known.holds, counts=len(known.new), at=began)


def _what_is_missing(payload: Payload, sender: str, new: int) -> Iterator[Signal]:
    """What the portal says of itself: that it could not read some, or was not sent all."""
    if payload.rejected:
        first = payload.rejected[0]
        yield _unreadable(f"alerts[{first.index}].{first.field} {first.message}", sender)
    if payload.truncated:
        yield Signal(
            source=Alert.Source.PORTAL,
            cause=f"{LEFT_OUT} {payload.group_key}",
            firing=True,
            level=WARNING,
            title="Alertmanager leaves alerts out",
            summary=wording.left_out(payload.truncated),
            affected=wording.line(payload.group_key),
            advice="Raise max_alerts of the receiver, or remove it, or make smaller groups with group_by.",
            counts=min(new, 1),
            lasts=LASTS,
        )


def _unreadable(why: str, sender: str) -> Signal:
    return Signal(
        source=Alert.Source.PORTAL,
        cause=UNREADABLE,
        firing=True,
        level=ERROR,
        title="Alerts from Alertmanager were refused",
        summary=f"Alertmanager does not send them again. The newest fault: {why}",
        affected=f"Messages of {sender}",
        advice="Look at Alertmanager's own page for what it tells; correct its receiver, or the rule.",
        lasts=LASTS,
    )


def _refusal(rejected: Sequence[Rejected], wrong: int) -> dict[str, str]:
    fields = {
        f"alerts[{fault.index}].{fault.field}".removesuffix("."): fault.message
        for fault in rejected[:MOST_SHOWN_IN_REFUSAL]
    }
    if len(rejected) > MOST_SHOWN_IN_REFUSAL:
        fields["alerts"] = (
            f"none of the {wrong:,} is right; "
            f"the first {MOST_SHOWN_IN_REFUSAL} of {len(rejected):,} faults are named"
        )
    return fields
