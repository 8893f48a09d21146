"""Routes and contacts in the admin: who is told, who would not be, and who may change that."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring.alerts import contacts, routes
from monitoring.models import Contact, Route
from operations.groups import ADMINISTRATOR, ALL
from operations.models import Channel, OutboxMessage
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

ROUTES, CONTACTS = "admin:monitoring_route_changelist", "admin:monitoring_contact_changelist"


@pytest.fixture
def administrator() -> Client:
    return builders.signed_in(ADMINISTRATOR)


@pytest.fixture
def channel() -> Channel:
    return Channel.objects.create(name="Ops mail", kind="mail", address="ops@example.org", created_by="root")


def post(client: Client, model: str, operation: str, **inputs: Any) -> str:
    address = reverse(f"admin:monitoring_{model}_operate", args=[operation])
    response = client.post(address, inputs, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def get(client: Client, name: str, **query: Any) -> str:
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    return response.content.decode()


def a_route(channel: Channel, *levels: str, **values: Any) -> Route:
    return routes.add(actor=ROOT, name="All", channel=channel, levels=levels or ["critical"], **values)


@pytest.mark.parametrize("group", ALL)
def test_everybody_sees_who_is_told_and_administrators_change_it(group: str, channel: Channel) -> None:
    route = a_route(channel)
    contact = contacts.add(actor=ROOT, level=1, name="Developers", phone="+1 555 1")
    client = builders.signed_in(group)
    may = group == ADMINISTRATOR
    assert "Ops mail" in get(client, ROUTES)
    assert "Developers" in get(client, CONTACTS)
    assert "Who is told?" in get(client, "admin:monitoring_route_told")
    for model, row in (("route", route), ("contact", contact)):
        page = client.get(reverse(f"admin:monitoring_{model}_change", args=[row.pk])).content.decode()
        assert ("operate/remove" in page) is may
        added = client.get(reverse(f"admin:monitoring_{model}_operate", args=["add"]))
        assert added.status_code == (200 if may else 403)


def test_a_route_is_added_changed_switched_tested_and_removed(
    administrator: Client, channel: Channel
) -> None:
    inputs = {"name": "Worst", "levels": ["critical", "error"], "channel": channel.pk, "tells_resolved": "on"}
    assert "Test it" in post(administrator, "route", "add", **inputs)
    route = Route.objects.get()
    assert (route.levels, route.module, route.tells_resolved) == (["critical", "error"], None, True)
    one = {"object": f"{route.pk}:"}
    post(administrator, "route", "change", **one, **{**inputs, "name": "The worst", "tells_resolved": ""})
    route.refresh_from_db()
    assert (route.name, route.tells_resolved) == ("The worst", False)
    assert "A test is on its way to Ops mail" in post(administrator, "route", "test", **one)
    assert OutboxMessage.objects.count() == 1
    assert "is off" in post(administrator, "route", "switch", **one)
    assert (
        "Switch on"
        in administrator.get(reverse("admin:monitoring_route_change", args=[route.pk])).content.decode()
    )
    assert "is on" in post(administrator, "route", "switch", **one)
    assert "is removed" in post(administrator, "route", "remove", **one)
    assert not Route.objects.exists()


def test_what_is_wrong_is_marked_at_its_field(administrator: Client, channel: Channel) -> None:
    a_route(channel)
    text = post(administrator, "route", "add", name="All", levels=["critical"], channel=channel.pk)
    assert "there is a route of this name already" in text
    text = post(administrator, "contact", "add", level="1", name="Nobody", least_level="warning")
    assert "give a mail address, a telephone number or a channel" in text
    assert not Contact.objects.exists()


def test_the_list_warns_of_what_would_reach_nobody(administrator: Client, channel: Channel) -> None:
    builders.modules()
    warning = "Nobody is told of critical and error alerts of Health Management, Patient Engagement and no"
    assert warning in get(administrator, ROUTES)
    route = a_route(channel, "critical", "error", module=builders.module())
    assert "alerts of Health Management and no module" in get(administrator, ROUTES)
    routes.change(route, actor=ROOT, module=None)
    assert "Nobody is told" not in get(administrator, ROUTES)
    Channel.objects.update(disabled_at=timezone.now(), disabled_why="It bounced")
    text = get(administrator, ROUTES)
    assert warning in text
    assert "Channel off" in text


def test_routes_are_filtered_by_level(administrator: Client, channel: Channel) -> None:
    a_route(channel, "critical")
    assert "All" in get(administrator, ROUTES, level="critical")
    assert administrator.get(reverse(ROUTES), {"level": "info"}).context["cl"].result_count == 0
    assert administrator.get(reverse(ROUTES), {"level": "x"}).context["cl"].result_count == 1


def test_who_is_told_says_the_channels_and_the_ladder(administrator: Client, channel: Channel) -> None:
    builders.modules()
    module = builders.module()
    a_route(channel, "critical", module=module)
    contacts.add(actor=ROOT, level=2, name="On call", phone="+1 555 2")
    text = get(administrator, "admin:monitoring_route_told", level="critical", module=module.pk)
    assert "Ops mail" in text
    assert "On call" in text
    assert "After 8 h without an acknowledgement" in text
    text = get(administrator, "admin:monitoring_route_told", level="warning")
    assert "Nobody is told of warning alerts without a module." in text
    assert "Level 1: development" in text
    text = get(administrator, "admin:monitoring_route_told", level="info", module="nonsense")
    assert "An informational alert calls nobody." in text
    assert "Nobody is told of critical" in get(administrator, "admin:monitoring_route_told", level="x")


def test_a_contact_is_added_changed_and_removed(administrator: Client, channel: Channel) -> None:
    inputs = {"level": "3", "name": "CTO", "phone": "+1 555 3", "least_level": "critical"}
    assert "CTO is a contact of level 3." in post(administrator, "contact", "add", **inputs)
    contact = Contact.objects.get()
    one = {"object": f"{contact.pk}:"}
    post(administrator, "contact", "change", **one, **{**inputs, "email": "cto@example.org"})
    contact.refresh_from_db()
    assert (contact.email, contact.least_level, contact.channel) == ("cto@example.org", "critical", None)
    assert "Critical" in get(administrator, CONTACTS)
    assert "CTO is called no more." in post(administrator, "contact", "remove", **one)
    assert not Contact.objects.exists()
