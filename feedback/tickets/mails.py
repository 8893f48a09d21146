"""Mails to reporters: that a ticket arrived, was answered, was done, declined or reopened, and is out.

Each goes into the caller's transaction, once for each event, and returns the addresses that it went to. The
reporters of tickets that were merged into the ticket hear of it as well: each of their own ticket, with a
link of their own, and never what another reporter wrote.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from feedback.lifecycle import State
from feedback.models import Message, Ticket
from feedback.tickets import links
from operations import channels
from operations.channels import Note
from operations.models import OutboxMessage

# Receipts go to addresses that nobody has checked: a form that anybody may fill in must not fill a mailbox.
MOST_RECEIPTS = 5
RECEIPTS_WITHIN = timedelta(days=1)
LOCK_CLASS = 0xFEED
LONGEST_TITLE = 100
# What a rating means, to the reporter.
SCORES = {5: "very good", 4: "good", 3: "fair", 2: "poor", 1: "very poor"}
RECEIPT = "feedback-receipt"


@dataclass(frozen=True)
class Mail:
    """What is said: in the subject, on what happened, and on what comes next before the link."""

    subject: str
    happened: str
    next: str


def received(ticket: Ticket) -> list[str]:
    """Tell the reporter that the ticket arrived, five times a day for one address at most.

    Nobody has looked at the ticket yet, so that the mail holds no word that its sender typed.
    """
    if not _reachable(ticket) or not _may_have_receipt(ticket.reporter_email):
        return []
    mail = Mail(
        f"{ticket.reference}: your feedback has arrived",
        f"Thank you. Your feedback has arrived. Its reference is {ticket.reference}.",
        "Next, somebody of our team reads it. You get a mail when we answer, and when it is done.\n\n"
        "If you did not write to us, somebody gave your address by mistake: there is nothing to do.\n\n"
        "See where it stands, or add something:",
    )
    _put(ticket, mail, event="receipt", key=_key(RECEIPT, ticket.pk, ticket.reporter_email))
    return [ticket.reporter_email]


def replied(ticket: Ticket, message: Message) -> list[str]:
    """Send a reply of the team; to the reporters of merged tickets as well."""

    def mail(own: Ticket) -> Mail:
        asks = own.pk == ticket.pk and ticket.waiting_since is not None
        return Mail(
            f"{own.reference}: {'a question' if asks else 'an answer'} from our team",
            f"Our team {'has a question' if asks else 'has answered'} about “{_title(own)}”:\n\n"
            f"{message.body.strip()}",
            "We go on when you have answered. Please answer here, not by mail:"
            if asks
            else "To write back, or to see where it stands, open this page; do not answer this mail:",
        )

    return _tell(ticket, mail, event="replied", key=message.pk)


def moved(ticket: Ticket, *, reason: str = "", by_reporter: Ticket | None = None) -> list[str]:
    """Tell that the ticket was resolved, declined (with `reason`) or reopened, each time it was.

    Other steps are the team's own: the page behind the link shows them. `by_reporter` is the ticket whose
    reporter made the step; they are not told of it.
    """
    wording = MOVES.get(ticket.state)
    if wording is None:
        return []
    return _tell(
        ticket,
        lambda own: wording(ticket, own, reason.strip()),
        event=f"moved.{ticket.state}",
        # The number of the change: a ticket may be resolved and reopened more than once.
        key=ticket.version,
        but=by_reporter.reporter_email if by_reporter else "",
    )


def fixed(ticket: Ticket, version: str) -> list[str]:
    """Tell that the version that fixes the ticket is out; once for each version."""
    return _tell(
        ticket,
        lambda own: Mail(
            f"{own.reference}: fixed in version {version}",
            f"“{_title(own)}” is fixed in version {version}, which is out now.",
            "Does it work for you? Tell us here, and say so if it does not:",
        ),
        event="fixed",
        key=version,
    )


def _resolved(ticket: Ticket, own: Ticket, reason: str) -> Mail:
    fixed_in = f" The fix comes with version {ticket.fixed_in}." if ticket.fixed_in else ""
    asked = "Is it not fixed? Say so here:"
    if own.pk == ticket.pk:
        # Whoever reported the same rates nothing: the ticket has one rating, its reporter's.
        link = links.link_of(own)
        scores = "\n".join(f"{score}, {word}: {link}?score={score}" for score, word in SCORES.items())
        asked = f"How did we do? Nothing is sent before you press the button there.\n{scores}\n\n{asked}"
    return Mail(f"{own.reference}: done", f"We have done what “{_title(own)}” asks for.{fixed_in}", asked)


def _declined(ticket: Ticket, own: Ticket, reason: str) -> Mail:
    return Mail(
        f"{own.reference}: we will not do this",
        f"We have looked at “{_title(own)}”, and we will not do it."
        + (f"\n\nWhy: {reason}" if reason else ""),
        "If you think that we have overlooked something, tell us here:",
    )


def _reopened(ticket: Ticket, own: Ticket, reason: str) -> Mail:
    return Mail(
        f"{own.reference}: we are looking at it again",
        f"“{_title(own)}” was done, and is open again: we are looking at it once more.",
        "You get a mail when it is done. See where it stands, or add something:",
    )


MOVES: dict[str, Callable[[Ticket, Ticket, str], Mail]] = {
    State.RESOLVED: _resolved,
    State.DECLINED: _declined,
    State.REOPENED: _reopened,
}


def _tell(
    ticket: Ticket, mail: Callable[[Ticket], Mail], *, event: str, key: object, but: str = ""
) -> list[str]:
    """Write to every reporter behind the ticket, of their own ticket; to each address once."""
    told = {but.lower()}
    addresses = []
    for own in _behind(ticket):
        address = own.reporter_email
        if address.lower() in told:
            continue
        told.add(address.lower())
        _put(own, mail(own), event=event, key=_key(f"feedback-{event}", f"{ticket.pk}:{key}", address))
        addresses.append(address)
    return addresses


def _behind(ticket: Ticket) -> list[Ticket]:
    """The ticket and those merged into it, the oldest first, as far as their reporters can be written to."""
    if ticket.quarantined_at:
        return []
    return [each for each in (ticket, *ticket.merged.order_by("pk")) if _reachable(each)]


def _reachable(ticket: Ticket) -> bool:
    return bool(ticket.reporter_email) and ticket.quarantined_at is None and ticket.erased_at is None


def _may_have_receipt(address: str) -> bool:
    lane = channels.mail_lane(address)
    if connection.vendor == "postgresql":
        # Two tickets for one address at once would both count four. SQLite has one writer.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_CLASS, lane])
    recent = OutboxMessage.objects.filter(
        lane=lane, created_at__gt=timezone.now() - RECEIPTS_WITHIN, key__startswith=f"{RECEIPT}:"
    )
    return recent.count() < MOST_RECEIPTS


def _put(own: Ticket, mail: Mail, *, event: str, key: str) -> None:
    note = Note(
        subject=mail.subject,
        text=f"{mail.happened}\n\n{mail.next}\n{links.link_of(own)}\n\n"
        f"Whoever has this link can read the ticket and answer in your name. "
        f"It is good for {links.VALID_FOR.days} days.\n",
        event=f"feedback.{event}",
        data={"reference": own.reference},
    )
    channels.send_mail(own.reporter_email, note, key=key)


def _key(event: str, what: object, address: str) -> str:
    digest = hashlib.sha256(address.lower().encode()).hexdigest()
    return f"{event}:{what}:{digest[:24]}"


def _title(ticket: Ticket) -> str:
    title = " ".join(ticket.title.split())
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"
