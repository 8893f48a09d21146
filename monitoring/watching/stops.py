"""That the portal stopped a plan is told even where the check that did it could raise no alert."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from monitoring.alerts.signals import Signal, take
from monitoring.levels import ERROR
from monitoring.models import Alert, HealthCheck
from operations.spelling import local_time

LOOKS_BACK = timedelta(days=1)


def tell() -> int:
    """Raise an alert for each check that acted and of which no alert has spoken since; returns how many.

    A check that fails to raise its alerts has its pause or rollback stand, and after a rollback to 0 % there
    is no later one to raise them.
    """
    # A part's alerts are those of its whole, where the plan of that raises its own.
    said = Alert.objects.filter(
        source=Alert.Source.HEALTH,
        health_check__plan__module=OuterRef("plan__module"),
        last_seen__gte=OuterRef("made_at"),
    )
    told = Alert.objects.filter(source=Alert.Source.PORTAL, health_check=OuterRef("pk"))
    acted = HealthCheck.objects.filter(made_at__gt=timezone.now() - LOOKS_BACK).exclude(action="")
    unheard = acted.exclude(Exists(said)).exclude(Exists(told)).select_related("plan__module__part_of")
    signals = [_signal(check) for check in unheard.defer("details")]
    take(signals)
    return len(signals)


def _signal(check: HealthCheck) -> Signal:
    done = check.get_action_display().lower()
    return Signal(
        source=Alert.Source.PORTAL,
        module=check.plan.module,
        cause=f"stopped:{check.pk}",
        firing=True,
        level=ERROR,
        title=f"The portal has {done.replace('the plan', f'the plan of {check.plan.module}')}",
        summary=check.summary,
        done=f"At {local_time(check.made_at)} it {done}.",
        advice="Look at the health check, and decide how the rollout goes on.",
        at=check.made_at,
        health_check=check,
    )
