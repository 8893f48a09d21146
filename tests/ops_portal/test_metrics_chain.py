"""The real programs with the files that ship: from a metric of the portal to its inbox, and back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from monitoring.alerts import sweeping
from monitoring.models import Alert, Occurrence
from tests import builders
from tests.bench.load import ask
from tests.doors import an_api_key
from tests.monitoring import alert_states, seeds
from tests.monitoring.private_alertmanager import PrivateAlertmanager
from tests.monitoring.private_prometheus import PrivatePrometheus
from tests.ops_portal import shipped
from tests.ops_portal.processes import wait_for

WHY_NOT = PrivatePrometheus.why_not() or PrivateAlertmanager.why_not()
PATIENCE = 30.0

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
]


@pytest.fixture
def alertmanager(live_server: Any) -> Iterator[PrivateAlertmanager]:
    """With the routing that ships, in a hurry."""
    config = shipped.replaced(
        (shipped.ALERTMANAGER / "ops-portal.yml").read_text(),
        ("http://127.0.0.1:8000", live_server.url),
        ("OPS_PORTAL_KEY", an_api_key("ingest", name="alertmanager")),
        ("10s", "1s"),
    )
    found = PrivateAlertmanager(config)
    yield found
    found.remove()


@pytest.fixture
def prometheus(live_server: Any, alertmanager: PrivateAlertmanager) -> Iterator[PrivatePrometheus]:
    """With the scrape configuration and the rules that ship, in a hurry."""
    config = shipped.replaced(
        (shipped.PROMETHEUS / "prometheus.yml").read_text(),
        ("127.0.0.1:8000", live_server.url.removeprefix("http://")),
        ("127.0.0.1:9093", f"127.0.0.1:{alertmanager.port}"),
        # A scrape that a busy machine cuts off would look as if what holds were over.
        ("30s", "3s"),
        ("15s", "3s"),
    )
    rules = {f"rules/{path.name}": shipped.in_a_hurry(path.read_text()) for path in shipped.RULES}
    found = PrivatePrometheus(files={"prometheus.yml": config, **rules})
    yield found
    found.remove()


def test_the_chain_from_the_portals_metric_to_its_inbox_and_back(
    live_server: Any, prometheus: PrivatePrometheus
) -> None:
    """Two rules that ship: one about a plan, and one about alerts, which could keep itself alive."""
    with time_machine.travel(timezone.now() - timedelta(hours=3)):
        plan = builders.a_plan_in_phase(1)
    by_hand = alert_states.late()
    missing, waiting = "No health check for 2 hours", "Nobody acknowledges a critical alert"
    wait_for(lambda: Alert.objects.filter(title__in=(missing, waiting)).count() == 2, PATIENCE, "both alerts")
    alert, about = Alert.objects.get(title=missing), Alert.objects.get(title=waiting)
    assert (alert.level, alert.state, alert.module) == ("critical", "open", plan.module)
    assert alert.summary.startswith("patient_engagement reaches somebody")
    assert alert.url.endswith("prometheus-alerts.md#healthcheckmissing")
    inbox = builders.signed_in("Administrator").get("/admin/monitoring/alert/").content.decode()
    assert missing in inbox
    assert waiting in inbox

    # The rules' own alerts get old, critical and unacknowledged; the rule about alerts looks at others alone.
    Alert.objects.filter(pk=about.pk).update(level="critical", urgency=95)
    for each in (alert, about):
        alert_states.ago(each, timedelta(minutes=10))
    acknowledge(live_server, by_hand)
    wait_for(lambda: over(about), PATIENCE, "the alert about alerts ends with the one that it was about")
    wait_for(lambda: prometheus.ask('ALERTS{alertname="HealthCheckMissing"}'), PATIENCE, "the other holds")

    acknowledge(live_server, alert)
    seeds.a_check(plan)
    wait_for(lambda: over(alert), PATIENCE, "its end")
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        sweeping.sweep()
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by, alert.resolved_by) == (
        "resolved",
        f"api:on-call-{alert.pk}",
        "",
    )


def over(alert: Alert) -> bool:
    """Whether Alertmanager said that it is over."""
    return Occurrence.objects.filter(alert=alert).exclude(ended_at=None).exists()


def acknowledge(live_server: Any, alert: Alert) -> None:
    answer = ask(
        live_server.thread.port,
        "POST",
        f"/api/monitoring/alerts/{alert.pk}/acknowledge",
        json.dumps({"note": "on it"}).encode(),
        {
            "Authorization": f"Bearer {an_api_key('respond', name=f'on-call-{alert.pk}')}",
            "Content-Type": "application/json",
        },
    )
    assert answer[0] == 200, answer
