"""The page that the link in an alert's message opens: what is known, and two buttons.

Opening it changes nothing, because mail scanners open links too.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from monitoring.alerts import links
from monitoring.models import Alert, AlertEvent

ANSWERS = (AlertEvent.Kind.ACKNOWLEDGED, AlertEvent.Kind.RESPONDED)


class AlertLinkView(View):
    """One alert, for whoever holds a link to it."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            alert, to = links.read(kwargs["token"])
        except links.ExpiredLink as expired:
            found = _closed(request, 410, expired=_in_the_portal(expired.alert_pk))
        except links.BadLink:
            found = _closed(request, 404)
        else:
            found = super().dispatch(request, alert, to)
        found["Cache-Control"] = "no-store"
        found["X-Robots-Tag"] = "noindex"
        # Not "no-referrer": browsers then send a form without its origin, which Django takes for a forgery.
        found["Referrer-Policy"] = "same-origin"
        return found

    def get(self, request: HttpRequest, alert: Alert, to: str) -> HttpResponse:
        return render(
            request,
            "alerts/link.html",
            {
                "alert": alert,
                "to": to,
                "answers": alert.events.filter(kind__in=ANSWERS),
                "in_the_portal": _in_the_portal(alert.pk),
            },
        )


def _in_the_portal(alert_pk: int) -> str:
    return reverse("admin:monitoring_alert_change", args=[alert_pk])


def _closed(request: HttpRequest, status: int, *, expired: str = "") -> HttpResponse:
    return render(request, "alerts/closed.html", {"expired": expired}, status=status)
