"""What is to be said of one alert to one receiver: the difference between what holds and what was heard."""

from collections.abc import Mapping

from monitoring import levels
from monitoring.alerts.announcing.receivers import Directory, Receiver, one_mail_each
from monitoring.alerts.announcing.waiting import Case, Pending, Said
from monitoring.models import Notice

FIRED = Notice.Kind.FIRED.value
WORSE = Notice.Kind.WORSE.value
REOPENED = Notice.Kind.REOPENED.value
OVERDUE = Notice.Kind.OVERDUE.value
ESCALATED = Notice.Kind.ESCALATED.value
RESOLVED = Notice.Kind.RESOLVED.value

# What must be said even when it was over before anybody heard of it.
NEVER_SWALLOWED = levels.at_least(levels.ERROR)


def ways(case: Case, directory: Directory) -> dict[Receiver, list[Pending]]:
    """Whom the alert's notices lead to: the routes with each, and the contacts of the level it names.

    Not those of the end: whoever heard of the beginning hears of the end. The lane that an alert reports as
    dead is left out, and so is a contact who reads the mail of a channel that is told.
    """
    found: dict[Receiver, list[Pending]] = {}
    routed = directory.by_routes(case.level, case.module_id)
    for notice in case.pending:
        if notice.kind == RESOLVED:
            continue
        number = notice.escalation or (case.escalation if notice.kind == OVERDUE else 0)
        for receiver in dict.fromkeys((*routed, *directory.by_contacts(number, case.level))):
            if receiver.key != case.lane:
                found.setdefault(receiver, []).append(notice)
    return {receiver: found[receiver] for receiver in one_mail_each(found)}


def told(case: Case, said: Mapping[str, Said], directory: Directory) -> list[Receiver]:
    """Who heard of the alert, believes that it goes on, and wants to know of its end."""
    believing = (directory.receiver(key) for key, last in said.items() if last.kind != RESOLVED)
    return [
        receiver
        for receiver in believing
        if receiver is not None
        and receiver.key != case.lane
        and directory.wants_resolved(receiver, case.module_id)
    ]


def of_open(case: Case, said: Said | None, notices: list[Pending]) -> str | None:
    """The kind of what a receiver is to hear of an open alert, the strongest first; None: it knows."""
    news = {notice.kind for notice in notices if said is None or notice.created_at >= said.at}
    if ESCALATED in news:
        return ESCALATED
    if OVERDUE in news and not _answered_since(case, notices):
        return OVERDUE
    if said is None:
        return FIRED
    if said.kind == RESOLVED:
        return REOPENED
    return WORSE if levels.ORDER.index(case.level) < levels.ORDER.index(said.level) else None


def of_resolved(case: Case, said: Said | None) -> str | None:
    """What somebody on whom a route leads is to hear of an alert that is over, and that they never heard of.

    An error that came and went is told once, as both; anything less is nobody's concern any more.
    """
    return RESOLVED if said is None and case.level in NEVER_SWALLOWED else None


def _answered_since(case: Case, notices: list[Pending]) -> bool:
    seen = case.acknowledged_at
    return seen is not None and all(seen >= each.created_at for each in notices if each.kind == OVERDUE)
