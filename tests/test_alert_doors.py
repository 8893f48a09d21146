"""What is done about an alert leaves the same rows and one audit event, whichever door it came through."""

import getpass
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from monitoring.alerts import links, responding
from monitoring.models import Alert
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, events_after, last_event, post, run
from tests.monitoring.alarms import again, raised

pytestmark = pytest.mark.django_db

Verb = Callable[..., Alert]
VERBS: dict[str, Verb] = {
    "acknowledge": responding.acknowledge,
    "respond": responding.respond,
    "resolve": responding.resolve,
}
ACTIONS = {"acknowledge": "alert.acknowledged", "respond": "alert.responded", "resolve": "alert.resolved"}


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        yield


def effect_on(alert: Alert) -> dict[str, Any]:
    """The alert's row, its story and its notices, without who did it."""
    found = again(alert)
    fields = {field.attname for field in Alert._meta.concrete_fields} - {"acknowledged_by", "resolved_by"}
    return {
        "alert": {name: getattr(found, name) for name in sorted(fields)},
        "story": list(alert.events.values_list("kind", "text")),
        "notices": list(alert.notices.values_list("kind", "escalation")),
    }


def through_command(verb: str, alert: Alert) -> str:
    ran = run("alert", verb, str(alert.pk), "--note", "on it")
    assert (ran.code, ran.err) == (0, "")
    return f"command:{getpass.getuser()}"


def through_api(verb: str, alert: Alert) -> str:
    key = an_api_key("respond")
    answer = post(f"/api/monitoring/alerts/{alert.pk}/{verb}", {"note": "on it"}, key)
    assert answer.status_code == 200, answer.json()
    return "api:product"


def through_admin(verb: str, alert: Alert) -> str:
    client = builders.signed_in("Support")
    page = reverse("admin:monitoring_alert_operate", args=[verb])
    answer = client.post(page, {"object": f"{alert.pk}:", "note": "on it"})
    assert answer.status_code == 302, answer.content.decode()
    return "admin:ada"


def through_link(verb: str, alert: Alert) -> str:
    address = links.link_of(alert, "ops@example.org").partition("//")[2].partition("/")[2]
    answer = Client().post(f"/{address}", {"name": "Ada", "note": "on it", verb: ""})
    assert answer.status_code == 302, answer.content.decode()
    return "api:link:ops@example.org for Ada"


DOORS = {"command": through_command, "API": through_api, "admin": through_admin, "link": through_link}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("verb", VERBS)
def test_every_door_leaves_the_same_rows_and_one_event(verb: str, door: str) -> None:
    if (verb, door) == ("resolve", "link"):
        # Whoever holds a forwarded message may say that they are on it, and no more.
        return
    alert = raised("critical")
    with transaction.atomic():
        VERBS[verb](alert, actor=ROOT, note="on it")
        wanted = effect_on(alert)
        transaction.set_rollback(True)
    last = last_event()
    who = DOORS[door](verb, alert)
    assert effect_on(alert) == wanted
    events: list[AuditEvent] = [
        each for each in events_after(last) if each.subject_type == "monitoring.alert"
    ]
    assert [(each.action, each.who) for each in events] == [(ACTIONS[verb], who)]
