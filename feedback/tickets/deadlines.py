"""By when a ticket is owed an answer and a resolution, in the business hours of its workspace."""

from datetime import datetime, timedelta

from feedback import clocks
from feedback.models import Ticket
from feedback.tickets.calendars import Calendars

MINUTE = 60


def settle(ticket: Ticket, calendars: Calendars) -> None:
    """Reckon both clocks anew, by the hours and targets that hold now; what was answered stays as it was."""
    calendar = calendars.of(ticket.workspace)
    first, resolution = calendars.target(ticket.severity)
    if ticket.responded_at is None:
        ticket.respond_by = clocks.add(calendar, ticket.clock_at, first)
    ticket.resolve_by = clocks.add(calendar, ticket.clock_at, resolution + ticket.waited)
    owe(ticket)


def owe(ticket: Ticket) -> None:
    """Set what is due next: nothing while it waits for the reporter, in quarantine, or at its end."""
    ticket.due_at = None
    if not ticket.is_open or ticket.waiting_since is not None:
        return
    owed = [ticket.resolve_by] if ticket.responded_at else [ticket.respond_by, ticket.resolve_by]
    ticket.due_at = min((each for each in owed if each is not None), default=None)


def begin(ticket: Ticket, at: datetime, calendars: Calendars) -> None:
    """Start the clocks at `at`, with nothing waited."""
    ticket.clock_at, ticket.waiting_since, ticket.waited = at, None, timedelta(0)
    settle(ticket, calendars)


def respond(ticket: Ticket, now: datetime, calendars: Calendars) -> None:
    """Stop the first clock, unless somebody answered before, and keep how long it ran."""
    if ticket.responded_at is not None:
        return
    ran = clocks.between(calendars.of(ticket.workspace), ticket.clock_at, now) - ticket.waited
    ticket.responded_at, ticket.response_minutes = now, int(ran.total_seconds()) // MINUTE


def stop_waiting(ticket: Ticket, now: datetime, calendars: Calendars) -> None:
    """Let the clocks run on: the business hours that were waited come on top."""
    if ticket.waiting_since is None:
        return
    calendar = calendars.of(ticket.workspace)
    ticket.waited += clocks.between(calendar, ticket.waiting_since, now)
    ticket.waiting_since = None
    settle(ticket, calendars)
