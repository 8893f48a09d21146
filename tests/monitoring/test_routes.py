"""Routes: which alerts go where, and who would hear of one."""

from typing import Any

import pytest
from django.utils import timezone

from monitoring.alerts import routes
from monitoring.models import Route
from operations.errors import Forbidden, Invalid, Refused
from operations.models import Channel, OutboxMessage
from tests import builders
from tests.builders import ROOT, a_person, acting
from tests.doors import events_after, last_event
from tests.monitoring.announcing_world import a_channel, a_contact, a_route

pytestmark = pytest.mark.django_db


def faults(**values: Any) -> dict[str, str]:
    given = {"name": "ops", "levels": ["critical"], "channel": None, **values}
    given["channel"] = given["channel"] or a_channel("other")
    with pytest.raises(Invalid) as refused:
        routes.add(actor=ROOT, **given)
    return refused.value.fields


def disabled(channel: Channel) -> Channel:
    channel.disabled_at = timezone.now()
    channel.save()
    return channel


def test_a_route_is_added_changed_and_removed_each_with_one_event() -> None:
    builders.modules()
    last = last_event()
    route = routes.add(
        actor=ROOT,
        name=" On call ",
        channel=a_channel(),
        levels=["error", "critical", "error"],
        module=builders.module(),
    )
    assert (route.name, route.levels, route.enabled) == ("On call", ["critical", "error"], True)
    routes.change(route, actor=ROOT, levels=["critical"], module=None, enabled=False)
    routes.change(route, actor=ROOT, enabled=False)
    routes.remove(route, actor=ROOT)
    added, changed, removed = events_after(last)
    assert [added.action, changed.action, removed.action] == [
        "route.added",
        "route.changed",
        "route.removed",
    ]
    assert added.data == {
        "name": "On call",
        "channel": "ops",
        "levels": ["critical", "error"],
        "module": "patient_engagement",
        "tellsResolved": True,
        "enabled": True,
    }
    assert changed.data["after"] == {**added.data, "levels": ["critical"], "module": None, "enabled": False}
    assert not Route.objects.exists()


def test_every_fault_is_named() -> None:
    assert faults(name=" ", levels=[]) == {
        "name": "must have 1 to 100 printable characters",
        "levels": "must be one or more of critical, error, warning, info",
    }


def test_levels_that_nobody_knows_are_refused() -> None:
    assert list(faults(levels=["critical", "fatal"])) == ["levels"]


def test_a_name_is_taken_once() -> None:
    a_route(name="ops", channel=a_channel("first"))
    assert faults() == {"name": "there is a route of this name already"}


def test_a_route_begins_with_a_channel_that_is_enabled() -> None:
    off = disabled(a_channel("off"))
    assert faults(channel=off) == {"channel": "the channel off is disabled: enable it first"}
    gone = a_channel("gone")
    Channel.objects.filter(pk=gone.pk).delete()
    assert faults(channel=gone) == {"channel": "must be a channel"}


def test_a_route_whose_channel_was_disabled_can_be_changed_but_not_switched_on() -> None:
    route = a_route()
    disabled(route.channel)
    routes.change(route, actor=ROOT, name="Another name", enabled=False)
    with pytest.raises(Invalid, match="is disabled"):
        routes.change(route, actor=ROOT, enabled=True)
    routes.change(route, actor=ROOT, enabled=True, channel=a_channel("new"))
    assert Route.objects.get().enabled


def test_what_a_route_does_not_have_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="a route has no level"):
        routes.change(a_route(), actor=ROOT, level="critical")


def test_a_route_that_is_gone_is_refused() -> None:
    route = a_route()
    routes.remove(Route.objects.get(), actor=ROOT)
    with pytest.raises(Refused, match="was removed before"):
        routes.change(route, actor=ROOT, name="x")
    with pytest.raises(Refused, match="was removed before"):
        routes.remove(route, actor=ROOT)


def test_only_administrators_change_routes_and_a_product_manager_tests_them() -> None:
    route = a_route()
    manager = acting(a_person(group="Product manager"))
    for verb in (
        lambda: routes.add(actor=manager, name="x", channel=route.channel, levels=["info"]),
        lambda: routes.change(route, actor=manager, name="x"),
        lambda: routes.remove(route, actor=manager),
        lambda: routes.test(route, actor=acting(a_person("eve", group="Viewer"))),
    ):
        with pytest.raises(Forbidden):
            verb()
    routes.test(route, actor=manager)
    assert OutboxMessage.objects.count() == 1


def test_a_test_says_that_it_is_one() -> None:
    route = a_route(a_channel("ops"), "critical", "error", name="On call")
    last = last_event()
    message = routes.test(route, actor=ROOT)
    assert message.lane == f"channel:{route.channel.pk}"
    assert message.payload["subject"] == "[TEST] Alerts of the route On call"
    assert "nothing is wrong" in message.payload["text"]
    assert "critical, error alerts of all modules" in message.payload["text"]
    assert message.payload["event"] == "alert.test"
    assert [event.action for event in events_after(last)] == ["route.tested"]
    disabled(route.channel)
    with pytest.raises(Refused, match="is disabled"):
        routes.test(route, actor=ROOT)


def test_who_would_be_told_each_once() -> None:
    builders.modules()
    ops = a_channel("ops")
    a_route(ops, "critical", "error")
    a_route(ops, "critical")
    a_route(a_channel("pe"), "critical", module=builders.module())
    a_contact(1, "Dev", email="dev@example.org")
    a_contact(2, "Grace", channel=ops)
    a_contact(2, "Alan", email="alan@example.org")
    assert routes.told_of("critical", builders.module()) == ["ops", "pe", "alan@example.org"]
    assert routes.told_of("error", None) == ["ops", "dev@example.org"]
    assert routes.told_of("info", None) == []


def test_the_gaps_are_what_nobody_would_be_told_of() -> None:
    builders.modules()
    engagement, health = builders.module(), builders.module("health_management")
    everything = {(level, module) for level in ("critical", "error") for module in (engagement, health, None)}
    assert set(routes.gaps()) == everything
    route = a_route(a_channel("pe"), "error", module=engagement)
    a_contact(2, "Grace")
    assert set(routes.gaps()) == {("error", health), ("error", None)}
    routes.change(route, actor=ROOT, module=None)
    assert routes.gaps() == []
    disabled(route.channel)
    assert {gap.level for gap in routes.gaps()} == {"error"}
