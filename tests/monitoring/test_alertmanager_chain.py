"""The real programs: Prometheus scrapes, its rule fires, Alertmanager tells the portal, and is told by it."""

import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as portal
from django.utils import timezone

from monitoring.alertmanager.sending import Pushed, push
from monitoring.alerts import responding, sweeping
from monitoring.api.alertmanager import AlertmanagerView
from monitoring.models import Alert, Occurrence
from tests import builders
from tests.bench.load import ask
from tests.builders import ROOT
from tests.doors import an_api_key
from tests.monitoring.private_alertmanager import PrivateAlertmanager
from tests.monitoring.private_prometheus import PrivatePrometheus
from tests.ops_portal.processes import wait_for

EXAMPLE = Path(portal.BASE_DIR) / "deploy" / "alertmanager" / "ops-portal.yml"
WHY_NOT = PrivateAlertmanager.why_not()
PATIENCE = 20.0

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
]

PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: product, static_configs: [{{targets: ["{product}"]}}]}}]
"""
RULES = """
groups:
  - name: product
    rules:
      - alert: PaymentsFail
        expr: payments_failing > 0
        labels: {severity: critical, module: patient_engagement}
        annotations:
          summary: Payments fail
          description: "{{ $value }} payments failed"
          runbook_url: https://wiki.example.org/payments
"""


class Product:
    """Something that tells one metric, which tests change."""

    def __init__(self) -> None:
        self.failing = 0
        product = self

        class Metrics(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(f"payments_failing {product.failing}\n".encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def product() -> Iterator[Product]:
    found = Product()
    yield found
    found.close()


@pytest.fixture
def alertmanager(live_server: Any) -> Iterator[PrivateAlertmanager]:
    """As the example configures it, in a hurry."""
    text = EXAMPLE.read_text()
    for old, new in (
        ("http://127.0.0.1:8000", live_server.url),
        ("OPS_PORTAL_KEY", an_api_key("ingest", name="alertmanager")),
        ("10s", "1s"),
    ):
        assert old in text
        text = text.replace(old, new)
    found = PrivateAlertmanager(text)
    yield found
    found.remove()


def test_amtool_finds_nothing_wrong_with_the_examples(tmp_path: Path) -> None:
    documentation = (Path(portal.BASE_DIR) / "docs" / "alertmanager.md").read_text()
    receivers = documentation.split("```yaml\n")[1].split("```")[0]
    documented = tmp_path / "alertmanager.yml"
    documented.write_text(receivers + "route: {receiver: ops-portal}\n")
    for file in (EXAMPLE, documented):
        checked = subprocess.run(["amtool", "check-config", str(file)], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(bool(PrivatePrometheus.why_not()), reason=PrivatePrometheus.why_not())
def test_the_chain_from_a_metric_to_a_person_and_back(
    live_server: Any, alertmanager: PrivateAlertmanager, product: Product
) -> None:
    builders.modules()
    config = PROMETHEUS.format(alertmanager=f"127.0.0.1:{alertmanager.port}", product=product.address)
    prometheus = PrivatePrometheus(files={"prometheus.yml": config, "rules.yml": RULES})
    try:
        product.failing = 3
        wait_for(Alert.objects.exists, PATIENCE, "the alert in the portal")
        alert = Alert.objects.get()
        assert (alert.title, alert.summary, alert.level) == ("Payments fail", "3 payments failed", "critical")
        assert (alert.state, alert.module) == ("open", builders.module())
        assert alert.url == "https://wiki.example.org/payments"

        acknowledged = ask(
            live_server.thread.port,
            "POST",
            f"/api/monitoring/alerts/{alert.pk}/acknowledge",
            json.dumps({"note": "on it"}).encode(),
            {
                "Authorization": f"Bearer {an_api_key('respond')}",
                "Content-Type": "application/json",
            },
        )
        assert acknowledged[0] == 200, acknowledged
        alert.refresh_from_db()
        assert (alert.state, alert.acknowledged_by) == ("acknowledged", "api:product")

        product.failing = 0
        wait_for(lambda: Occurrence.objects.exclude(ended_at=None).exists(), PATIENCE, "its end")
        alert.refresh_from_db()
        assert alert.count == 1
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            sweeping.sweep()
        alert.refresh_from_db()
        assert (alert.state, alert.resolved_by) == ("resolved", "")
    finally:
        prometheus.remove()


def test_a_push_arrives_and_does_not_come_back(
    alertmanager: PrivateAlertmanager, live_server: Any, settings: Any
) -> None:
    settings.ALERTMANAGER_URL = alertmanager.url
    alert = responding.raise_alert(actor=ROOT, title="Data lost", level="critical")
    # Sent again and again, it stays one.
    for _ in range(3):
        assert push() == Pushed(1, 0)
    (there,) = alertmanager.alerts()
    assert there["labels"]["ops_portal_alert"] == str(alert.pk)
    assert there["annotations"] == {"summary": "Data lost"}
    responding.resolve(alert, actor=ROOT)
    assert push() == Pushed(0, 1)
    assert alertmanager.alerts() == []


def test_what_comes_back_all_the_same_is_left_be(
    alertmanager: PrivateAlertmanager, live_server: Any, settings: Any
) -> None:
    """Somebody removed the route that keeps the portal's own alerts from it."""
    alertmanager.reconfigure(lambda text: text.replace('ops_portal_alert!=""', 'ops_portal_alert="none"'))
    settings.ALERTMANAGER_URL = alertmanager.url
    responding.raise_alert(actor=ROOT, title="Data lost", level="critical")
    push()
    wait_for(lambda: alertmanager.sent() > 0, PATIENCE, "the webhook")
    assert Alert.objects.count() == 1
    assert not Occurrence.objects.exists()


def test_alertmanager_tries_again_what_was_shed(
    alertmanager: PrivateAlertmanager, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(AlertmanagerView, "_places", full)
    alertmanager.fire(alertname="Shed")
    wait_for(lambda: "unexpected status code 503" in alertmanager.log(), PATIENCE, "the 503")
    assert not Alert.objects.exists()
    full.release()
    wait_for(Alert.objects.exists, PATIENCE, "the alert after it")
