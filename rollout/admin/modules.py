"""Modules in the admin: who is eligible, and who is on the internal list."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from unfold.decorators import display

from operations.actor import Actor
from operations.doors.admin import Inputs, Names, Operation, Preview
from operations.doors.model_admin import VerbAdmin
from rollout import modules
from rollout.admin import forms, previews, shares
from rollout.admin.flag_transfer import TransferPages, may_import
from rollout.models import Module, Plan

LISTS = ("tiers", "statuses", "roles")


def set_eligibility(
    module: Module, inputs: Inputs, actor: Actor, *, dry_run: bool = False
) -> modules.EligibilityChange:
    lists = {name: inputs[name] for name in LISTS}
    return modules.set_eligibility(module, **lists, actor=actor, dry_run=dry_run)


def perform_eligibility(module: Module, inputs: Inputs, actor: Actor, version: int | None) -> str:
    set_eligibility(module, inputs, actor)
    return f"Who is eligible for {module} was changed."


def preview_eligibility(module: Module, inputs: Inputs, actor: Actor) -> Preview:
    return previews.of_comparison(set_eligibility(module, inputs, actor, dry_run=True).comparison, module)


def names_eligibility(module: Module, inputs: Inputs, actor: Actor, side: str) -> Names:
    return previews.of_side(set_eligibility(module, inputs, actor, dry_run=True).comparison, side)


def set_internal_list(module: Module, inputs: Inputs, actor: Actor, version: int | None) -> str:
    modules.set_internal_list(module, inputs["internal"], actor=actor)
    return f"The internal list of {module} has {len(inputs['internal'])} entries."


def _lines(entries: Any) -> str:
    return "\n".join(entries)


class WholeList(ChangeList):
    """The list of modules that people choose from; a part's page is reached from its plan's."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Module]:
        found: QuerySet[Module] = super().get_queryset(request, exclude_parameters)
        return found.filter(part_of=None)


class ModuleAdmin(VerbAdmin):
    operations = (
        Operation(
            name="eligibility",
            title="Change who is eligible",
            permission="rollout.edit_eligibility",
            perform=perform_eligibility,
            preview=preview_eligibility,
            names=names_eligibility,
            form=forms.EligibilityForm,
            initial=lambda module: {name: _lines(getattr(module, name)) for name in LISTS},
            previewed=LISTS,
            offered=lambda module: module.unit == Module.Unit.WORKSPACE,
            icon="rule",
            note="Who is in follows at once: whoever is no longer eligible loses the module.",
        ),
        Operation(
            name="internal-list",
            title="Change the internal list",
            permission="rollout.change_module",
            perform=set_internal_list,
            form=forms.InternalListForm,
            initial=lambda module: {
                "internal": _lines(module.internal_units.values_list("unit_id", flat=True))
            },
            icon="badge",
            note="Who is on it has the module before anybody else, whatever the plan says.",
        ),
    )
    list_display = ("name", "key", "unit", "flag_count", "plan_text")
    search_fields = ("name", "key")
    change_form_outer_before_template = "admin/rollout/module_head.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WholeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Module]:
        found: QuerySet[Module] = super().get_queryset(request)
        return found.annotate(flag_count=Count("flags")).prefetch_related("plans")

    def get_fieldsets(self, request: HttpRequest, obj: Module | None = None) -> Any:
        return ()

    def more_urls(self) -> list[URLPattern]:
        return TransferPages(self).urls()

    @display(description="Flags", ordering="flag_count")
    def flag_count(self, module: Module) -> int:
        return int(module.flag_count)  # type: ignore[attr-defined]  # annotated

    @display(description="Plan")
    def plan_text(self, module: Module) -> str:
        live = [plan for plan in module.plans.all() if plan.status != Plan.Status.ARCHIVED]
        return f"{live[0]}: {live[0].get_status_display().lower()}, {live[0].percentage} %" if live else "-"

    def page_context(self, request: HttpRequest, obj: Module) -> dict[str, Any]:
        by_user = obj.unit == Module.Unit.USER
        return {
            "module": obj,
            "by_user": by_user,
            "eligible": None if by_user else shares.eligible_of([obj])[obj.pk],
            "plan": next((plan for plan in obj.plans.all() if plan.status != Plan.Status.ARCHIVED), None),
            "flags": obj.flags.order_by("from_phase", "pk"),
            "may_import_flags": may_import(request),
            "internal": list(obj.internal_units.values_list("unit_id", flat=True)[:51]),
        }
