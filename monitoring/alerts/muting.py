"""Which alerts nobody is told of now: a silence matches them, or a maintenance window explains them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from monitoring.models import Alert, Silence
from operations.models import Window

# What a person, the product or the portal itself raises is told in a maintenance too: data lost, a breach.
MEASURED = (Alert.Source.HEALTH, Alert.Source.RULE, Alert.Source.ALERTMANAGER)


@dataclass(frozen=True)
class Mutes:
    """The silences in force, and whether a maintenance window is."""

    silences: Sequence[Silence]
    maintenance: Window | None

    def over(self, alert: Alert) -> str:
        """What mutes this alert, in words; "" for nothing."""
        if self.maintenance is not None and alert.source in MEASURED:
            return str(self.maintenance)
        found = self.silence_of(alert)
        return f"{found.reason} ({found.created_by})" if found else ""

    def silence_of(self, alert: Alert) -> Silence | None:
        """The silence over this alert."""
        return next((silence for silence in self.silences if _matches(silence, alert)), None)

    def q(self) -> Q:
        """The muted ones among alerts, as `over` finds them one by one."""
        found = Q(pk__in=[])
        if self.maintenance is not None:
            found |= Q(source__in=MEASURED)
        for silence in self.silences:
            found |= matching(silence)
        return found


def at(now: datetime) -> Mutes:
    """What mutes alerts at a moment; two queries."""
    windows = Window.objects.in_force(now).filter(kind=Window.Kind.MAINTENANCE)
    return Mutes(list(Silence.objects.in_force(now)), windows.first())


def matching(silence: Silence) -> Q:
    """The alerts that a silence matches."""
    wanted = {
        "fingerprint": silence.fingerprint,
        "module_id": silence.module_id,
        "level": silence.level,
    }
    return Q(**{name: value for name, value in wanted.items() if value})


def _matches(silence: Silence, alert: Alert) -> bool:
    return (
        silence.fingerprint in ("", alert.fingerprint)
        and silence.module_id in (None, alert.module_id)
        and silence.level in ("", alert.level)
    )
