"""Links in mails to reporters: who holds one sees that one ticket and answers, without a login, for 180 days.

A link names the ticket and is signed with the portal's secret key. It names no mail address: whoever the
mail is forwarded to learns nothing from the link but the reference.
"""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from feedback.models import Ticket
from operations.signed_links import BadLink, Expired, SignedLinks

# Each mail brings a new link, so this is how long somebody may have heard nothing and still ask.
VALID_FOR = timedelta(days=180)
LINKS = SignedLinks("feedback.tickets.links", valid_for=VALID_FOR)


class ExpiredLink(BadLink):
    """The link is genuine and too old; `reference` is what it spoke of."""

    def __init__(self, reference: str) -> None:
        super().__init__("expired")
        self.reference = reference


def link_of(ticket: Ticket) -> str:
    """The absolute address of the page where the ticket's reporter sees where it stands."""
    return settings.PORTAL_URL + path_of(ticket)


def path_of(ticket: Ticket) -> str:
    """The same without the portal's origin, for a page of the portal itself."""
    return reverse("feedback-ticket", args=[LINKS.token(ticket.pk)])


def read(token: str) -> Ticket:
    """The ticket that a link names. Raises BadLink, ExpiredLink."""
    try:
        (pk,) = LINKS.read(token)
    except Expired as expired:
        (pk,) = expired.named
        raise ExpiredLink(Ticket(pk=pk).reference) from None
    ticket = Ticket.objects.select_related("merged_into").filter(pk=pk).first()
    if ticket is None:
        raise BadLink("there is no such ticket any more")
    return ticket
