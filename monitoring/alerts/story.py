"""What happened to alerts, gathered in memory and written at once: their changes, events and notices."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitoring.models import Alert, AlertEvent, Notice

BATCH = 500
COLUMNS = [field.attname for field in Alert._meta.concrete_fields if not field.primary_key]


class Story:
    """One round of changes to alerts. Only the columns that changed are written, in few statements."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._before: dict[int, tuple[Alert, dict[str, Any]]] = {}
        self._new: list[Alert] = []
        self._gone: list[Alert] = []
        self._events: list[AlertEvent] = []
        self._notices: list[Notice] = []

    def about(self, alerts: Iterable[Alert]) -> None:
        """Remember how rows that were read and locked look now."""
        for alert in alerts:
            self._before[alert.pk] = (alert, _values(alert))

    def begin(self, alert: Alert) -> None:
        """A row that is not saved yet."""
        self._new.append(alert)

    def drop(self, alert: Alert) -> None:
        """A row that never became an alert, and everything that was to be said of it."""
        if self._before.pop(alert.pk, None):
            self._gone.append(alert)
        else:
            self._new.remove(alert)
        self._events = [event for event in self._events if event.alert is not alert]

    def event(self, alert: Alert, kind: AlertEvent.Kind, text: str = "", *, by: str = "") -> None:
        self._events.append(AlertEvent(alert=alert, kind=kind, text=text, by=by[:200], at=self.now))

    def announce(self, alert: Alert, kind: Notice.Kind) -> None:
        """Let whoever is concerned be told. What is over is told to nobody who never heard of it."""
        if kind == Notice.Kind.RESOLVED and (alert.announced_at is None or alert.level == Alert.Level.INFO):
            return
        alert.announced_at = alert.announced_at or self.now
        escalation = 0 if kind == Notice.Kind.RESOLVED else alert.escalation
        self._notices.append(Notice(alert=alert, kind=kind, escalation=escalation, created_at=self.now))

    def write(self) -> None:
        """Write all of it, in the caller's transaction."""
        if self._gone:
            Alert.objects.filter(pk__in=[alert.pk for alert in self._gone]).delete()
        Alert.objects.bulk_create(self._new, batch_size=BATCH)
        for columns, alerts in self._changed().items():
            Alert.objects.bulk_update(alerts, sorted(columns), batch_size=BATCH)
        AlertEvent.objects.bulk_create(self._events, batch_size=BATCH)
        # One that still waits says the same: it is not said twice.
        Notice.objects.bulk_create(self._notices, batch_size=BATCH, ignore_conflicts=True)

    def _changed(self) -> dict[frozenset[str], list[Alert]]:
        found: dict[frozenset[str], list[Alert]] = defaultdict(list)
        for alert, before in self._before.values():
            now = _values(alert)
            if columns := frozenset(name for name in COLUMNS if now[name] != before[name]):
                found[columns].append(alert)
        return found


def _values(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in COLUMNS}
