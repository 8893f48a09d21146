"""The page of the Phase 2 plan, and its downloads."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from feedback.admin.planning import lines
from feedback.admin.tickets import links
from feedback.models import Enhancement, Ticket
from feedback.planning import documents, plan, weights
from feedback.planning.documents import MEANINGS, TITLES
from feedback.planning.plan import Plan
from feedback.planning.ranking import CRITERIA
from feedback.planning.wishes import Range
from operations.doors.admin import actor_of
from operations.doors.command import Encoder
from operations.doors.downloads import csv_response
from rollout.models import Module

# Of the proposals, so many on the page.
FIRST = 30
LIST = "admin:feedback_enhancement_changelist"


class Day(forms.DateField):
    """A day by the browser's own control."""

    def __init__(self, label: str) -> None:
        super().__init__(
            required=False, label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        )


class RangeForm(forms.Form):
    """What the plan is made of."""

    module = forms.ModelChoiceField(
        Module.objects.whole(), to_field_name="key", required=False, empty_label="All modules"
    )
    objective = forms.ChoiceField(
        choices=[("", "All objectives"), *Enhancement.Objective.choices], required=False
    )
    since = Day("From")
    until = Day("Until")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "This lies before the first day.")
        return cleaned

    @property
    def range(self) -> Range:
        """The range as asked for; what cannot be read is not asked for."""
        asked = self.cleaned_data if self.is_valid() else {}
        return Range(asked.get("module"), asked.get("since"), asked.get("until"), asked.get("objective", ""))


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page shows."""
    form = RangeForm(request.GET)
    drawn, actor = plan.draw_up(form.range), actor_of(request)
    query = request.GET.urlencode()
    return {
        "title": "Phase 2 plan",
        "form": form,
        "plan": drawn,
        "filtered": any(form.range.__dict__.values()),
        "enhancements": [lines.shown(line) for line in drawn.enhancements],
        "proposals": [lines.shown(line, proposal=True) for line in drawn.proposals[:FIRST]],
        "more": max(0, len(drawn.proposals) - FIRST),
        "criteria": [
            (TITLES[name], MEANINGS[name], drawn.weights[name], _percent(drawn, name)) for name in CRITERIA
        ],
        "may_add": actor.may("feedback.add_enhancement"),
        "may_change": actor.may(weights.PERMISSION),
        "requests_url": links.tickets(category__exact=Ticket.Category.FEATURE_REQUEST),
        "csv_url": f"{reverse('admin:feedback_enhancement_csv')}?{query}",
        "json_url": f"{reverse('admin:feedback_enhancement_json')}?{query}",
    }


def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The lines of the plan that the filters ask for."""
    drawn = plan.draw_up(RangeForm(request.GET).range)
    return csv_response("phase-2-plan.csv", documents.HEADER, documents.rows_of(drawn))


def as_json(request: HttpRequest) -> HttpResponse:
    """The whole document."""
    drawn = plan.draw_up(RangeForm(request.GET).range)
    found = documents.plan_of(drawn)
    headers = {"Content-Disposition": 'attachment; filename="phase-2-plan.json"'}
    return JsonResponse(found, encoder=Encoder, json_dumps_params={"indent": 2}, headers=headers)


def _percent(drawn: Plan, name: str) -> int:
    return round(100 * drawn.weights[name] / sum(drawn.weights.values()))
