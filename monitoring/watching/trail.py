"""An audit trail that does not verify is an alert: somebody may have changed it."""

from datetime import timedelta

from monitoring.alerts.signals import Signal, take
from monitoring.levels import CRITICAL
from monitoring.models import Alert
from operations.audit import Verification

MOST_FAULTS = 10


def tell(found: Verification) -> None:
    """Raise the alert while there are faults, and resolve it with the first verification without."""
    faults = found.faults[:MOST_FAULTS]
    take(
        [
            Signal(
                source=Alert.Source.PORTAL,
                cause="audit-trail",
                firing=bool(faults),
                level=CRITICAL,
                title="The audit trail is broken",
                summary=f"{len(found.faults)} faults: {'; '.join(faults)}",
                affected="Whoever relies on the record of who did what.",
                done="Nothing was repaired: the trail is as it was found.",
                advice=(
                    "Take it for a security incident. Compare `manage.py audit verify --head` with the head "
                    "that was mailed last, and see who reached the database since."
                ),
                settle=timedelta(0),
            )
        ]
    )
