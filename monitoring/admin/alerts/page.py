"""An alert's page: its story, what is owed, who is told, and what belongs to it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from monitoring.admin import links, words
from monitoring.admin.alerts import stages, story, told, wording
from monitoring.admin.alerts.operations import facts
from monitoring.alerts import muting, routes
from monitoring.deadlines import next_escalation
from monitoring.models import Alert, Contact, Notice, Occurrence
from operations.actor import Actor
from operations.doors.admin import actor_of
from rollout.models import Plan

MOST_OCCURRENCES, MOST_RELATED, MOST_EARLIER = 20, 10, 5

ADVICE = {
    "open": "See what it does to whom, and acknowledge it, so that others know it is taken.",
    "acknowledged": "Say what is being done, so that nobody asks. Resolve it when it is over.",
    "silenced": "Nothing, until the silence is over. If it still holds then, its clock begins anew.",
    "pending": "Nothing yet: its cause must hold for a while before it is an alert.",
    "resolved": "Nothing. If its cause is seen again, it comes back.",
}
STANDS = {
    "silenced": "Silenced: nothing is owed.",
    "pending": "Not an alert yet: its time is running.",
}
TOLD = "It told those who are named below."
LEARN = "Write down what was learned while it is fresh: what happened, to whom, what should change."


def context(request: HttpRequest, alert: Alert) -> dict[str, Any]:
    """What the template shows, in a fixed number of queries."""
    actor, now = actor_of(request), timezone.now()
    events = story.events_of(alert)
    dispatches = story.dispatches_of(alert)
    known = facts(alert)
    return {
        **known,
        "sentence": _sentence(alert, known["due"]),
        "done": alert.done or (TOLD if dispatches else "Nothing but this alert."),
        "yours": _yours(alert),
        "stages": stages.of_alert(alert, events, now),
        "story": story.told(events, dispatches, actor),
        "url": wording.safe_link(alert.url),
        "labels": sorted(alert.labels.items()),
        **_muted(alert, now),
        "plan": _plan(alert, actor),
        **_telling(alert, dispatches, actor),
        **_escalation(alert, now),
        **_related(alert),
    }


def _sentence(alert: Alert, due: wording.Due | None) -> str:
    """The line under the title."""
    if due:
        return wording.asked(due)
    if alert.resolved_at:
        who = words.by_whom(alert.resolved_by) if alert.resolved_by else "the portal: its cause was gone"
        return f"Resolved {wording.moment(alert.resolved_at, timezone.now())} by {who}."
    return STANDS.get(alert.state, "Nothing is owed.")


def _yours(alert: Alert) -> str:
    """What is a person's to do: what its source advised while it is open, else what its state asks for."""
    if alert.state in ("open", "acknowledged") and alert.advice:
        return alert.advice
    owes = alert.state == "resolved" and alert.due_at is not None
    return LEARN if owes else ADVICE[alert.state]


def _muted(alert: Alert, now: datetime) -> dict[str, Any]:
    """What keeps an open alert quiet, acknowledged or not, and until when."""
    if alert.state not in ("silenced", "acknowledged") or alert.clock_at is not None:
        return {}
    mutes = muting.at(now)
    silence = mutes.silence_of(alert)
    if silence is None:
        return {"muted_by": mutes.over(alert)}
    who = words.by_whom(silence.created_by)
    return {
        "silence": silence,
        "muted_by": f"until {wording.moment(silence.ends_at, now)} by {who}: {silence.reason}",
    }


def _plan(alert: Alert, actor: Actor) -> Plan | None:
    if alert.module_id is None or not actor.may("rollout.view_plan"):
        return None
    part = alert.labels.get("part")
    asked = {"module__key": part, "module__part_of": alert.module_id} if part else {"module": alert.module_id}
    return Plan.objects.live().filter(**asked).first()


def _telling(alert: Alert, dispatches: Any, actor: Actor) -> dict[str, Any]:
    """Whether anybody was told, and where to repair it when nobody was."""
    if dispatches or alert.announced_at is None:
        return {}
    found = told.taking(told.all_routes(), alert.level, alert.module_id)
    takers = [route.name for route in found if told.works(route)]
    broken = [route.name for route in found if not told.works(route)]
    waiting = Notice.objects.filter(alert=alert, gathered_at=None).exists()
    if waiting and routes.told_of(alert.level, alert.module):
        # The message is being gathered.
        return {}
    nobody = story.nobody(alert, takers, broken)
    inputs = {"levels": alert.level, "tells_resolved": "on"}
    if alert.module_id:
        inputs["module"] = str(alert.module_id)
    may = actor.may("monitoring.add_route") and not takers
    return {"nobody_told": nobody, "add_route": links.add_route(**inputs) if may else ""}


def _escalation(alert: Alert, now: datetime) -> dict[str, Any]:
    """Who is on the ladder, where the alert stands on it, and when it goes on."""
    following = None
    if alert.state == "open" and alert.clock_at:
        following = next_escalation(alert.level, alert.clock_at, alert.escalation)
    return {
        "ladder": told.ladder(alert.level, Contact.objects.select_related("channel")),
        "next_level": wording.moment(following, now) if following else "",
    }


def _related(alert: Alert) -> dict[str, Any]:
    """Other open alerts of the incident, earlier ones of the same cause, what Alertmanager counted."""
    incident = Alert.objects.open().filter(group_key=alert.group_key).exclude(pk=alert.pk)
    earlier = Alert.objects.filter(fingerprint=alert.fingerprint, resolved_at__isnull=False)
    same = list(earlier.exclude(pk=alert.pk).order_by("-resolved_at")[: MOST_EARLIER + 1])
    others = list(incident.worst_first()[: MOST_RELATED + 1])
    occurrences = Occurrence.objects.filter(alert=alert)[:MOST_OCCURRENCES]
    return {
        "incident": [(each, wording.STATES[each.state]) for each in others[:MOST_RELATED]],
        "more_incident": len(others) > MOST_RELATED,
        "earlier": same[:MOST_EARLIER],
        "more_earlier": len(same) > MOST_EARLIER,
        "occurrences": list(occurrences) if alert.source == Alert.Source.ALERTMANAGER else (),
    }
