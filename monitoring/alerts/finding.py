"""Which alerts somebody asks for."""

from monitoring import levels
from monitoring.models import Alert
from monitoring.models.alerts import AlertQuerySet
from operations.errors import Invalid, NotFound
from rollout.models import Module

# "open" is everything that fired and is not over, acknowledged and silenced ones too.
STATUSES = ("open", "unacknowledged", "acknowledged", "silenced", "pending", "resolved", "all")


def find(*, status: str = "open", level: str = "", module: str = "") -> AlertQuerySet:
    """Alerts in the order in which responses are owed, resolved ones newest first.

    Those of a `module` include the ones that concern no module, which concern all; those of a part are among
    its whole's. Raises Invalid, and NotFound for a module that is not there.
    """
    faults = {}
    if status not in STATUSES:
        faults["status"] = f"must be one of {', '.join(STATUSES)}"
    if level and level not in levels.LEVELS:
        faults["level"] = f"must be one of {', '.join(levels.ORDER)}"
    if faults:
        raise Invalid(faults)
    found = of_status(Alert.objects.select_related("module"), status)
    if level:
        found = found.filter(level=level)
    if module:
        found = found.filter(module=_module(module).whole) | found.filter(module=None)
    return found.order_by("-first_seen", "-pk") if status in ("resolved", "all") else found.worst_first()


def of_status(alerts: AlertQuerySet, status: str) -> AlertQuerySet:
    """Those of `alerts` that have this status."""
    match status:
        case "open":
            return alerts.open()
        case "unacknowledged":
            return alerts.unanswered()
        case "acknowledged":
            return alerts.open().exclude(acknowledged_at=None)
        case "silenced":
            return alerts.unanswered().filter(clock_at=None)
        case "pending":
            return alerts.filter(fired_at=None)
        case "resolved":
            return alerts.exclude(resolved_at=None)
    return alerts


def by_id(number: int) -> Alert:
    """One alert. Raises NotFound."""
    found = Alert.objects.select_related("module", "health_check").filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no alert {number}.")
    return found


def module_of(key: str) -> Module | None:
    """The module of a key, None for no key. Raises NotFound, for a part of a module too."""
    found = _module(key) if key else None
    if found is not None and found.part_of is not None:
        raise NotFound(f"{key!r} is a part of the module {found.part_of.key!r}: name that.")
    return found


def _module(key: str) -> Module:
    # PostgreSQL takes no NUL.
    found = Module.objects.filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFound(f"There is no module {key!r}.")
    return found
