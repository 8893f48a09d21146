"""Silences in the admin: what is quiet now, why and until when; added with a preview, and ended."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from monitoring.admin import words
from monitoring.admin.alerts.forms import SilenceForm, ends_at
from monitoring.admin.alerts.operations import facts
from monitoring.admin.alerts.wording import moment
from monitoring.admin.filters import StateFilter
from monitoring.alerts import muting, silencing
from monitoring.models import Alert, Silence
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent
from rollout.admin.module_filters import WholeModules

SHOWN = 10
STATE_LABELS = {"In force": "warning", "Planned": "info", "Over": ""}


class SilenceState(StateFilter):
    """Those that hold or will hold, unless told otherwise."""

    states = (
        ("open", "In force or planned"),
        ("force", "In force"),
        ("planned", "Planned"),
        ("over", "Over"),
        ("all", "All"),
    )

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        match self.value():
            case "all":
                return queryset
            case "force":
                return queryset.in_force(now)
            case "planned":
                return queryset.filter(starts_at__gt=now)
            case "over":
                return queryset.filter(ends_at__lte=now)
        return queryset.filter(ends_at__gt=now)


def covered(silence: Silence) -> Preview:
    """The open alerts that a silence matches: how many, and the first ones."""
    found = Alert.objects.open().filter(muting.matching(silence))
    context = {
        "count": found.count(),
        "alerts": [facts(each) for each in found.select_related("module").worst_first()[:SHOWN]],
    }
    return Preview("admin/monitoring/silence_preview.html", context)


def _preview_add(nothing: None, inputs: Inputs, actor: Actor) -> Preview | None:
    module, level = inputs.get("module"), inputs.get("level") or ""
    return covered(Silence(module=module, level=level)) if module or level else None


def _preview_end(silence: Silence, inputs: Inputs, actor: Actor) -> Preview:
    return covered(silence)


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    begins = inputs["starts_at"]
    made = silencing.silence(
        actor=actor,
        until=ends_at(inputs, begins),
        reason=inputs["reason"],
        module=inputs["module"],
        level=inputs["level"],
        starts_at=begins,
    )
    return f"“{made.title}” is silenced until {moment(made.ends_at, timezone.now())}."


def _end(silence: Silence, inputs: Inputs, actor: Actor, version: int | None) -> str:
    ended = silencing.end(silence, actor=actor)
    return f"The silence of “{ended.title}” is over. What still holds is told now."


class SilenceAdmin(VerbAdmin):
    operations = (
        Operation(
            name="add",
            title="Add silence",
            permission=silencing.ADD,
            perform=_add,
            preview=_preview_add,
            form=SilenceForm,
            previewed=("module", "level"),
            creates=True,
            icon="notifications_off",
            note="Alerts of this module and level send nothing and owe nothing for a while. To silence one "
            "alert alone, open it.",
        ),
        Operation(
            name="end",
            title="End silence",
            permission=silencing.END,
            perform=_end,
            preview=_preview_end,
            offered=lambda silence: silence.state != "over",
            icon="notifications_active",
            style="primary",
            note="What still holds is told now, and its clock begins.",
            on_list=True,
        ),
    )
    list_display = ("title", "status", "starts_at", "ends_at", "reason", "created_by")
    list_filter = (SilenceState, "level", ("module", WholeModules))
    fields = (
        "title",
        "status",
        "module",
        "level",
        "reason",
        "starts_at",
        "ends_at",
        "created_by",
        "ended_by",
    )

    class Media:
        css = {"all": ["monitoring/alerts.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Silence]:
        found: QuerySet[Silence] = super().get_queryset(request)
        return found.select_related("module")

    def describe(self, event: AuditEvent) -> str:
        return words.of_event(event) or super().describe(event)

    @display(description="State", label=STATE_LABELS)
    def status(self, silence: Silence) -> str:
        return silence.state.capitalize()
