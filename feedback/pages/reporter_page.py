"""The page that the link in a reporter's mails opens: where their ticket stands, and what they may do.

Opening it changes nothing, because mail scanners open links too.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from feedback.models import Ticket
from feedback.pages import conversation, standing
from feedback.pages.anonymous import (
    PRIVATE,
    Throttle,
    address_of,
    closed,
    is_forged,
    too_many,
    wait,
    with_headers,
)
from feedback.pages.forms import SCORES, Text
from feedback.tickets import links, messaging, rating, reporters
from operations.errors import Invalid, Refused
from operations.signed_links import BadLink

FORGED = "Nothing is lost, but your browser sent no cookie of ours: switch cookies on, and send it again."
TOO_MANY = "Nothing is lost, but this is much at once: send it again in an hour."
GUESSES = ("feedback-link-guess", 20, 60)
ANSWERS = ("feedback-link-answer", 30, 3600)


class AnswerForm(forms.Form):
    """Something to add."""

    body = Text("Your message", messaging.LONGEST, rows=5, required=True)


class ReopenForm(forms.Form):
    """What is still wrong."""

    wrong = Text("What is still wrong?", messaging.LONGEST, rows=3, required=True)


class RatingForm(forms.Form):
    """How good the resolution was."""

    score = forms.TypedChoiceField(
        label="How did we do?",
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a number."},
    )
    comment = Text("Anything to say about it?", rating.LONGEST_COMMENT, rows=3)


# By the name of the button that sends it; and what the page says when it was done.
FORMS: Mapping[str, type[forms.Form]] = {"answer": AnswerForm, "reopen": ReopenForm, "rate": RatingForm}
DONE = {
    "answer": "Thank you: your message has arrived.",
    "reopen": "Thank you: it is open again, and we look at it once more.",
    "rate": "Thank you for your rating. You can change it for seven days.",
}


def _answer(ticket: Ticket, said: Mapping[str, Any]) -> None:
    messaging.answer(ticket, actor=reporters.actor_of(ticket), body=said["body"])


def _reopen(ticket: Ticket, said: Mapping[str, Any]) -> None:
    reporters.reopen(ticket, actor=reporters.actor_of(ticket), body=said["wrong"])


def _rate(ticket: Ticket, said: Mapping[str, Any]) -> None:
    rating.rate(ticket, actor=reporters.actor_of(ticket), score=said["score"], comment=said["comment"])


VERBS: Mapping[str, Callable[[Ticket, Mapping[str, Any]], None]] = {
    "answer": _answer,
    "reopen": _reopen,
    "rate": _rate,
}


@method_decorator(csrf_exempt, name="dispatch")
class ReporterPageView(View):
    """One ticket, for whoever holds a link to it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: HttpResponseBase
        try:
            ticket = links.read(kwargs["token"])
        except links.ExpiredLink as expired:
            context = {"expired": expired.reference, "days": links.VALID_FOR.days}
            found = closed(request, 410, **context, form_is_open=settings.PUBLIC_FEEDBACK_FORM)
        except BadLink:
            found = _not_one_of_ours(request)
        else:
            found = super().dispatch(request, ticket)
        # Django would log the address of what was turned away, and with it the link.
        found._has_been_logged = True  # type: ignore[attr-defined]
        return with_headers(found, PRIVATE)

    def get(self, request: HttpRequest, ticket: Ticket) -> HttpResponse:
        return _page(request, ticket, done=DONE.get(request.GET.get("done", ""), ""))

    def post(self, request: HttpRequest, ticket: Ticket) -> HttpResponse:
        """Do what the pressed button says: answer, say that it is not fixed, or rate."""
        name = next((each for each in FORMS if each in request.POST), "answer")
        form = FORMS[name](request.POST)
        if is_forged(request):
            return _page(request, ticket, {name: form}, refusal=FORGED, status=403)
        if not form.is_valid():
            return _page(request, ticket, {name: form}, status=400)
        throttle = Throttle(*ANSWERS)
        if not throttle.count(str(ticket.pk)):
            return wait(_page(request, ticket, {name: form}, refusal=TOO_MANY, status=429), throttle)
        try:
            VERBS[name](ticket, form.cleaned_data)
        except Invalid as fault:
            form.add_error(None, fault.message)
            return _page(request, ticket, {name: form}, refusal=fault.message, status=400)
        except Refused as refusal:
            ticket.refresh_from_db()
            sent = {name: form, "answer": _as_answer(form)}
            return _page(request, ticket, sent, refusal=refusal.message, status=409)
        return HttpResponseRedirect(f"{request.path}?done={name}")


def _page(
    request: HttpRequest,
    ticket: Ticket,
    sent: Mapping[str, forms.Form] | None = None,
    *,
    refusal: str = "",
    done: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    common = ticket.merged_into or ticket
    merged = common.pk != ticket.pk
    ratable = reporters.ratable(ticket, now)
    rated = {"score": ratable.score, "comment": ratable.comment} if ratable and ratable.score else {}
    found = {
        "answer": AnswerForm(),
        "reopen": ReopenForm(),
        "rate": RatingForm(initial={"score": request.GET.get("score"), **rated}),
        **(sent or {}),
    }
    context = {
        "ticket": ticket,
        "merged": merged,
        "standing": standing.standing(common, merged=merged),
        "steps": standing.STEPS,
        "why": conversation.why_declined(common),
        "messages": conversation.of(ticket),
        "redacted": ticket.originals.exists(),
        "files": [each.name for each in ticket.attachments.all()],
        "may_reopen": reporters.may_reopen(ticket, now),
        "ratable": ratable,
        "forms": found,
        "refusal": refusal,
        "done": done,
    }
    return render(request, "feedback/ticket.html", context, status=status)


def _as_answer(form: forms.Form) -> AnswerForm:
    """What was typed, to be sent as an answer: the form that it was typed into may not come back."""
    texts = (form.cleaned_data.get(name) for name in ("body", "wrong", "comment"))
    return AnswerForm(initial={"body": next(filter(None, texts), "")})


def _not_one_of_ours(request: HttpRequest) -> HttpResponse:
    throttle = Throttle(*GUESSES)
    if throttle.count(address_of(request)):
        return closed(request, 404, form_is_open=settings.PUBLIC_FEEDBACK_FORM)
    return too_many(request, throttle)
