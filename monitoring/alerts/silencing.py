"""Silencing alerts for a while, and ending a silence before its time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from monitoring import levels
from monitoring.models import Alert, Silence
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout.models import Module

ADD = "monitoring.add_silence"
END = "monitoring.change_silence"
LONGEST = timedelta(days=30)
LONGEST_REASON = 500


@transaction.atomic
def silence(
    *,
    actor: Actor,
    until: datetime,
    reason: str,
    alert: Alert | None = None,
    module: Module | None = None,
    level: str = "",
    starts_at: datetime | None = None,
) -> Silence:
    """Let nobody be told of what matches all that is given: one alert's cause, a module, a level.

    What fires meanwhile is told when the silence ends, if it still holds; what was told before is not told
    again, and its clock begins anew. Raises Invalid.
    """
    actor.require(ADD, "silence alerts")
    now = timezone.now()
    begins, reason = starts_at or now, reason.strip()
    faults = {}
    if not 0 < len(reason) <= LONGEST_REASON or "\0" in reason:
        faults["reason"] = f"must have 1 to {LONGEST_REASON} characters"
    if level and level not in levels.LEVELS:
        faults["level"] = f"must be one of {', '.join(levels.ORDER)}"
    if alert is None and module is None and not level:
        faults["module"] = "give a module, a level or an alert: a silence of everything would hide everything"
    if not max(begins, now) < until <= max(begins, now) + LONGEST:
        faults["until"] = f"must lie after its beginning, in the future, and within {LONGEST.days} days"
    if faults:
        raise Invalid(faults)
    made = Silence.objects.create(
        fingerprint=alert.fingerprint if alert else "",
        module=module,
        level=level,
        title=_title(alert, module, level),
        reason=reason,
        starts_at=begins,
        ends_at=until,
        created_by=str(actor),
    )
    data = {"from": begins, "to": until}
    audit.record("alert.silenced", actor=actor, subject=alert or made, data=data, reason=reason)
    return made


@transaction.atomic
def end(silence: Silence, *, actor: Actor) -> Silence:
    """End a silence now. Raises Refused for one that is over."""
    actor.require(END, "end silences")
    silence = Silence.objects.select_for_update(of=("self",)).get(pk=silence.pk)
    now = timezone.now()
    if silence.ends_at <= now:
        raise Refused("silence_over", f"The silence of {silence.title} is over: there is nothing to end.")
    silence.starts_at, silence.ends_at = min(silence.starts_at, now), now
    silence.ended_by = str(actor)[:200]
    silence.save(update_fields=["starts_at", "ends_at", "ended_by"])
    audit.record("alert.silence_ended", actor=actor, subject=silence)
    return silence


def _title(alert: Alert | None, module: Module | None, level: str) -> str:
    if alert is not None:
        return alert.title
    what = f"{level} alerts" if level else "All alerts"
    return f"{what[0].upper()}{what[1:]} of {module or 'every module'}"[:200]
