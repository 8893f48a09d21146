"""Links in messages: who holds one may acknowledge that one alert, without a login, for a week.

A link names the alert and whom the message went to, and is signed with the portal's secret key. It is not
encrypted: its receiver may read in it what the message says anyway.
"""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from monitoring.models import Alert
from operations.signed_links import BadLink, Expired, SignedLinks

# An alert is owed a response within a day; a message that is found later is history.
LINKS = SignedLinks("monitoring.alerts.links", valid_for=timedelta(days=7))


class ExpiredLink(BadLink):
    """The link is genuine and too old; `alert_pk` is what it spoke of."""

    def __init__(self, alert_pk: int) -> None:
        super().__init__("expired")
        self.alert_pk = alert_pk


def link_of(alert: Alert, to: str) -> str:
    """The absolute address of the page where `to`, who was sent a message, can acknowledge the alert."""
    token = LINKS.token(alert.pk, to)
    return settings.PORTAL_URL + reverse("alert-link", args=[token])


def read(token: str) -> tuple[Alert, str]:
    """The alert that a link names, and whom the message went to. Raises BadLink, ExpiredLink."""
    try:
        pk, to = LINKS.read(token)
    except Expired as expired:
        raise ExpiredLink(expired.named[0]) from None
    alert = Alert.objects.select_related("module").filter(pk=pk).first()
    if alert is None:
        raise BadLink("there is no such alert any more")
    return alert, to
