"""What people do about alerts, as operations of their page and of the inbox."""

from typing import Any

from django.utils import timezone

from monitoring.admin import words
from monitoring.admin.alerts import postmortems, story, told
from monitoring.admin.alerts.forms import (
    EscalateForm,
    NoteForm,
    PostmortemForm,
    RaiseForm,
    RespondForm,
    UntilForm,
    ends_at,
)
from monitoring.admin.alerts.wording import LEVEL_LABELS, STATE_LABELS, STATES, due_of, moment
from monitoring.alerts import responding, silencing
from monitoring.deadlines import HIGHEST
from monitoring.levels import LEVELS
from monitoring.models import Alert, Contact
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.inbox import MOST


def facts(alert: Alert) -> dict[str, Any]:
    """What a page shows of an alert in short, without a query."""
    now = timezone.now()
    return {
        "alert": alert,
        "level_label": LEVEL_LABELS[alert.level],
        "state": STATES[alert.state],
        "state_label": STATE_LABELS[alert.state],
        "due": due_of(alert, now),
        "acknowledged_by": words.by_whom(alert.acknowledged_by),
        "first_seen": moment(alert.first_seen, now),
        "escalates": bool(LEVELS[alert.level].starts_at),
    }


def _brief(alert: Alert, inputs: Inputs, actor: Actor) -> Preview:
    return Preview("admin/monitoring/alert_brief.html", facts(alert))


def _escalation(alert: Alert, inputs: Inputs, actor: Actor) -> Preview:
    """Who would be told: the contacts of the next level."""
    following = alert.escalation + 1
    contacts = told.called(following, alert.level, Contact.objects.select_related("channel"))
    context = {**facts(alert), "following": following, "contacts": contacts}
    return Preview("admin/monitoring/alert_escalation.html", context)


def _acknowledge(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = responding.acknowledge(alert, actor=actor, note=inputs["note"])
    return f"“{done.title}” is acknowledged: it is yours now. It escalates no further."


def _respond(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = responding.respond(alert, actor=actor, note=inputs["note"])
    return f"What you are doing about “{done.title}” is noted."


def _resolve(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = responding.resolve(alert, actor=actor, note=inputs["note"])
    owed = due_of(done, timezone.now())
    later = f" Its post-mortem is owed by {owed.when}." if owed else ""
    return f"“{done.title}” is resolved.{later}"


def _escalate(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = responding.escalate(alert, actor=actor, reason=inputs["reason"])
    return f"“{done.title}” is at level {done.escalation} now; its contacts are being told."


def _silence(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    until = ends_at(inputs)
    silencing.silence(actor=actor, until=until, reason=inputs["reason"], alert=alert)
    return f"“{alert.title}” is silenced until {moment(until, timezone.now())}."


def _write_postmortem(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = responding.write_postmortem(alert, actor=actor, text=inputs["text"])
    return f"The post-mortem of “{done.title}” is written."


def _draft(alert: Alert) -> Inputs:
    if alert.postmortem:
        return {"text": alert.postmortem}
    return {"text": postmortems.draft(alert, story.events_of(alert))}


def _raise(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    alert = responding.raise_alert(actor=actor, **inputs)
    if alert.count > 1:
        return f"“{alert.title}” was open already: its count is {alert.count} now."
    due = due_of(alert, timezone.now())
    return f"“{alert.title}” is raised." + (f" To be acknowledged by {due.when}." if due else "")


def _is_open(alert: Alert) -> bool:
    return alert.fired_at is not None and alert.resolved_at is None


OPERATIONS = (
    Operation(
        name="raise",
        title="Raise alert",
        permission=responding.RAISE,
        perform=_raise,
        form=RaiseForm,
        creates=True,
        icon="add_alert",
        style="primary",
        note="For what no metric shows: data lost, a breach, an integration that fails. Who is told is said "
        "by the routes; a critical alert calls the contacts of level 2 at once.",
    ),
    Operation(
        name="acknowledge",
        title="Acknowledge",
        permission=responding.PERMISSION,
        perform=_acknowledge,
        preview=_brief,
        form=NoteForm,
        offered=lambda alert: _is_open(alert) and not alert.acknowledged_at,
        icon="front_hand",
        style="primary",
        note="Says that you have seen it and take it on. It escalates no further.",
        on_list=True,
        most=MOST,
    ),
    Operation(
        name="respond",
        title="Say what is being done",
        permission=responding.PERMISSION,
        perform=_respond,
        preview=_brief,
        form=RespondForm,
        offered=_is_open,
        icon="edit_note",
        style="default",
        note="Those who read the alert know what happens. Acknowledges it, too, where nobody has.",
    ),
    Operation(
        name="resolve",
        title="Resolve",
        permission=responding.PERMISSION,
        perform=_resolve,
        preview=_brief,
        form=NoteForm,
        offered=_is_open,
        icon="task_alt",
        note="Says that it is over. If its cause is seen again, it comes back.",
        on_list=True,
        most=MOST,
    ),
    Operation(
        name="escalate",
        title="Escalate",
        permission=responding.PERMISSION,
        perform=_escalate,
        preview=_escalation,
        form=EscalateForm,
        offered=lambda alert: _is_open(alert) and alert.escalation < HIGHEST,
        icon="arrow_upward",
        style="warning",
        note="Tells the contacts of the next level now, whatever the clock says.",
        on_list=True,
    ),
    Operation(
        name="silence",
        title="Silence",
        permission=silencing.ADD,
        perform=_silence,
        preview=_brief,
        form=UntilForm,
        offered=lambda alert: alert.resolved_at is None,
        icon="notifications_off",
        note="For a while nobody is told of it, and nothing is owed. If it still holds then, its clock "
        "begins anew.",
        on_list=True,
    ),
    Operation(
        name="post-mortem",
        title="Write post-mortem",
        permission=responding.PERMISSION,
        perform=_write_postmortem,
        form=PostmortemForm,
        initial=_draft,
        label=lambda alert: "Rewrite post-mortem" if alert.postmortem else "Write post-mortem",
        offered=lambda alert: alert.resolved_at is not None,
        icon="history_edu",
        style="primary",
        note="What was learned, for those who meet it next. It may be rewritten.",
    ),
)
