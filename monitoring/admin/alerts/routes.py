"""Routes in the admin: which alerts go to which channel, what nobody is told of, and a test of each."""

from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

from monitoring.admin import links
from monitoring.admin.alerts import told, told_page
from monitoring.admin.alerts.forms import line, module_field
from monitoring.alerts import routes
from monitoring.levels import ORDER
from monitoring.models import Alert, Route
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.models import Channel

ADD, CHANGE, DELETE = "monitoring.add_route", "monitoring.change_route", "monitoring.delete_route"
TEST = "operations.test_channel"


class RouteForm(forms.Form):
    name = line(100, help_text='What it is for: "Critical to the people on call".')
    levels = forms.MultipleChoiceField(
        choices=Alert.Level.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        label="Takes alerts of level",
    )
    module = module_field("All modules, and alerts of none")
    channel = forms.ModelChoiceField(
        Channel.objects.all(),
        widget=UnfoldAdminSelectWidget(),
        help_text="Where its messages go. Channels are added under Operations.",
    )
    tells_resolved = forms.BooleanField(
        required=False, initial=True, widget=UnfoldBooleanWidget(), label="Also says when it is over"
    )


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    route = routes.add(actor=actor, **inputs)
    return f"The route “{route.name}” is added. Test it: a message that never arrives is found out too late."


def _change(route: Route, inputs: Inputs, actor: Actor, version: int | None) -> str:
    routes.change(route, actor=actor, **inputs)
    return f"The route “{inputs['name']}” is changed."


def _switch(route: Route, inputs: Inputs, actor: Actor, version: int | None) -> str:
    changed = routes.change(route, actor=actor, enabled=not route.enabled)
    return f"The route “{changed.name}” is {'on' if changed.enabled else 'off'}."


def _remove(route: Route, inputs: Inputs, actor: Actor, version: int | None) -> str:
    name = route.name
    routes.remove(route, actor=actor)
    return f"The route “{name}” is removed."


def _test(route: Route, inputs: Inputs, actor: Actor, version: int | None) -> str:
    routes.test(route, actor=actor)
    return f"A test is on its way to {route.channel}. See there whether it arrives."


def _initial(route: Route) -> Inputs:
    return {name: getattr(route, name) for name in ("name", "levels", "module", "channel", "tells_resolved")}


class LevelFilter(SimpleListFilter):
    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Alert.Level.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ORDER:
            return queryset
        # SQLite cannot look into a list; there are a few dozen routes at most.
        found = [pk for pk, levels in queryset.values_list("pk", "levels") if self.value() in levels]
        return queryset.filter(pk__in=found)


class RouteAdmin(VerbAdmin):
    operations = (
        Operation(
            name="add",
            title="Add route",
            permission=ADD,
            perform=_add,
            form=RouteForm,
            creates=True,
            icon="add_road",
            note="Alerts of these levels, of one module or of all, go to a channel.",
        ),
        Operation(
            name="test",
            title="Send a test",
            permission=TEST,
            perform=_test,
            offered=told.works,
            icon="send",
            style="primary",
            note="Sends one message that says it is a test to the route's channel.",
        ),
        Operation(
            name="change",
            title="Change route",
            permission=CHANGE,
            perform=_change,
            form=RouteForm,
            initial=_initial,
            icon="edit",
        ),
        Operation(
            name="switch",
            title="Switch on or off",
            permission=CHANGE,
            perform=_switch,
            label=lambda route: "Switch off" if route.enabled else "Switch on",
            icon="power_settings_new",
            note="A route that is off takes nothing. What was told through it stays in the story.",
        ),
        Operation(
            name="remove",
            title="Remove route",
            permission=DELETE,
            perform=_remove,
            icon="delete",
            style="danger",
            note="Nobody is told through it any more.",
        ),
    )
    list_display = ("name", "takes", "of", "channel", "status", "tells_resolved")
    list_filter = (LevelFilter, "channel")
    list_before_template = "admin/monitoring/routes_head.html"
    fields = ("name", "takes", "of", "channel", "status", "tells_resolved")

    class Media:
        css = {"all": ["monitoring/alerts.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Route]:
        found: QuerySet[Route] = super().get_queryset(request)
        return found.select_related("channel", "module")

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.told_view)
        return [path("told/", view, name="monitoring_route_told")]

    def told_view(self, request: HttpRequest) -> HttpResponse:
        """Who is told of a level and a module."""
        self.require_view(request)
        return told_page.respond(request, self)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        gaps = {"gaps": told.gaps(), "told_url": links.told()}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **gaps})
        return response

    @display(description="Takes")
    def takes(self, route: Route) -> str:
        return ", ".join(level for level in ORDER if level in route.levels)

    @display(description="Modules", ordering="module")
    def of(self, route: Route) -> str:
        return str(route.module) if route.module else "all modules"

    @display(description="State", label={"On": "success", "Off": "", "Channel off": "danger"})
    def status(self, route: Route) -> str:
        if not route.enabled:
            return "Off"
        return "Channel off" if route.channel.disabled_at else "On"
