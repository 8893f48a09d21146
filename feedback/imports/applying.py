"""Applying: staged rows become tickets, some hundred by one statement, with all that belongs to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from feedback.imports.staging import BATCH, ticket_of
from feedback.lifecycle import DONE
from feedback.models import Original, Resolution, StagedTicket, Tag, Ticket, TicketEvent, TicketImport
from feedback.tickets import days, deadlines
from feedback.tickets.calendars import Calendars
from operations.csv_files.checking import Progress
from rollout.models import Workspace


@dataclass
class Applied:
    """How many tickets are new, were there already, and hold texts from which something was taken."""

    created: int = 0
    kept: int = 0
    redacted: int = 0


def insert(batch: TicketImport, progress: Progress | None = None) -> Applied:
    """Make tickets of what is staged; one that is there already stays as it is."""
    now, calendars, done = timezone.now(), Calendars(), Applied()
    for rows in _chunks(batch):
        known = Ticket.objects.filter(external_id__in=[row.external_id for row in rows])
        there = set(known.values_list("external_id", flat=True))
        new = [row for row in rows if row.external_id not in there]
        tickets = _tickets(new, now, calendars)
        _insert_with_all(batch, new, tickets)
        days.stale({ticket.received_on for ticket in tickets})
        done.created += len(new)
        done.kept += len(rows) - len(new)
        done.redacted += sum(bool(row.originals) for row in new)
        if progress is not None:
            progress(done.created + done.kept)
    return done


def _chunks(batch: TicketImport) -> Iterator[list[StagedTicket]]:
    staged, last = StagedTicket.objects.filter(batch=batch).order_by("line"), 0
    while rows := list(staged.filter(line__gt=last)[:BATCH]):
        yield rows
        last = rows[-1].line


def _tickets(rows: Sequence[StagedTicket], now: datetime, calendars: Calendars) -> list[Ticket]:
    """Tickets that are not saved yet, with their clocks: those of open ones begin now."""
    tickets = [ticket_of(row) for row in rows]
    workspaces = Workspace.objects.in_bulk({ticket.workspace_id for ticket in tickets} - {None})
    for ticket in tickets:
        ticket.changed_at = now
        if ticket.workspace_id:
            ticket.workspace = workspaces[ticket.workspace_id]
        if ticket.is_open:
            deadlines.begin(ticket, now, calendars)
    return tickets


def _insert_with_all(batch: TicketImport, rows: Sequence[StagedTicket], tickets: list[Ticket]) -> None:
    Ticket.objects.bulk_create(tickets)
    pairs = list(zip(rows, tickets, strict=True))
    TicketEvent.objects.bulk_create(_received(batch, row, ticket) for row, ticket in pairs)
    Original.objects.bulk_create(
        Original(ticket=ticket, field=field, text=text, found=found)
        for row, ticket in pairs
        for field, text, found in row.originals
    )
    Resolution.objects.bulk_create(
        Resolution(ticket=ticket, at=ticket.resolved_at, by=ticket.received_by)
        for ticket in tickets
        if ticket.state in DONE and ticket.resolved_at is not None
    )
    _tag(pairs)


def _tag(pairs: Sequence[tuple[StagedTicket, Ticket]]) -> None:
    names = {name for row, _ in pairs for name in row.extra["tags"]}
    if not names:
        return
    Tag.objects.bulk_create((Tag(name=name) for name in sorted(names)), ignore_conflicts=True)
    known = dict(Tag.objects.filter(name__in=names).values_list("name", "pk"))
    through = Ticket.tags.through
    through.objects.bulk_create(
        through(ticket_id=ticket.pk, tag_id=known[name])
        for row, ticket in pairs
        for name in row.extra["tags"]
    )


def _received(batch: TicketImport, row: StagedTicket, ticket: Ticket) -> TicketEvent:
    """The first line of its history: where it came from, and how it stood."""
    text = f"Imported from {batch.source}, line {row.line}, as number {row.external_id}"
    if row.extra["ended"]:
        text += f"; it ended as {row.extra['ended']}"
    said = {name: ["", getattr(ticket, name)] for name in ("category", "severity", "state")}
    return TicketEvent(
        ticket=ticket,
        kind=TicketEvent.Kind.RECEIVED,
        text=text,
        at=ticket.received_at,
        by=ticket.received_by,
        changes=said,
    )
