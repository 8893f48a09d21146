"""Links in mails to reporters: who holds one sees that one ticket and answers, without a login, for 180 days.

A link names the ticket and is signed with the portal's secret key. It names no mail address: whoever the
mail is forwarded to learns nothing from the link but the reference.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from feedback.models import Ticket

SALT = "feedback.tickets.links"
# Each mail brings a new link, so this is how long somebody may have heard nothing and still ask.
VALID_FOR = timedelta(days=180)
# Between the parts of a token: mail programs make links of addresses with dots, and cut some at colons.
SEPARATOR = "."


class BadLink(Exception):
    """The link was not made by this portal, or its ticket is gone."""


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
    return reverse("feedback-ticket", args=[_signer().sign_object([ticket.pk])])


def read(token: str) -> Ticket:
    """The ticket that a link names. Raises BadLink, ExpiredLink."""
    try:
        (pk,) = _signer().unsign_object(token, max_age=VALID_FOR)
    except signing.SignatureExpired:
        (pk,) = _signer().unsign_object(token)
        raise ExpiredLink(Ticket(pk=pk).reference) from None
    except signing.BadSignature:
        raise BadLink("not signed by this portal") from None
    ticket = Ticket.objects.select_related("merged_into").filter(pk=pk).first()
    if ticket is None:
        raise BadLink("there is no such ticket any more")
    return ticket


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=SALT, sep=SEPARATOR)
