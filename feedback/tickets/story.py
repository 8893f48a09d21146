"""One verb at work on one ticket: its locked row, what happened to it, and the one place that writes both."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from feedback.models import Ticket, TicketEvent
from feedback.tickets import days
from operations import audit
from operations.actor import Actor
from operations.errors import NotFound, Refused

TRIAGE = "feedback.triage_ticket"
CHANGE = "feedback.change_ticket"
# Which follow from the others, or are nobody's news.
UNTOLD = ("version", "changed_at", "indexed_version")
FIELDS = [
    field
    for field in Ticket._meta.concrete_fields
    if not (field.primary_key or field.generated) and field.name not in UNTOLD
]
# What the history shows: the rest follows from these.
TOLD = (
    "state", "category", "severity", "title", "description", "feature_area", "release", "steps",
    "expected_behavior", "actual_behavior", "workspace", "module", "flag", "phase", "enhancement",
    "owner", "fixed_in", "merged_into",
)  # fmt: skip


class Story:
    """A ticket's row, ours until the end of the transaction, and what is to be written of it."""

    def __init__(self, ticket: Ticket, actor: Actor) -> None:
        self.ticket = ticket
        self.actor = actor
        self.now = timezone.now()
        self._before = values(ticket)
        self.events: list[TicketEvent] = []

    @property
    def by(self) -> str:
        return self.actor.in_full

    def event(self, kind: TicketEvent.Kind, text: str = "", changes: Mapping[str, Any] | None = None) -> None:
        """Say that something happened. What changed in the row is added to the first event by itself."""
        self.events.append(
            TicketEvent(
                ticket=self.ticket, kind=kind, text=text, by=self.by, at=self.now, changes=dict(changes or {})
            )
        )

    def write(self, action: str, *, reason: str = "", counts: bool = True, **data: Any) -> Ticket:
        """Write the columns that changed, the events, one audit event and, with `counts`, a new version."""
        ticket, now = self.ticket, values(self.ticket)
        changed = [name for name, value in now.items() if value != self._before[name]]
        if self.events:
            self.events[0].changes |= {
                field.name: [_shown(field, self._before[field.attname]), _shown(field, now[field.attname])]
                for field in FIELDS
                if field.name in TOLD and field.attname in changed
            }
        if counts:
            ticket.version += 1
            ticket.changed_at = self.now
            ticket.save(update_fields=[*changed, "version", "changed_at"])
        elif changed:
            ticket.save(update_fields=changed)
        TicketEvent.objects.bulk_create(self.events)
        if set(changed) & set(days.COUNTED):
            days.stale([ticket.received_on])
        audit.record(action, actor=self.actor, subject=ticket, data=data, reason=reason)
        return ticket


def begin(ticket: Ticket, actor: Actor, *, version: int | None = None) -> Story:
    """Lock a ticket and begin to tell of it.

    Raises NotFound, and Refused when it is no longer the `version` that the caller saw, or was erased.
    """
    found = _locked([ticket.pk]).get(ticket.pk)
    if found is None:
        raise NotFound(f"There is no ticket {ticket.reference} any more.")
    if version is not None and found.version != version:
        last = found.events.order_by("-at", "-pk").first()
        who_did = f" by {last.by}" if last and last.by else ""
        raise Refused(
            "changed", f"{found.reference} was changed{who_did} since you saw it: look at it and try again."
        )
    if found.erased_at is not None:
        raise Refused(
            "erased", f"The texts of {found.reference} were erased: nothing more can be done with it."
        )
    return Story(found, actor)


def begin_all(tickets: Iterable[Ticket], actor: Actor) -> list[Story]:
    """Lock several tickets, in the order of their numbers so that two walks cannot block each other."""
    wanted = [ticket.pk for ticket in tickets]
    found = _locked(wanted)
    if missing := [pk for pk in wanted if pk not in found]:
        raise NotFound(f"There is no ticket FB-{missing[0]} any more.")
    return [Story(found[pk], actor) for pk in wanted]


def mailed(told: Story, addresses: Sequence[str]) -> None:
    """Note that mails were made; not to whom, which the reporters' tickets know."""
    if addresses:
        count = len(addresses)
        told.event(TicketEvent.Kind.MAILED, f"To {count} address{'es' if count > 1 else ''}")


def values(ticket: Ticket) -> dict[str, Any]:
    """Each column that a verb may write, as it is in memory."""
    return {field.attname: getattr(ticket, field.attname) for field in FIELDS}


def _locked(pks: list[int]) -> dict[int, Ticket]:
    # Nothing joined: after waiting, PostgreSQL gives the row as it is now with what was joined to it before.
    rows = Ticket.objects.select_for_update().filter(pk__in=pks).order_by("pk")
    return {row.pk: row for row in rows}


def _shown(field: Any, value: Any) -> Any:
    """A value as the history keeps it: things by their names, which are read only where they changed."""
    if value is None or not field.is_relation:
        return value
    thing = field.related_model.objects.filter(pk=value).first()
    return str(thing) if thing else None
