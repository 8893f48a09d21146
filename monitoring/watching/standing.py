"""Which critical alerts stand, for those who ask whether a module is calm."""

from datetime import datetime

from django.db.models import Q

from monitoring.levels import CRITICAL
from monitoring.models import Alert
from monitoring.models.alerts import AlertQuerySet
from rollout.models import Module


def open_critical(module: Module) -> int:
    """How many critical alerts of the module are open; of a part, those of the whole."""
    return Alert.objects.open().filter(module=module.whole.pk, level=CRITICAL).count()


def concerning(module: Module) -> AlertQuerySet:
    """The open critical alerts that concern the module, as `critical_since` says, the first of them first."""
    return Alert.objects.open().filter(_concerned(module), level=CRITICAL).order_by("first_seen", "pk")


def critical_since(module: Module, since: datetime) -> Alert | None:
    """The newest critical alert that was open at any time after `since` and concerns the module.

    One without a module (data lost, a security breach) concerns every module; those of the portal about
    itself, such as a message that it could not deliver, concern none.
    """
    still = Q(resolved_at=None) | Q(resolved_at__gt=since)
    return Alert.objects.filter(_concerned(module) & still, level=CRITICAL).exclude(fired_at=None).first()


def _concerned(module: Module) -> Q:
    return Q(module=module.whole.pk) | Q(module=None) & ~Q(source=Alert.Source.PORTAL)
