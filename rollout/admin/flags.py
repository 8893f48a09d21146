"""Flags in the admin: the list with each flag's share, and the page that says who has it."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.decorators import display

from operations.doors.admin import actor_of, operation_url
from operations.doors.downloads import csv_response
from operations.doors.model_admin import VerbAdmin
from operations.doors.paging import slice_of
from operations.errors import Refused
from rollout import answers, cohorts, facts, records
from rollout.admin import previews, shares
from rollout.admin.flag_operations import OPERATIONS
from rollout.admin.forms import DayForm, LookupForm
from rollout.facts import State
from rollout.models import Enrolment, Flag, Module, Override
from rollout.reach import FlagFacts

STATE_LABELS = {"Live": "success", "Killed": "danger", "Held back": "warning", "Archived": ""}
PER_PAGE = 20


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


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Live"), ("killed", "Killed"), ("held", "Held back"), ("archived", "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "live":
                return queryset.filter(archived_at=None, killed=False)
            case "killed":
                return queryset.filter(archived_at=None, killed=True)
            case "held":
                return queryset.filter(archived_at=None).exclude(max_percentage=None)
            case "archived":
                return queryset.exclude(archived_at=None)
        return queryset


class FlagAdmin(VerbAdmin):
    operations = OPERATIONS
    list_display = ("key", "state", "module_name", "starts", "share", "override_count")
    list_filter = (StateFilter, "module")
    search_fields = ("key", "name")
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
        if flag.archived_at is not None:
            return "Archived"
        if flag.killed:
            return "Killed"
        return "Held back" if flag.max_percentage is not None else "Live"

    @display(description="Module", ordering="module__name")
    def module_name(self, flag: Flag) -> str:
        return flag.module.name

    @display(description="From phase", ordering="from_phase")
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
            **self._lookup(request, obj, state),
            **self._overrides(request, obj),
            **self._selection(request, obj),
            **self._record(request, obj),
        }

    def _lookup(self, request: HttpRequest, flag: Flag, state: State) -> dict[str, Any]:
        form = LookupForm(request.GET if "unit" in request.GET else None)
        found: dict[str, Any] = {"lookup": form}
        if form.is_bound and form.is_valid():
            try:
                given = answers.of_state(flag.module, state, form.cleaned_data["unit"].strip())
            except Refused as refusal:
                form.add_error("unit", refusal.message)
            else:
                found["answer"] = next(answer for answer in given if answer.flag == flag.key)
        return found

    def _overrides(self, request: HttpRequest, flag: Flag) -> dict[str, Any]:
        page = slice_of(flag.overrides.order_by("unit_id"), request, "overrides", PER_PAGE)
        may = actor_of(request).may("rollout.override_flag")
        return {
            "overrides": page,
            "override_rows": [
                (row, operation_url(self, "remove-override", [flag], unit=row.unit_id) if may else "")
                for row in page
            ],
            "now": timezone.now(),
        }

    def _selection(self, request: HttpRequest, flag: Flag) -> dict[str, Any]:
        if flag.selected_from_phase is None:
            return {}
        rows = flag.selections.filter(removed_at=None).select_related("workspace").order_by("workspace_id")
        page = slice_of(rows, request, "selected", PER_PAGE)
        may = actor_of(request).may("rollout.select_units")
        return {
            "selections": page,
            "selection_rows": [
                (row, operation_url(self, "deselect", [flag], workspaces=row.workspace_id) if may else "")
                for row in page
            ],
        }

    def _record(self, request: HttpRequest, flag: Flag) -> dict[str, Any]:
        if flag.module.unit == Module.Unit.USER:
            return {}
        form = DayForm(request.GET if "at" in request.GET else None)
        found: dict[str, Any] = {"day": form}
        if form.is_bound and form.is_valid():
            found["at"] = form.cleaned_data["at"]
            found["enrolled"] = records.enrolled(flag, found["at"]).count()
        return found

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/who/csv/", view(self.who_csv), name="rollout_flag_who_csv"),
            path("<int:pk>/record/csv/", view(self.record_csv), name="rollout_flag_record_csv"),
        ]

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
