"""The sections of a flag's page, each as a part of its template's context."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from operations.doors.admin import actor_of, operation_url
from operations.doors.model_admin import VerbAdmin
from operations.doors.paging import slice_of
from rollout import records
from rollout.admin import groups_editor, rule_editor, trial, variant_editor
from rollout.admin.forms import DayForm
from rollout.admin.trial import TrialForm
from rollout.models import Flag, Module
from rollout.rules import conditions

PER_PAGE = 20


def definition(admin: VerbAdmin, request: HttpRequest, flag: Flag) -> dict[str, Any]:
    """Rules in words and variants with their shares, each with the link that changes it; the test box."""
    may = actor_of(request).may("rollout.change_flag") and not flag.is_archived
    boolean = flag.value_type == Flag.ValueType.BOOLEAN
    rules = list(flag.rules.all())
    names_segments = any(conditions.segments_named(rule.groups) for rule in rules)
    segments = groups_editor.segment_names() if names_segments else {}
    return {
        "boolean": boolean,
        "sentences": rule_editor.in_words(flag, rules, segments),
        "edit_rules": operation_url(admin, "rules", [flag]) if may else "",
        "variants": [] if boolean else variant_editor.lines(flag, flag.variants.all()),
        "edit_variants": operation_url(admin, "variants", [flag]) if may and not boolean else "",
        "not_counted": trial.NOT_COUNTED,
        "trial_form": TrialForm(initial=trial.offered(flag)),
    }


def overrides(admin: VerbAdmin, request: HttpRequest, flag: Flag) -> dict[str, Any]:
    """One page of the overrides, each with the link that removes it."""
    page = slice_of(flag.overrides.order_by("unit_id"), request, "overrides", PER_PAGE)
    may = actor_of(request).may("rollout.override_flag")
    return {
        "overrides": page,
        "override_rows": [
            (row, operation_url(admin, "remove-override", [flag], unit=row.unit_id) if may else "")
            for row in page
        ],
        "now": timezone.now(),
    }


def selection(admin: VerbAdmin, request: HttpRequest, flag: Flag) -> dict[str, Any]:
    """One page of the selected workspaces, where the flag has some ahead of the others."""
    if flag.selected_from_phase is None:
        return {}
    rows = flag.selections.filter(removed_at=None).select_related("workspace").order_by("workspace_id")
    page = slice_of(rows, request, "selected", PER_PAGE)
    may = actor_of(request).may("rollout.select_units")
    return {
        "selections": page,
        "selection_rows": [
            (row, operation_url(admin, "deselect", [flag], workspaces=row.workspace_id) if may else "")
            for row in page
        ],
    }


def record(request: HttpRequest, flag: Flag) -> dict[str, Any]:
    """How many had the flag at a moment, by the record."""
    if flag.module.unit == Module.Unit.USER:
        return {}
    form = DayForm(request.GET if "at" in request.GET else None)
    found: dict[str, Any] = {"day": form}
    if form.is_bound and form.is_valid():
        found["at"] = form.cleaned_data["at"]
        found["enrolled"] = records.enrolled(flag, found["at"]).count()
    return found
