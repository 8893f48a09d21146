"""Choosing a plan's source of vitals in the admin."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring import plan_sources
from monitoring.admin.vitals_source import VITALS_SOURCE, VitalsSourceForm
from monitoring.models import BaselineSet, VitalsSource
from operations.models import AuditEvent
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.monitoring.played_server import OK, PlayedServer

pytestmark = pytest.mark.django_db

ONE = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"7"]}]}}'


@pytest.fixture
def prometheus(settings: Any) -> Iterator[PlayedServer]:
    """A Prometheus that answers 7 to everything."""
    server = PlayedServer(f"{OK}{ONE}")
    settings.PROMETHEUS_URL = f"http://{server.address}"
    yield server
    server.close()


@pytest.fixture
def manager() -> Client:
    return builders.signed_in("Product manager")


def page() -> str:
    return reverse("admin:rollout_plan_operate", args=["vitals-source"])


def entered(plan: Plan, **values: Any) -> dict[str, Any]:
    return {"object": f"{plan.pk}:{plan.version}", "asked": "1", **VITALS_SOURCE.initial(plan), **values}


def preview(client: Client, plan: Plan, **values: Any) -> str:
    response = client.post(page(), {**entered(plan, **values), "_preview": "1"})
    assert response.status_code == 200
    return response.content.decode()


def save(client: Client, plan: Plan, **values: Any) -> Any:
    return client.post(page(), entered(plan, **values), follow=True)


def test_a_first_look_asks_prometheus_nothing(manager: Client, prometheus: PlayedServer) -> None:
    plan = builders.a_plan(0)
    plan_sources.configure(plan, actor=ROOT, kind="prometheus")
    text = manager.get(page(), {"object": plan.pk}).content.decode()
    assert "Now: read from prometheus." in text
    assert prometheus.asked == ""


def test_the_preview_tries_each_query_and_writes_nothing(manager: Client, prometheus: PlayedServer) -> None:
    plan = builders.a_plan(0)
    text = preview(manager, plan, kind="prometheus", memory="memory_percent", workspace_label="")
    assert "What each query gave just now" in text
    assert "7 in the last hour" in text
    assert "7 %" in text
    assert "query=" in prometheus.asked
    assert not VitalsSource.objects.exists()
    assert not AuditEvent.objects.filter(action="plan.source_configured").exists()


def test_what_is_saved_stands_on_the_plan(manager: Client, prometheus: PlayedServer) -> None:
    plan = builders.a_plan(0)
    response = save(manager, plan, kind="prometheus", counters="visits = portal_visits_total")
    assert "Vitals are read from prometheus." in response.content.decode()
    source = VitalsSource.objects.get()
    assert (source.kind, source.counters) == ("prometheus", {"visits": "portal_visits_total"})


def test_a_bad_query_is_marked_at_its_field_before_it_is_asked(
    manager: Client, prometheus: PlayedServer
) -> None:
    plan = builders.a_plan(0)
    assert 'class="errors' in preview(manager, plan, requests="sum(x")
    assert 'class="errors' in save(manager, plan, requests="sum(x").content.decode()
    assert "Write name = selector" in preview(manager, plan, counters="visits")
    assert not VitalsSource.objects.exists()
    assert prometheus.asked == ""


def test_prometheus_without_a_server_says_which_setting_is_missing(manager: Client) -> None:
    plan = builders.a_plan(0)
    assert "needs the setting PROMETHEUS_URL" in preview(manager, plan, kind="prometheus")


def test_a_change_of_what_is_measured_warns_that_the_comparison_begins_anew(manager: Client) -> None:
    plan = builders.a_plan(0)
    now = timezone.now()
    BaselineSet.objects.create(plan=plan, since=now, until=now, fleet_requests=9, fleet_errors=1)
    assert "the next check takes it anew" in preview(manager, plan, requests="other_total")
    assert "the next check takes it anew" not in preview(manager, plan, memory="memory_percent")
    assert BaselineSet.objects.exists()


def test_a_stale_page_is_refused(manager: Client) -> None:
    plan = builders.a_plan(0)
    stale = entered(plan, memory="memory_percent")
    plan_sources.configure(plan, actor=ROOT, disk="disk_percent")
    response = manager.post(page(), stale, follow=True)
    assert "changed since this was shown" in next(str(said) for said in response.context["messages"])
    assert VitalsSource.objects.get().memory == ""


def test_who_may_not_choose_reads_where_the_vitals_come_from() -> None:
    plan = builders.a_plan(0)
    client = builders.signed_in("Support")
    text = client.get(reverse("admin:rollout_plan_change", args=[plan.pk])).content.decode()
    assert "Vitals are pushed by the product." in text
    assert "operate/vitals-source" not in text
    assert save(client, plan, memory="memory_percent").status_code == 403


def test_the_queries_are_open_only_where_they_are_used() -> None:
    values = {"kind": "pushed", "shown_version": 0, "requests": "x", "errors": "y"}
    assert not VitalsSourceForm(values).opened
    assert VitalsSourceForm({**values, "kind": "prometheus"}).opened
    assert VitalsSourceForm({**values, "counters": "nonsense"}).opened
