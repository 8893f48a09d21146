"""The page that the link in an alert's message opens: what is known, and two buttons.

Opening it changes nothing, because mail scanners open links too.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from monitoring.alerts import links, responding
from monitoring.models import Alert, AlertEvent
from operations.actor import Actor, Door
from operations.doors.api import FixedWindowThrottle
from operations.errors import Refused
from operations.signed_links import BadLink

LONGEST_NAME = 100
ANSWERS = (AlertEvent.Kind.ACKNOWLEDGED, AlertEvent.Kind.RESPONDED)
# Not "no-referrer": browsers send a form of such a page without its origin, and Django takes it for forged.
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"}


class GuessThrottle(FixedWindowThrottle):
    """Links that were not made here, 20 a minute from one address. Genuine ones are never counted."""

    scope = "alert-link-guess"

    def __init__(self) -> None:
        self.most, self.window = 20, 60


class AnswerThrottle(FixedWindowThrottle):
    """Answers to one alert, 30 a minute by whatever links."""

    scope = "alert-link-answer"

    def __init__(self) -> None:
        self.most, self.window = 30, 60


class AnswerForm(forms.Form):
    """Who answers, and what is being done."""

    name = forms.CharField(max_length=LONGEST_NAME)
    note = forms.CharField(max_length=responding.LONGEST_NOTE, required=False)

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if "respond" in self.data and not note:
            raise forms.ValidationError("Say what is being done.")
        return note


class AlertLinkView(View):
    """One alert, for whoever holds a link to it: to look at, to acknowledge and to respond to."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: HttpResponseBase
        try:
            alert, to = links.read(kwargs["token"])
        except links.ExpiredLink as expired:
            found = _closed(request, 410, expired=_in_the_portal(expired.alert_pk))
        except BadLink:
            found = _not_one_of_ours(request)
        else:
            found = super().dispatch(request, alert, to)
        for name, value in HEADERS.items():
            found[name] = value
        # Django would log the address of what was turned away, and with it the link.
        found._has_been_logged = True  # type: ignore[attr-defined]
        return found

    def get(self, request: HttpRequest, alert: Alert, to: str) -> HttpResponse:
        return _page(request, alert, AnswerForm())

    def post(self, request: HttpRequest, alert: Alert, to: str) -> HttpResponse:
        """Acknowledge, or respond with a note, in the name that was typed and the link's receiver."""
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return _page(request, alert, form, status=400)
        throttle = AnswerThrottle()
        if not throttle.count(str(alert.pk)):
            return _too_many(request, throttle)
        name, note = form.cleaned_data["name"], form.cleaned_data["note"]
        actor = Actor(
            door=Door.API,
            label=f"link:{to}",
            on_behalf_of=name,
            grants=frozenset({responding.PERMISSION}),
        )
        try:
            if "respond" in request.POST:
                responding.respond(alert, actor=actor, note=note)
            else:
                responding.acknowledge(alert, actor=actor, note=note)
        except Refused as refusal:
            alert.refresh_from_db()
            return _page(request, alert, form, refusal=refusal.message, status=409)
        # What it says now is what the row says, however often the page is loaded anew.
        return HttpResponseRedirect(request.path)


def _page(
    request: HttpRequest, alert: Alert, form: AnswerForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    answers = alert.events.filter(kind__in=ANSWERS).exclude(text="")
    context = {
        "alert": alert,
        "form": form,
        "refusal": refusal,
        "late": alert.due_at is not None and alert.due_at <= timezone.now(),
        "acknowledged_by": _person(alert.acknowledged_by),
        "resolved_by": _person(alert.resolved_by),
        "answers": [(answer, _person(answer.by)) for answer in answers],
        "in_the_portal": _in_the_portal(alert.pk),
        "longest_name": LONGEST_NAME,
        "longest_note": responding.LONGEST_NOTE,
    }
    return render(request, "alerts/link.html", context, status=status)


def _person(by: str) -> str:
    """The name in what a verb noted: "Ada" of "api:link:Slack on call (Ada)", "ada" of "admin:ada"."""
    door, _, name = by.partition(":")
    if by.startswith("api:link:") and by.endswith(")"):
        return by.rpartition(" (")[2].removesuffix(")")
    return name or door


def _not_one_of_ours(request: HttpRequest) -> HttpResponse:
    throttle = GuessThrottle()
    if throttle.count(request.META.get("REMOTE_ADDR", "")):
        return _closed(request, 404)
    return _too_many(request, throttle)


def _too_many(request: HttpRequest, throttle: FixedWindowThrottle) -> HttpResponse:
    found = _closed(request, 429, too_many=True)
    found["Retry-After"] = str(int(throttle.wait()) + 1)
    return found


def _closed(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    return render(request, "alerts/closed.html", context, status=status)


def _in_the_portal(alert_pk: int) -> str:
    return reverse("admin:monitoring_alert_change", args=[alert_pk])
