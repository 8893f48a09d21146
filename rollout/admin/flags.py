"""Flags in the admin: the list with each flag's share, and the page that says who has it."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.decorators import display

from operations.doors.downloads import csv_response
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent
from rollout import cleanup, cohorts, facts, records
from rollout.admin import flag_events, flag_sections, previews, shares, trial, usage_chart
from rollout.admin.flag_filters import CleanUpFilter, StateFilter
from rollout.admin.flag_operations import OPERATIONS
from rollout.admin.forms import DayForm
from rollout.admin.module_filters import WholeModules
from rollout.admin.rule_editor import RulesForm
from rollout.facts import State
from rollout.models import Enrolment, Flag, Override
from rollout.rules.reach import FlagFacts

STATE_LABELS = {
    "Live": "success",
    "Killed": "danger",
    "Held back": "warning",
    "Scheduled": "info",
    "Ended": "",
    "Archived": "",
}


class FlagList(ChangeList):
    """The list of flags, with shares and overrides read for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        shown = shares.of_flags(rows)
        counted = Override.objects.in_force().filter(flag__in=rows).order_by()
        overrides = dict(counted.values_list("flag").annotate(n=Count("pk")))
        for flag in rows:
            flag.share_text = shown[flag.pk]
            flag.override_count = overrides.get(flag.pk, 0)
        self.result_list = rows


class FlagAdmin(VerbAdmin):
    operations = OPERATIONS
    list_display = ("key", "state", "kind", "module_name", "starts", "share", "override_count", "owner")
    list_filter = (StateFilter, CleanUpFilter, "value_type", ("module", WholeModules))
    search_fields = ("key", "name", "owner")
    list_select_related = ("module",)
    ordering = ("module__name", "from_phase", "pk")
    change_form_outer_before_template = "admin/rollout/flag_head.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FlagList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flag]:
        found: QuerySet[Flag] = super().get_queryset(request)
        return found.select_related("module", "prerequisite")

    def get_fieldsets(self, request: HttpRequest, obj: Flag | None = None) -> Any:
        return ()

    @display(description="State", label=STATE_LABELS)
    def state(self, flag: Flag) -> str:
        if flag.is_archived:
            return "Archived"
        if flag.killed:
            return "Killed"
        now = timezone.now()
        if flag.off_at is not None and flag.off_at <= now:
            return "Ended"
        if flag.on_from is not None and flag.on_from > now:
            return "Scheduled"
        return "Held back" if flag.max_percentage is not None else "Live"

    @display(description="Answers", ordering="value_type")
    def kind(self, flag: Flag) -> str:
        return flag.get_value_type_display()

    @display(description="Module")
    def module_name(self, flag: Flag) -> str:
        return flag.module.name

    @display(description="From phase")
    def starts(self, flag: Flag) -> str:
        if flag.selected_from_phase is None:
            return str(flag.from_phase)
        return f"{flag.from_phase} (selected from {flag.selected_from_phase})"

    @display(description="Share")
    def share(self, flag: Flag) -> str:
        return str(flag.share_text)  # type: ignore[attr-defined]  # FlagList sets it

    @display(description="Overrides")
    def override_count(self, flag: Flag) -> int:
        return int(flag.override_count)  # type: ignore[attr-defined]  # FlagList sets it

    def describe(self, event: AuditEvent) -> str:
        return flag_events.of_event(event)

    def page_context(self, request: HttpRequest, obj: Flag) -> dict[str, Any]:
        state = facts.state_of(obj.module)
        return {
            "flag": obj,
            "status": self.state(obj),
            "status_label": STATE_LABELS[self.state(obj)],
            "units": previews.units(obj.module),
            "by_user": state.by_user,
            "shares": cohorts.shares_with(state, facts_of(state, obj)),
            "plan_id": state.plan_id,
            **flag_sections.definition(self, request, obj),
            "clean_up": cleanup.reasons([obj]).get(obj.pk, []),
            "usage": usage_chart.of_flag(obj),
            **flag_sections.overrides(self, request, obj),
            **flag_sections.selection(self, request, obj),
            **flag_sections.record(request, obj),
        }

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/who/csv/", view(self.who_csv), name="rollout_flag_who_csv"),
            path("<int:pk>/record/csv/", view(self.record_csv), name="rollout_flag_record_csv"),
            path("<int:pk>/try/", view(self.try_view), name="rollout_flag_try"),
        ]

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the flag answers to whom, by its own rules or by posted drafts.

        A script gets the answer alone, anybody else a page with it.
        """
        flag = self._shown(request, pk)
        drafted = request.method == "POST"
        form = RulesForm(request.POST if drafted else request.GET, initial=trial.offered(flag))
        form.is_valid()
        asked = form.cleaned_data
        rules = asked["rules"] if drafted else None
        found = trial.answered(flag, asked.get("unit", ""), asked.get("context", ""), rules=rules)
        if "HX-Request" in request.headers:
            return TemplateResponse(request, "admin/rollout/editor/trial_answer.html", {"trial": found})
        context = {
            **self.admin_site.each_context(request),
            "title": "Who has it?",
            "opts": self.opts,
            "original": flag,
            "trial": found,
            "trial_form": form,
        }
        return TemplateResponse(request, "admin/rollout/flag_try.html", context)

    def who_csv(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Everybody who has the flag now."""
        flag = self._shown(request, pk)
        state = facts.state_of(flag.module)
        names = previews.names(state, cohorts.members_with(state, facts_of(state, flag)))
        return csv_response(f"{flag.key}.csv", names.header, names.rows)

    def record_csv(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Who had the flag at a moment, by the record."""
        flag = self._shown(request, pk)
        form = DayForm(request.GET)
        if not form.is_valid():
            raise Http404
        at = form.cleaned_data["at"]
        stays: QuerySet[Enrolment] = records.enrolled(flag, at).order_by("order_key")
        found = stays.values_list("workspace_id", "workspace__name", "entered_at").iterator(chunk_size=2_000)
        rows = ((pk, name, entered.isoformat()) for pk, name, entered in found)
        return csv_response(f"{flag.key}-{at:%Y-%m-%d}.csv", ("workspace", "name", "since"), rows)

    def _shown(self, request: HttpRequest, pk: int) -> Flag:
        if not self.has_view_permission(request):
            raise PermissionDenied
        flag: Flag | None = self.get_object(request, str(pk))
        if flag is None:
            raise Http404
        return flag


def facts_of(state: State, flag: Flag) -> FlagFacts:
    """The flag as the rules see it."""
    return next(found for found in state.flags if found.key == flag.key)
