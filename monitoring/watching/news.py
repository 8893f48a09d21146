"""What is worth knowing and asks nothing of anybody: milestones of plans, and maintenance that is due."""

from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.alerts import sweeping
from monitoring.alerts.signals import Signal, take
from monitoring.levels import INFO
from monitoring.models import Alert
from operations.models import Window
from operations.spelling import local_time
from rollout import automatic
from rollout.models import Module, PhaseRun

DAY = timedelta(days=1)
# Maintenance is announced so long before it begins (SPEC 6).
AHEAD = timedelta(minutes=30)
CANCELLED = "The maintenance was cancelled."
MILESTONES = (PhaseRun.Operation.PHASE, PhaseRun.Operation.COMPLETE)


def tell() -> int:
    """Tell of each phase that ran, each plan that is complete and each maintenance, once; returns how many.

    What is older than a day is no news. An announcement of maintenance that was cancelled is taken back.
    """
    now = timezone.now()
    runs = PhaseRun.objects.filter(at__gt=now - DAY, operation__in=MILESTONES)
    runs = runs.select_related("plan__module__part_of").prefetch_related("plan__phases")
    signals = [_milestone(run) for run in runs]
    windows = Window.objects.filter(kind=Window.Kind.MAINTENANCE)
    soon = windows.ahead(now).filter(starts_at__lte=now + AHEAD)
    signals += [_maintenance(window) for window in soon]
    known = Alert.objects.filter(fingerprint__in=[signal.fingerprint for signal in signals])
    told = set(known.values_list("fingerprint", flat=True))
    if new := [signal for signal in signals if signal.fingerprint not in told]:
        take(new)
    if cancelled := [_maintenance(window) for window in windows.filter(cancelled_at__gt=now - DAY)]:
        announced = Alert.objects.filter(fingerprint__in=[signal.fingerprint for signal in cancelled])
        sweeping.lapse(announced, CANCELLED)
    return len(new)


def _milestone(run: PhaseRun) -> Signal:
    plan = run.plan
    by = "the portal's automatic mode" if run.by == str(automatic.ACTOR) else run.by
    if run.operation == PhaseRun.Operation.COMPLETE:
        title = f"The rollout of {plan.module} is complete"
        summary = f"{run.to_percentage} % have it. Declared by {by}."
    else:
        name = next((each.name for each in plan.phases.all() if each.number == run.phase_number), "")
        title = f"{plan.module} is in phase {run.phase_number}{f' ({name})' if name else ''}"
        summary = f"From {run.from_percentage} % to {run.to_percentage} %: {_counted(run)}. Run by {by}."
    return _news(f"milestone:{run.pk}", title, summary, module=plan.module, at=run.at)


def _counted(run: PhaseRun) -> str:
    unit = run.plan.module.unit
    return f"{run.gain:,} {unit}{'' if run.gain == 1 else 's'} more have it, {run.lose:,} lost it"


def _maintenance(window: Window) -> Signal:
    begins = local_time(window.starts_at)
    ends = f"until {local_time(window.ends_at)}" if window.ends_at else "with open end"
    summary = (
        f"{window.title}: from {begins} {ends}. Meanwhile no phase runs, and what is measured rings nobody."
    )
    return _news(f"maintenance:{window.pk}", f"Maintenance begins at {begins}", summary)


def _news(
    cause: str, title: str, summary: str, *, module: Module | None = None, at: datetime | None = None
) -> Signal:
    """An event, in an incident of its own: it is no part of any trouble of its module."""
    return Signal(
        source=Alert.Source.PORTAL,
        module=module,
        cause=cause,
        firing=True,
        level=INFO,
        title=title,
        summary=summary,
        group_key=cause,
        at=at,
        lasts=DAY,
    )
