"""Deployments in the admin: what goes where now and went before, and a deployment's page with its ladder."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from unfold.decorators import display

from operations.doors.admin import Operation, actor_of
from operations.doors.model_admin import Button, VerbAdmin
from operations.doors.paging import Slice
from releases.admin.deployments import evidence, telling
from releases.admin.deployments.operations import OPERATIONS
from releases.admin.releases import links, missing, story
from releases.admin.releases.wording import DEPLOYMENT_LABELS, by_whom
from releases.deployments import rows
from releases.lifecycle import UNDER_WAY, DeploymentState
from releases.models import PRODUCTION, Deployment

PAGE_ONLY = ("notes", "rollback_reason", "approved_by")


class DeploymentPages(VerbAdmin):
    """The list and the page. The checklist's pages are put to it in the project."""

    operations: ClassVar[Sequence[Operation]] = OPERATIONS
    list_display = ("what", "environment", "state_chip", "share", "waits", "started_at", "finished_at", "who")
    list_display_links = ("what",)
    # A part of a module, which each release has of its own, has no deployments.
    list_filter = ("state", "environment", "method", ("release__module", RelatedOnlyFieldListFilter))
    search_fields = ("release__version", "release__title")
    search_help_text = "A version, or words of a release's title"
    list_before_template = "admin/releases/deployments_head.html"
    change_form_outer_before_template = "admin/releases/deployment.html"
    change_form_outer_after_template = ""
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deployment]:
        found: QuerySet[Deployment] = super().get_queryset(request)
        found = found.select_related("release__module", "environment", "plan", "window")
        here = request.resolver_match
        return found if here and "object_id" in here.kwargs else found.defer(*PAGE_ONLY)

    def get_fieldsets(self, request: HttpRequest, obj: Deployment | None = None) -> Any:
        return ()

    def more_urls(self) -> list[URLPattern]:
        return [*super().more_urls(), *evidence.urls(self)]

    def buttons(self, request: HttpRequest, obj: Deployment) -> list[Button]:
        """Its operations, and the start of what is planned, which is an operation of its release."""
        actor = actor_of(request)
        found = super().buttons(request, obj)
        if not actor.may(rows.DEPLOY):
            found = [button for button in found if button.name != "override"]
        elif obj.state == DeploymentState.PLANNED and obj.environment_id == PRODUCTION:
            url = links.operation("release", "deploy", obj.release)
            found.insert(0, Button("deploy", "Deploy to production", url, "rocket_launch", "primary"))
        return found

    def page_context(self, request: HttpRequest, obj: Deployment) -> dict[str, Any]:
        told = telling.read([obj], actor_of(request))[0]
        return {
            **super().page_context(request, obj),
            "deployment": obj,
            "told": told,
            "release_url": links.release(obj.release_id),
            "missing": missing.of(obj),
        }

    def timeline_of(self, request: HttpRequest, obj: Deployment) -> Slice:
        return story.of_deployment(request, obj)

    @display(description="Deployment", ordering="-id")
    def what(self, deployment: Deployment) -> str:
        return f"{deployment.pk}: release {deployment.release.version}"

    @display(description="State", ordering="state", label=DEPLOYMENT_LABELS)
    def state_chip(self, deployment: Deployment) -> tuple[str, str]:
        return deployment.state, deployment.get_state_display()

    @display(description="Share")
    def share(self, deployment: Deployment) -> str:
        return share_of(deployment)

    @display(description="Waits for")
    def waits(self, deployment: Deployment) -> str:
        return deployment.held_because if deployment.state in UNDER_WAY and deployment.held_because else "-"

    @display(description="Deployed by", ordering="deployed_by")
    def who(self, deployment: Deployment) -> str:
        return by_whom(deployment.deployed_by) or "-"


def share_of(deployment: Deployment) -> str:
    """How many have it by now: "25 % of 100 %" while it goes on; "-" where it is not told by shares."""
    plan = deployment.plan
    if plan is None or deployment.state == DeploymentState.PLANNED:
        return "-"
    now = 0 if plan.all_off else plan.percentage
    going = deployment.state in UNDER_WAY and now < deployment.target_percentage
    return f"{now} %, to {deployment.target_percentage} %" if going else f"{now} %"
