"""What speaks against a deployment: rollback triggers over all of a module's traffic, and alerts.

A deployment reaches everybody at once, whoever is in the cohort: it is judged by the whole, and by the time
at which trouble began.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from monitoring import plan_sources, slots
from monitoring.judging import whole
from monitoring.judging.whole import Trigger
from monitoring.slots import HOUR
from monitoring.sources.base import Source, SourceFailed
from monitoring.vitals import Window
from monitoring.watching import standing as alerts
from operations.spelling import local_time
from rollout.models import Module, Plan

MOST_ALERTS = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Regression:
    """A trigger that the newest hour broke. One that is not new was broken before the deployment as well:
    the platform is ill, and not because of it."""

    name: str
    message: str
    is_new: bool


def since(plan: Plan, at: datetime, now: datetime | None = None) -> tuple[Regression, ...]:
    """The rollback triggers (SPEC 4.3) that the newest full hour breaks, if all of it lies after `at`.

    Over all traffic of the plan's module, by the plan's source. An hour is told ten minutes after its end,
    and each hour once: asking more often finds the same. Unknown is not ill: nothing where nothing was
    measured, and nothing, with a line in the log, where the source fails.
    """
    slot = slots.newest(now or timezone.now())
    if slot - HOUR < at:
        return ()
    try:
        source = plan_sources.source_of(plan)
        found = _broken(source, slot)
        before = {each.name for each in _broken(source, slots.full_hour(at))} if found else set()
    except SourceFailed as failure:
        logger.warning("what %s did to its module's traffic is unknown: %s", plan, failure)
        return ()
    return tuple(_regression(each, slot, is_new=each.name not in before) for each in found)


def standing(module: Module, now: datetime | None = None) -> tuple[str, ...]:
    """What speaks against deploying a module now, in words; nothing where all is well, or nothing is known.

    Open critical alerts of the module, of its releases and of the whole platform; the rollback triggers over
    the last full hour; a source of vitals that does not answer: what goes wrong would not be seen.
    """
    found = [
        f"A critical alert is open since {local_time(each.first_seen)}: {each.title}."
        for each in alerts.concerning(module)[:MOST_ALERTS]
    ]
    plan = Plan.objects.live().select_related("module__part_of").filter(module=module.whole.pk).first()
    if plan is None:
        return tuple(found)
    slot = slots.newest(now or timezone.now())
    try:
        source = plan_sources.source_of(plan)
        found += [f"{_said(each, slot)}." for each in _broken(source, slot)]
    except SourceFailed as failure:
        found.append(f"The source of the vitals failed, so that no harm would be seen: {failure}")
    return tuple(found)


def _broken(source: Source, until: datetime) -> tuple[Trigger, ...]:
    hour = Window(until - HOUR, until)
    return whole.broken(source.whole(hour), source.gauges(hour))


def _regression(trigger: Trigger, slot: datetime, *, is_new: bool) -> Regression:
    since = "and not in the hour before" if is_new else "as in the hour before: the cause is another"
    return Regression(trigger.name, f"{_said(trigger, slot)}, {since}.", is_new)


def _said(trigger: Trigger, until: datetime) -> str:
    """`From 10:00 to 11:00 UTC 12 % of 3,000 requests failed (at most 5 %)`."""
    began, ended = timezone.localtime(until - HOUR), timezone.localtime(until)
    return f"From {began:%H:%M} to {ended:%H:%M %Z} {trigger.measured} ({trigger.limit})"
