"""Which critical alerts stand, for those who ask whether a module is calm."""

from datetime import datetime

from django.db.models import Q

from monitoring.levels import CRITICAL
from monitoring.models import Alert
from rollout.models import Module


def open_critical(module: Module) -> int:
    """How many critical alerts of the module are open."""
    return Alert.objects.open().filter(module=module, level=CRITICAL).count()


def critical_since(module: Module, since: datetime) -> Alert | None:
    """The newest critical alert that was open at any time after `since` and concerns the module.

    One without a module (data lost, a security breach) concerns every module; those of the portal about
    itself, such as a message that it could not deliver, concern none.
    """
    concerned = Q(module=module) | Q(module=None) & ~Q(source=Alert.Source.PORTAL)
    still = Q(resolved_at=None) | Q(resolved_at__gt=since)
    return Alert.objects.filter(concerned & still, level=CRITICAL).exclude(fired_at=None).first()
