"""Service targets in the admin: within how many hours of business each severity is answered and resolved."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from feedback.admin.service.wording import FROM_NOW_ON
from feedback.models import ServiceTarget
from feedback.models.tickets import RANKS
from feedback.service import targets
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin

CHANGE = "feedback.change_servicetarget"
HOUR = 60


def _hours(label: str, help_text: str = "") -> forms.DecimalField:
    widget = UnfoldAdminDecimalFieldWidget({"min": 0, "step": "any", "inputmode": "decimal"})
    return forms.DecimalField(
        min_value=0, max_digits=8, decimal_places=2, widget=widget, label=label, help_text=help_text
    )


class TargetForm(forms.Form):
    first_response = _hours("First response within", "Hours of business; 0.5 is half an hour.")
    resolution = _hours("Resolved within", "Hours of business.")


def _set(target: ServiceTarget, inputs: Inputs, actor: Actor, version: int | None) -> str:
    minutes = {name: round(inputs[name] * HOUR) for name in ("first_response", "resolution")}
    changed = targets.set_target(target.severity, actor=actor, **minutes)
    first, resolved = _spelled(changed.first_response), _spelled(changed.resolution)
    return f"{changed.get_severity_display()}: answered within {first}, resolved within {resolved}."


def _initial(target: ServiceTarget) -> Inputs:
    return {name: _decimal(getattr(target, name)) for name in ("first_response", "resolution")}


def _decimal(minutes: int) -> str:
    return f"{(Decimal(minutes) / HOUR).quantize(Decimal('0.01')).normalize():f}"


def _spelled(minutes: int) -> str:
    hours, rest = divmod(minutes, HOUR)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)


class TargetAdmin(VerbAdmin):
    operations = (
        Operation(
            name="change",
            title="Change the target",
            permission=CHANGE,
            perform=_set,
            form=TargetForm,
            initial=_initial,
            icon="timer",
            style="primary",
            note=FROM_NOW_ON,
        ),
    )
    list_display = ("severity", "first", "resolved")
    list_before_template = "admin/feedback/service/targets_head.html"
    fields = ("severity", "first", "resolved")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceTarget]:
        found: QuerySet[ServiceTarget] = super().get_queryset(request)
        worst_first = Case(*(When(severity=name, then=rank) for name, rank in RANKS.items()))
        return found.order_by(worst_first)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        head = {**(extra_context or {}), "from_now_on": FROM_NOW_ON}
        response: HttpResponse = super().changelist_view(request, head)
        return response

    @display(description="First response within")
    def first(self, target: ServiceTarget) -> str:
        return _spelled(target.first_response)

    @display(description="Resolved within")
    def resolved(self, target: ServiceTarget) -> str:
        return _spelled(target.resolution)
