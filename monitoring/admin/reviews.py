"""Reviews in the admin: those that are owed, each ticked with a note of what was seen."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from monitoring import cadence, reviews
from monitoring.admin import links, words
from monitoring.admin.filters import PlanFilter, StateFilter
from monitoring.models import HealthCheck, Review
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.model_admin import VerbAdmin
from rollout.models import Plan

STATE_LABELS = {"Due": "warning", "Ahead": "", "Done": "success", "Lapsed": ""}


def note(**options: Any) -> forms.CharField:
    """A note that has to be written."""
    widget = UnfoldAdminTextareaWidget({"rows": 3})
    return forms.CharField(max_length=reviews.LONGEST_NOTE, widget=widget, label="Note", **options)


class NoteForm(forms.Form):
    note = note(help_text="What you looked at and what you saw. It stays with the review.")


def state_of(review: Review) -> str:
    """Due, ahead, done or lapsed."""
    if review.done_at:
        return "Done"
    if review.lapsed_at:
        return "Lapsed"
    return "Due" if review.due_at <= timezone.now() else "Ahead"


def _tick(review: Review, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = reviews.do(review, actor=actor, note=inputs["note"])
    return f"{done} is ticked."


def _preview(review: Review, inputs: Inputs, actor: Actor) -> Preview:
    """What there is to review: the newest check of the plan."""
    newest = _newest_check(review.plan)
    context = {
        "review": review,
        "state": state_of(review),
        "check": newest,
        "result_label": words.RESULT_LABELS[newest.result] if newest else "",
        "check_url": links.check(newest.pk) if newest else "",
        "history_url": links.history(review.plan),
        "points": cadence.POINTS.get(review.kind),
    }
    return Preview("admin/monitoring/review_preview.html", context)


def _newest_check(plan: Plan) -> HealthCheck | None:
    """The newest check of the plan; of a part, that of its whole where it is checked no more itself."""
    modules = [plan.module_id, *filter(None, [plan.module.part_of_id])]
    found = HealthCheck.objects.filter(plan__module__in=modules) if len(modules) > 1 else plan.checks.all()
    return found.defer("details").order_by("-slot", "-plan").first()


def _of_the_past(request: HttpRequest) -> bool:
    return request.GET.get(StateFilter.parameter_name) in StateFilter.past


class ReviewAdmin(VerbAdmin):
    operations = (
        Operation(
            name="tick",
            title="Tick review",
            permission=reviews.PERMISSION,
            perform=_tick,
            preview=_preview,
            form=NoteForm,
            offered=lambda review: state_of(review) == "Due",
            icon="task_alt",
            style="primary",
            note="Look at the plan's health, then say what you saw.",
            on_list=True,
        ),
    )
    list_display = ("name", "plan", "kind", "state", "due_at", "late")
    list_display_links = ("name",)
    list_filter = (StateFilter, "kind", PlanFilter)
    list_select_related = ("plan",)
    # What is complete has a hundred ahead; what is due stands first.
    list_per_page = 25
    change_form_outer_before_template = "admin/monitoring/review.html"
    change_form_outer_after_template = ""

    class Media:
        css = {"all": ["monitoring/health.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        found: QuerySet[Review] = super().get_queryset(request)
        return found.select_related("plan__module", "run")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What is owed first, of the past the latest first."""
        return ("-due_at",) if _of_the_past(request) else ("due_at",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """An open review has no note yet."""
        return (*self.list_display, "done_by", "note") if _of_the_past(request) else self.list_display

    def get_fieldsets(self, request: HttpRequest, obj: Review | None = None) -> Any:
        return ()

    def page_context(self, request: HttpRequest, obj: Review) -> dict[str, Any]:
        state = state_of(obj)
        points = cadence.POINTS.get(obj.kind)
        return {"review": obj, "state": state, "state_label": STATE_LABELS[state], "points": points}

    @display(description="Review", ordering="number")
    def name(self, review: Review) -> str:
        return f"Review {review.number}"

    @display(description="State", label=STATE_LABELS)
    def state(self, review: Review) -> str:
        return state_of(review)

    @display(description="Waits")
    def late(self, review: Review) -> str:
        return f"for {timesince(review.due_at, depth=1)}" if state_of(review) == "Due" else ""
