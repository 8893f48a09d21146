"""What people do about alerts: raise, acknowledge, respond, escalate, resolve, look back."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from monitoring import deadlines, levels
from monitoring.alerts import clocks
from monitoring.alerts.signals import LONGEST, Signal, take
from monitoring.alerts.story import Story
from monitoring.models import Alert, AlertEvent, Notice
from operations import audit
from operations.actor import Actor, Door
from operations.errors import Invalid, Refused
from operations.spelling import local_time
from rollout.models import Module

PERMISSION = "monitoring.respond_alert"
RAISE = "monitoring.raise_alert"
LONGEST_NOTE = 2_000
LONGEST_POSTMORTEM = 20_000
MOST_LABELS, LONGEST_LABEL = 20, 200


@transaction.atomic
def raise_alert(
    *,
    actor: Actor,
    title: str,
    level: str,
    summary: str = "",
    affected: str = "",
    advice: str = "",
    module: Module | None = None,
    urgency: int | None = None,
    cause: str = "",
    labels: Mapping[str, str] | None = None,
    url: str = "",
) -> Alert:
    """Raise what no metric shows: data lost, a breach, an integration that fails.

    While an alert of the same `cause` (its title, unless given) and module is open, this is a repeat, which
    raises its count. Raises Invalid.
    """
    actor.require(RAISE, "raise alerts")
    texts = {"title": title, "summary": summary, "affected": affected, "advice": advice, "url": url}
    texts = {name: text.strip() for name, text in texts.items()}
    if faults := {**_faults(texts, level, urgency), **_label_faults(labels or {})}:
        raise Invalid(faults)
    signal = Signal(
        source=Alert.Source.PRODUCT if actor.door == Door.API else Alert.Source.PERSON,
        cause=cause.strip() or texts["title"],
        firing=True,
        module=module,
        level=level,
        urgency=urgency,
        title=texts["title"],
        summary=texts["summary"],
        affected=texts["affected"],
        advice=texts["advice"],
        labels=labels or {},
        url=texts["url"],
    )
    alert = take([signal])[signal.fingerprint]
    data = {"level": alert.level, "count": alert.count}
    audit.record("alert.raised", actor=actor, subject=alert, data=data)
    return alert


@transaction.atomic
def acknowledge(alert: Alert, *, actor: Actor, note: str = "") -> Alert:
    """Say that somebody has seen it and is on it: the clock of its level stops, and it escalates no further.

    Raises Refused for one that is acknowledged or resolved, Invalid for a note that is too long.
    """
    actor.require(PERMISSION, "acknowledge alerts")
    note = _checked(note)
    alert, story = _locked(alert)
    if alert.acknowledged_at:
        raise Refused("acknowledged", f"{_name(alert)} was acknowledged by {alert.acknowledged_by}.")
    _acknowledge(alert, story, actor, note)
    return _written(alert, story, "alert.acknowledged", actor, note)


@transaction.atomic
def respond(alert: Alert, *, actor: Actor, note: str) -> Alert:
    """Say what is being done about it. Acknowledges it where nobody has. Raises Refused, Invalid."""
    actor.require(PERMISSION, "respond to alerts")
    note = _checked(note, needed=True)
    alert, story = _locked(alert)
    if not alert.acknowledged_at:
        _acknowledge(alert, story, actor, "")
    alert.responded_at = alert.responded_at or story.now
    clocks.settle(alert, story.now)
    story.event(alert, AlertEvent.Kind.RESPONDED, note, by=actor.in_full)
    return _written(alert, story, "alert.responded", actor, note)


@transaction.atomic
def escalate(alert: Alert, *, actor: Actor, reason: str = "") -> Alert:
    """Tell the contacts of the next level now. Raises Refused at level 3, and for one that is resolved."""
    actor.require(PERMISSION, "escalate alerts")
    reason = _checked(reason)
    alert, story = _locked(alert)
    if alert.escalation >= deadlines.HIGHEST:
        raise Refused("at_the_top", f"{_name(alert)} is at level {alert.escalation}: there is nobody above.")
    alert.escalation += 1
    clocks.settle(alert, story.now)
    story.event(alert, AlertEvent.Kind.ESCALATED, reason or f"To level {alert.escalation}", by=actor.in_full)
    story.announce(alert, Notice.Kind.ESCALATED)
    return _written(alert, story, "alert.escalated", actor, reason, level=alert.escalation)


@transaction.atomic
def resolve(alert: Alert, *, actor: Actor, note: str = "") -> Alert:
    """Say that it is over. Its cause may raise it again. Raises Refused, Invalid."""
    actor.require(PERMISSION, "resolve alerts")
    note = _checked(note)
    alert, story = _locked(alert)
    if not alert.acknowledged_at:
        alert.acknowledged_at, alert.acknowledged_by = story.now, actor.in_full
    close(alert, story, note, by=actor.in_full)
    return _written(alert, story, "alert.resolved", actor, note)


@transaction.atomic
def write_postmortem(alert: Alert, *, actor: Actor, text: str) -> Alert:
    """Write down what was learned, or write it anew. Raises Refused before the alert is resolved, Invalid."""
    actor.require(PERMISSION, "write a post-mortem")
    text = text.strip()
    if not text or len(text) > LONGEST_POSTMORTEM:
        raise Invalid({"text": f"must have 1 to {LONGEST_POSTMORTEM:,} characters"})
    story = Story(timezone.now())
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.resolved_at is None:
        raise Refused("not_resolved", f"{_name(alert)} is not resolved: its post-mortem comes after.")
    story.about([alert])
    alert.postmortem, alert.postmortem_at = text, story.now
    clocks.settle(alert, None)
    story.event(alert, AlertEvent.Kind.POSTMORTEM, by=actor.in_full)
    return _written(alert, story, "alert.postmortem", actor, "")


def close(alert: Alert, story: Story, note: str = "", *, by: str = "") -> None:
    """Resolve an alert in memory: by a person, or by itself when its cause is gone."""
    alert.resolved_at, alert.resolved_by, alert.clears_at = story.now, by[:200], None
    clocks.settle(alert, None)
    story.event(alert, AlertEvent.Kind.RESOLVED, note, by=by)
    story.announce(alert, Notice.Kind.RESOLVED)


def _acknowledge(alert: Alert, story: Story, actor: Actor, note: str) -> None:
    alert.acknowledged_at, alert.acknowledged_by = story.now, actor.in_full
    clocks.settle(alert, story.now)
    story.event(alert, AlertEvent.Kind.ACKNOWLEDGED, note, by=actor.in_full)


def _locked(alert: Alert) -> tuple[Alert, Story]:
    """The row of an open alert as it is now, ours until the end of the transaction. Raises Refused."""
    story = Story(timezone.now())
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.resolved_at is not None:
        by = f" by {alert.resolved_by}" if alert.resolved_by else ": its cause was gone"
        raise Refused("resolved", f"{_name(alert)} was resolved at {local_time(alert.resolved_at)}{by}.")
    if alert.fired_at is None:
        raise Refused("pending", f"{_name(alert)} has not fired: it must hold for a while first.")
    story.about([alert])
    return alert, story


def _written(
    alert: Alert, story: Story, action: str, actor: Actor, reason: str, **data: datetime | int | str
) -> Alert:
    story.write()
    audit.record(action, actor=actor, subject=alert, data=data, reason=reason)
    return alert


def _name(alert: Alert) -> str:
    return f"The alert “{alert.title}”"


def _checked(note: str, *, needed: bool = False) -> str:
    note = note.strip()
    if needed and not note:
        raise Invalid({"note": "must say what is being done"})
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise Invalid({"note": f"must be text of at most {LONGEST_NOTE:,} characters"})
    return note


def _faults(texts: Mapping[str, str], level: str, urgency: int | None) -> dict[str, str]:
    faults = {
        name: f"must be text of at most {LONGEST[name]:,} characters"
        for name, text in texts.items()
        if len(text) > LONGEST[name] or "\0" in text
    }
    if not texts["title"]:
        faults["title"] = "must say what happened"
    if texts["url"] and not texts["url"].startswith(("https://", "http://")):
        faults["url"] = "must begin with https:// or http://"
    if level not in levels.LEVELS:
        faults["level"] = f"must be one of {', '.join(levels.ORDER)}"
    elif urgency is not None and levels.urgency_of(level, urgency) != urgency:
        least, most = levels.LEVELS[level].urgency
        faults["urgency"] = f"must be from {least} to {most} for the level {level}"
    return faults


def _label_faults(labels: Mapping[str, str]) -> dict[str, str]:
    texts = [name + text for name, text in labels.items()]
    if len(texts) <= MOST_LABELS and all(len(text) <= LONGEST_LABEL and "\0" not in text for text in texts):
        return {}
    rule = f"must be at most {MOST_LABELS} texts, each of {LONGEST_LABEL} characters with its name"
    return {"labels": rule}
