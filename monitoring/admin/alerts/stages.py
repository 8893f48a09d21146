"""The stages of a response: their windows, who answered when, in time or late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from monitoring.admin import words
from monitoring.admin.alerts.wording import moment, span
from monitoring.deadlines import ACKNOWLEDGE, POSTMORTEM, RESOLVE, RESPOND, Stage, stages
from monitoring.models import Alert, AlertEvent

NAMES = {
    ACKNOWLEDGE: ("Assessment", "Acknowledge it, and see what it does to whom."),
    RESPOND: ("Response", "Say what is being done."),
    RESOLVE: ("Resolution", "Repair it, see that it holds, resolve it."),
    POSTMORTEM: ("Post-incident", "Write down what was learned."),
}


@dataclass(frozen=True)
class Shown:
    """One stage on the page. `state` is done, late, now, overdue or ahead; `chip` says it in words."""

    name: str
    asks: str
    window: str
    state: str
    chip: str
    label: str
    answered: str


LABELS = {"done": "success", "late": "warning", "now": "info", "overdue": "danger", "ahead": ""}


def of_alert(alert: Alert, events: Sequence[AlertEvent], now: datetime) -> list[Shown]:
    """The stages of an alert whose clock runs; none while it stands still.

    Of an informational one nothing is owed but to be seen.
    """
    if alert.clock_at is None:
        return []
    found = stages(alert.level, alert.clock_at)
    if alert.level == Alert.Level.INFO:
        found = found[:1]
    answers = _answers(alert, events)
    return [_shown(stage, answers[stage.name], now) for stage in found]


def _answers(alert: Alert, events: Sequence[AlertEvent]) -> dict[str, tuple[datetime | None, str]]:
    resolved = (alert.resolved_at, alert.resolved_by or "")
    responded = next((each for each in events if each.at == alert.responded_at), None)
    return {
        ACKNOWLEDGE: (alert.acknowledged_at, alert.acknowledged_by) if alert.acknowledged_at else resolved,
        RESPOND: (alert.responded_at, responded.by if responded else "") if alert.responded_at else resolved,
        RESOLVE: resolved,
        POSTMORTEM: (alert.postmortem_at, _writer(alert, events)),
    }


def _writer(alert: Alert, events: Sequence[AlertEvent]) -> str:
    wrote = [each.by for each in events if each.kind == AlertEvent.Kind.POSTMORTEM]
    return wrote[-1] if wrote else ""


def _window(stage: Stage, now: datetime) -> str:
    """ "14:05 to 14:15 CET", with the days where they are not today."""
    ends = moment(stage.ends, now)
    begins, last = timezone.localtime(stage.begins), timezone.localtime(stage.ends)
    same = begins.date() == last.date() == timezone.localtime(now).date()
    return f"{begins:%H:%M} to {ends}" if same else f"{moment(stage.begins, now)} to {ends}"


def _shown(stage: Stage, answer: tuple[datetime | None, str], now: datetime) -> Shown:
    at, by = answer
    title, asks = NAMES[stage.name]
    window = _window(stage, now)
    if at is not None:
        state, chip = ("done", "In time") if at <= stage.ends else ("late", f"{span(at - stage.ends)} late")
        who = words.by_whom(by) if by else "the portal: its cause was gone"
        return Shown(title, asks, window, state, chip, LABELS[state], f"{moment(at, now)} by {who}")
    if stage.ends <= now:
        state, chip = "overdue", f"Overdue for {span(now - stage.ends)}"
    elif stage.begins <= now:
        state, chip = "now", f"Now, {span(stage.ends - now)} left"
    else:
        state, chip = "ahead", f"From {moment(stage.begins, now)}"
    return Shown(title, asks, window, state, chip, LABELS[state], "")
