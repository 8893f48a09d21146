"""A scrape of `/api/metrics`: its time and its bytes, with 50 plans, 1,000 open alerts and 10,000 tickets.

1,000 workspaces with an hour of vitals each. On PostgreSQL; `measure` works on whatever database is set.
"""

import gzip
import time
from datetime import timedelta

from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.bench.harness import median, table, timed

PLANS, ALERTS, TICKETS, WORKSPACES = 50, 1_000, 10_000, 1_000
ROUNDS = 20
ACCEPT = "application/openmetrics-text;version=1.0.0"


def main() -> None:
    fill()
    measure()


def fill() -> None:
    """A large portal, in a few statements."""
    from feedback.models import Ticket
    from monitoring import slots
    from monitoring.alerts import signals
    from monitoring.alerts.signals import Signal
    from monitoring.models import WorkspaceHour
    from rollout.models import Module, Phase, Plan
    from tests import builders
    from tests.monitoring import seeds

    plan = builders.a_plan_in_phase(1, eligible=WORKSPACES)
    now = timezone.now()
    for number in range(PLANS - 2):
        module = Module.objects.create(key=f"module_{number}", name=f"Module {number}")
        made = Plan.objects.create(
            module=module, name=module.name, status="running", percentage=10, share_changed_at=now
        )
        Phase.objects.create(plan=made, number=1, name="One", percentage=10)
        for hours in range(24):
            seeds.a_check(made, slot=slots.newest(now) - timedelta(hours=hours))
    hour = slots.newest(now) - slots.HOUR
    WorkspaceHour.objects.bulk_create(
        WorkspaceHour(module=plan.module, workspace=pk, hour=hour, requests=100, le_inf=100)
        for pk in builders.numbered(WORKSPACES)
    )
    for begin in range(0, ALERTS, 250):
        signals.take(
            Signal(
                source="alertmanager", cause=f"alert {number}", firing=True, title="It fails", level="warning"
            )
            for number in range(begin, begin + 250)
        )
    Ticket.objects.bulk_create(
        Ticket(
            category=Ticket.Category.values[number % 5],
            severity=Ticket.Severity.values[number % 4],
            state=("new", "triaged", "assigned", "in_progress", "declined")[number % 5],
            title="It fails",
            description="It fails",
            source="api",
            received_on=now.date(),
            clock_at=now,
            due_at=None if number % 5 == 4 else now + timedelta(hours=number % 40 - 20),
        )
        for number in range(TICKETS)
    )


def measure() -> None:
    """Scrape some times, and show what it took."""
    from ops_portal.exposition.view import MetricsView

    view = MetricsView.as_view()
    request = RequestFactory().get("/api/metrics", headers={"accept": ACCEPT})
    view(request)
    began = time.process_time()
    seconds = [timed(lambda: view(request)) for _ in range(ROUNDS)]
    cpu = (time.process_time() - began) / ROUNDS
    with CaptureQueriesContext(connection) as queries:
        body = view(request).content
    took = ", ".join(f"{1000 * float(each['time']):.0f}" for each in queries)
    rows = [
        [
            connection.vendor,
            f"{1000 * median(seconds):.0f} ms",
            f"{1000 * max(seconds):.0f} ms",
            f"{1000 * cpu:.0f} ms",
            f"{len(queries)} ({took} ms)",
            f"{len(body):,}",
            f"{len(gzip.compress(body, 1)):,}",
            f"{sum(1 for line in body.splitlines() if not line.startswith(b'#')):,}",
        ]
    ]
    header = ["database", "median", "longest", "CPU", "queries", "bytes", "packed", "series"]
    table(f"A scrape with {PLANS} plans, {ALERTS:,} alerts, {TICKETS:,} tickets, of {ROUNDS}", header, rows)
