"""Environments in the admin: how each one's CI is asked, where its health is, and what runs there."""

from typing import Any

from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.models import Channel
from releases import environments
from releases.admin.releases import links
from releases.lifecycle import UNDER_WAY, DeploymentState
from releases.models import Deployment, Environment

BY_HAND = "Nobody: people do the steps by hand"


class EnvironmentForm(forms.Form):
    channel = forms.ModelChoiceField(
        Channel.objects.enabled().filter(kind=Channel.Kind.WEBHOOK),
        required=False,
        empty_label=BY_HAND,
        widget=UnfoldAdminSelectWidget(),
        label="Webhook of the CI",
        help_text="It gets the signed message `step.requested` and reports back over the API.",
    )
    health_url = forms.CharField(
        required=False,
        max_length=environments.LONGEST_URL,
        widget=UnfoldAdminTextInputWidget({"placeholder": "https://portal.example.org/health"}),
        label="Health URL",
        help_text="Answers 200 while the product is well. Empty: it is not asked.",
    )


def _change(environment: Environment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    done = environments.change(environment, actor=actor, version=version, **inputs)
    return f"{done} is changed: deployments that start from now on use it."


class EnvironmentAdmin(VerbAdmin):
    operations = (
        Operation(
            name="change",
            title="Change",
            permission=environments.CHANGE,
            perform=_change,
            form=EnvironmentForm,
            initial=lambda environment: {
                "channel": environment.channel_id,
                "health_url": environment.health_url,
            },
            icon="edit",
            style="primary",
            note="A channel is added on the page of channels first. A step that was asked for already is "
            "answered by whom it was sent to.",
        ),
    )
    list_display = ("name", "ci", "health", "runs", "newest")
    fields = ("name", "ci", "health")
    list_before_template = "admin/releases/environments_head.html"
    change_form_outer_before_template = "admin/releases/environment.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Environment]:
        here = Deployment.objects.filter(environment=OuterRef("pk"))
        complete = here.filter(state=DeploymentState.COMPLETE).order_by("-finished_at")
        found: QuerySet[Environment] = super().get_queryset(request)
        return found.select_related("channel").annotate(
            going=Subquery(here.filter(state__in=UNDER_WAY).values("release__version")[:1]),
            last_version=Subquery(complete.values("release__version")[:1]),
        )

    @display(description="CI")
    def ci(self, environment: Environment) -> str:
        channel = environment.channel
        if channel is None:
            return "by hand"
        return f"{channel}, which is disabled" if channel.disabled_at else str(channel)

    @display(description="Health URL")
    def health(self, environment: Environment) -> str:
        return environment.health_url or "not asked"

    @display(description="Under way")
    def runs(self, environment: Environment) -> str:
        return environment.going or "-"  # type: ignore[attr-defined]  # annotated

    @display(description="Newest release")
    def newest(self, environment: Environment) -> str:
        return environment.last_version or "-"  # type: ignore[attr-defined]  # annotated

    def page_context(self, request: HttpRequest, obj: Environment) -> dict[str, Any]:
        return {
            "environment": obj,
            "disabled": obj.channel is not None and obj.channel.disabled_at is not None,
            "latest": list(
                obj.deployments.select_related("release").order_by("-id")[:5]
                if request.user.has_perm("releases.view_deployment")
                else ()
            ),
            "deployments_url": links.deployments(environment__key__exact=obj.pk),
        }
