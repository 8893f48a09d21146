"""The public form: anybody may say what they think of the product, without a login.

Nothing that somebody typed is lost: whatever is wrong, the form comes back as it was. What looks like spam is
taken in all the same and kept in quarantine, and its sender sees what everybody sees.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from feedback.models import Ticket
from feedback.pages import intake, limits, stamps
from feedback.pages.anonymous import (
    HEADERS,
    PRIVATE,
    closed,
    is_forged,
    wait,
    with_headers,
)
from feedback.pages.forms import FeedbackForm, prefilled
from feedback.pages.once import once
from feedback.tickets import attaching, drafts, links
from operations.errors import Invalid
from operations.signed_links import BadLink

FORGED = "Nothing is lost, but your browser sent no cookie of ours: switch cookies on, and press Send again."
OLD = "The form was open for more than a day. Nothing is lost: look at it once more, and press Send again."
# Of files and texts together; more is not even read.
MOST_BYTES = attaching.MOST_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
TRAP = "website"
# Behind "More", but for what the browser says by itself; and behind "Rate the product".
MORE = ("module", "feature_area", "release", "steps", "expected_behavior", "actual_behavior")
RATINGS = drafts.RATINGS


@method_decorator(csrf_exempt, name="dispatch")
class FeedbackFormView(View):
    """The form, and what is sent with it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.PUBLIC_FEEDBACK_FORM:
            raise Http404
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > MOST_BYTES:
            return closed(request, 413, too_large=True)
        try:
            return super().dispatch(request, *args, **kwargs)
        except RequestDataTooBig:
            return closed(request, 413, too_large=True)
        except SuspiciousOperation:
            return closed(request, 400, unreadable=True)

    def get(self, request: HttpRequest) -> HttpResponse:
        form = FeedbackForm(initial=prefilled(request))
        return with_headers(_page(request, form, stamps.new()), HEADERS)

    def post(self, request: HttpRequest) -> HttpResponse:
        return with_headers(self._sent(request), PRIVATE)

    def _sent(self, request: HttpRequest) -> HttpResponse:
        form = FeedbackForm(request.POST, request.FILES)
        given = request.POST.get("stamp", "")
        if is_forged(request):
            return _page(request, form, stamps.new(again=True), notice=FORGED, status=403)
        stamp = stamps.read(given)
        if stamp is None:
            return _page(request, form, stamps.new(again=True), notice=OLD, status=400)
        if not form.is_valid():
            return _page(request, form, given, status=400)
        if reached := limits.reached(request, len(form.cleaned_data["attachments"])):
            notice = f"Nothing is lost. {reached.words}"
            return wait(_page(request, form, given, notice=notice, status=429), reached.throttle)
        trap = request.POST.get(TRAP, "")
        try:
            ticket = once(
                # Whoever goes back and writes something else sends something else.
                f"{stamp.number}:{form.digest()}",
                lambda: intake.take(request, form, trap=trap, seconds=stamp.seconds),
            )
        except Invalid as fault:
            form.blame(fault.fields)
            return _page(request, form, given, status=400)
        return _thanks(ticket)


class ThanksView(View):
    """What its sender sees of a ticket, whatever became of it: its reference, and the link to its page."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.PUBLIC_FEEDBACK_FORM:
            raise Http404
        try:
            ticket = links.read(request.GET.get("ticket", ""))
        except BadLink:
            ticket = None
        context: dict[str, Any] = {"ticket": ticket, "days": links.VALID_FOR.days}
        if ticket is not None:
            context |= {"path": links.path_of(ticket), "link": links.link_of(ticket)}
        return with_headers(render(request, "feedback/thanks.html", context), PRIVATE)


def _page(
    request: HttpRequest, form: FeedbackForm, stamp: str, *, notice: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "stamp": stamp,
        "trap": TRAP,
        "notice": notice,
        "faults": [(form[name], errors[0]) for name, errors in form.errors.items() if name in form.fields],
        "lost_files": bool(request.FILES),
        "more_is_open": _any_said(form, MORE),
        "ratings_are_open": _any_said(form, RATINGS),
        "kept_for": _kept_for(settings.FEEDBACK_RETENTION_DAYS),
    }
    return render(request, "feedback/form.html", context, status=status)


def _kept_for(days: int) -> str:
    return f"{days} days" if days < 60 else f"{round(days / 30)} months"


def _any_said(form: FeedbackForm, names: Sequence[str]) -> bool:
    """Whether there is something in these fields that nobody should overlook."""
    return any(form[name].value() or name in form.errors for name in names)


def _thanks(ticket: Ticket) -> HttpResponse:
    token = links.path_of(ticket).rpartition("/")[2]
    return HttpResponseRedirect(f"{reverse('feedback-thanks')}?ticket={token}")
