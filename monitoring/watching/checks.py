"""From a health check to alerts: its verdict, and each rule on its vitals."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from monitoring.alert_rules.rules import CLEAR, FIRING, RULES, Reading
from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert
from monitoring.watching import verdicts
from monitoring.watching.verdicts import Checked

# By fingerprint: since when the open ones are anybody's, None while their `for` is running.
Known = Mapping[str, datetime | None]


def raise_alerts(checked: Checked) -> None:
    """Raise, repeat and begin to clear the alerts of the check's module, in the caller's transaction.

    The caller holds the plan's lock: nobody else says anything of these causes meanwhile. One query where
    there is nothing to say.
    """
    whole, sources = checked.plan.module.whole, (Alert.Source.HEALTH, Alert.Source.RULE)
    open_ones = Alert.objects.filter(module=whole, source__in=sources, resolved_at=None)
    known = dict(open_ones.values_list("fingerprint", "fired_at"))
    said = [signal for signal in verdicts.signals(checked, known) if signal.firing or _is(signal, known)]
    said += _of_rules(checked, known)
    if said:
        take(said)


def _of_rules(checked: Checked, known: Known) -> Iterator[Signal]:
    """What fires, and what is clear of those that are open. Whatever was not measured says nothing.

    While the `for` of an alert runs, the line must be crossed at every check: otherwise it begins anew.
    """
    found = {reading.rule.cause: reading for reading in checked.readings}
    for rule in RULES:
        reading = found.get(rule.cause) or Reading(rule=rule, value=None)
        signal = _signal(checked, reading)
        pending = _is(signal, known) and known[signal.fingerprint] is None
        over = pending or (_is(signal, known) and reading.state == CLEAR)
        if signal.firing or over:
            yield signal


def _is(signal: Signal, known: Known) -> bool:
    return signal.fingerprint in known


def _signal(checked: Checked, reading: Reading) -> Signal:
    rule, check = reading.rule, checked.check
    if reading.state != FIRING:
        return Signal(
            source=Alert.Source.RULE,
            module=checked.plan.module,
            cause=rule.cause,
            firing=False,
            settle=rule.settle,
        )
    return Signal(
        source=Alert.Source.RULE,
        module=checked.plan.module,
        cause=rule.cause,
        firing=True,
        level=reading.level,
        urgency=reading.urgency,
        title=reading.title,
        summary=reading.summary,
        affected=reading.affected,
        done=verdicts.done(checked),
        advice=reading.advice,
        labels={"rule": rule.cause},
        at=check.slot,
        hold_for=rule.hold_for,
        settle=rule.settle,
        health_check=check,
    )
