"""Plans in the admin: the list, the page with its phase ladder, the members of the cohort."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.forms import HiddenInput, IntegerField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.decorators import display

from operations.actor import Actor
from operations.doors.admin import Operation, actor_of
from operations.doors.downloads import csv_response
from operations.doors.model_admin import VerbAdmin
from operations.errors import Refused
from operations.models import AuditEvent
from rollout import cohorts, facts, gates, plans
from rollout.admin import previews, shares, words
from rollout.admin.ladder import ladder
from rollout.admin.module_filters import ReleaseFilter, WholeModules
from rollout.admin.plan_operations import OPERATIONS
from rollout.cohorts import Shares
from rollout.models import Enrolment, Plan, Verdict
from rollout.models.workspaces import Workspace
from rollout.rules.ordering import Ordering

STATUS_LABELS = {
    "Draft": "",
    "Running": "success",
    "Paused": "warning",
    "Complete": "info",
    "Rolled back": "danger",
    "Archived": "",
}
VERDICT_LABELS = {"Pass": "success", "Hold": "warning", "Breach": "danger", "Unknown": "", "None yet": ""}
PER_PAGE = 50


class PlanList(ChangeList):
    """The list of plans, with their shares read for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        counted = shares.of_plans(rows)
        for plan in rows:
            plan.shares = counted.get(plan.pk)
        self.result_list = rows


class PlanForm(ModelForm):
    """What may be configured, with the version it was shown at."""

    shown_version = IntegerField(widget=HiddenInput)

    class Meta:
        model = Plan
        fields = plans.CONFIGURABLE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "shown_version" in self.fields:
            self.fields["shown_version"].initial = self.instance.version


class PlanAdmin(VerbAdmin):
    form = PlanForm
    operations: ClassVar[Sequence[Operation]] = OPERATIONS
    list_display = ("__str__", "module_name", "state", "progress", "phase", "health", "release_of")
    list_filter = ("status", ("module", WholeModules), ReleaseFilter)
    search_fields = ("name", "module__name", "module__part_of__name")
    list_select_related = ("module__part_of",)
    fieldsets = (("Configuration", {"fields": (*plans.CONFIGURABLE, "shown_version")}),)
    change_form_outer_before_template = "admin/rollout/plan_head.html"
    change_form_after_template = "admin/rollout/plan_save.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PlanList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        latest = Verdict.objects.filter(plan=OuterRef("pk")).order_by("-measured_at", "-id")
        found: QuerySet[Plan] = super().get_queryset(request)
        found = found.select_related("module__part_of").prefetch_related("phases")
        return found.annotate(latest_verdict=Subquery(latest.values("result")[:1]))

    def get_fieldsets(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        if self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return (("Configuration", {"fields": plans.CONFIGURABLE}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        archived = obj is not None and obj.status == Plan.Status.ARCHIVED
        return not archived and request.user.has_perm("rollout.change_plan")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.path)
        return response

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in plans.CONFIGURABLE}
        stored = Plan.objects.get(pk=obj.pk)
        plans.configure(stored, actor=actor_of(request), version=form.cleaned_data["shown_version"], **values)

    @display(description="Module", ordering="module__name")
    def module_name(self, plan: Plan) -> str:
        return plan.module.name

    @display(description="Release of", ordering="module__part_of__name")
    def release_of(self, plan: Plan) -> str:
        return plan.module.part_of.name if plan.module.part_of else ""

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def state(self, plan: Plan) -> str:
        return plan.get_status_display()

    @display(description="Progress", ordering="percentage")
    def progress(self, plan: Plan) -> str:
        return words.share(plan, plan.shares)  # type: ignore[attr-defined]  # PlanList sets it

    @display(description="Phase")
    def phase(self, plan: Plan) -> str:
        current = gates.current_phase(plan)
        return f"{current.number} {current.name}" if current else "Not begun"

    @display(description="Health", label=VERDICT_LABELS)
    def health(self, plan: Plan) -> str:
        found: str | None = plan.latest_verdict  # type: ignore[attr-defined]  # annotated
        return Verdict.Result(found).label if found else "None yet"

    def describe(self, event: AuditEvent) -> str:
        return words.of_event(event)

    def page_context(self, request: HttpRequest, obj: Plan) -> dict[str, Any]:
        return state_of_page(obj, actor_of(request))

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/members/", view(self.members_view), name="rollout_plan_members"),
            path("<int:pk>/members/csv/", view(self.members_csv), name="rollout_plan_members_csv"),
        ]

    def members_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who is in the cohort now, since when; searchable."""
        plan = self._shown(request, pk)
        found, text = self._members(plan, request)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
        rows = list(page.object_list)
        if not self._by_user(plan):
            stays = Enrolment.objects.open().filter(plan=plan, workspace__in=[row.pk for row in rows])
            since = dict(stays.values_list("workspace_id", "entered_at"))
            for row in rows:
                row.since = since.get(row.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Members of the cohort",
            "opts": self.opts,
            "original": plan,
            "plan": plan,
            "page": page,
            "rows": rows,
            "query": text,
            "by_user": self._by_user(plan),
            "units": previews.units(plan.module),
        }
        return TemplateResponse(request, "admin/rollout/members.html", context)

    def members_csv(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The cohort, or what a search found of it, as CSV."""
        plan = self._shown(request, pk)
        found, _ = self._members(plan, request)
        names = previews.names(facts.state_of(plan.module), found)
        return csv_response(f"cohort-{plan.module.key}.csv", names.header, names.rows)

    def _shown(self, request: HttpRequest, pk: int) -> Plan:
        self.require_view(request)
        plan: Plan | None = self.get_object(request, str(pk))
        if plan is None:
            raise Http404
        return plan

    @staticmethod
    def _by_user(plan: Plan) -> bool:
        return plan.module.unit == plan.module.Unit.USER

    def _members(self, plan: Plan, request: HttpRequest) -> tuple[QuerySet[Any], str]:
        text = request.GET.get("q", "").strip()
        if plan.status == Plan.Status.ARCHIVED:
            return Workspace.objects.none(), text
        found = cohorts.members(facts.state_of(plan.module))
        if text and self._by_user(plan):
            found = found.filter(member__icontains=text)
        elif text:
            found = found.filter(Q(name__icontains=text) | Q(id__istartswith=text))
        return found, text


def state_of_page(plan: Plan, actor: Actor) -> dict[str, Any]:
    """A plan as its page shows it: the share, what stands against the next step, the ladder."""
    by_user = plan.module.unit == plan.module.Unit.USER
    counted = Shares(0, 0) if plan.status == Plan.Status.ARCHIVED else cohorts.shares(facts.state_with(plan))
    following = gates.next_phase(plan)
    if following is not None:
        refused = gates.may_run(plan, following.number, actor=actor, shares=counted)
    else:
        refused = gates.may_complete(plan, shares=counted) if plan.status == Plan.Status.RUNNING else []
    return {
        "plan": plan,
        "shares": counted,
        "units": previews.units(plan.module),
        "by_user": by_user,
        "by_id": plan.ordering == Ordering.WORKSPACE_ID,
        "sentence": words.share(plan, counted),
        "status_label": STATUS_LABELS[plan.get_status_display()],
        "drifted": any(reason.code == "drift" for reason in refused),
        "following": following,
        "refused": refused,
        "ladder": ladder(plan, refused),
        "verdict": gates.latest_verdict(plan),
        "verdict_labels": VERDICT_LABELS,
        "approvals": list(plan.approvals.filter(plan_version=plan.version)) if plan.needs_approval else [],
    }
