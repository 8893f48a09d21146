"""A storm: 10,000 alerts fire at once, and two channels and a contact are told in a digest each."""

from datetime import timedelta
from functools import partial

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.alerts.announcing import announce, pacing
from monitoring.models import Dispatch, Notice
from operations.models import OutboxMessage
from tests.bench.harness import table, timed
from tests.monitoring.announcing_world import a_channel, a_contact, a_route, many

SIZES = (100, 1_000, 10_000)


def main() -> None:
    a_route(a_channel("ops"))
    a_route(a_channel("hook", "webhook", "https://example.org/hook"))
    a_contact(2, "Grace")
    rows = []
    for size in SIZES:
        raised = timed(partial(many, size, "critical", name=f"Of {size}"))
        Notice.objects.update(created_at=timezone.now() - pacing.GROUP_WAIT)
        before = Dispatch.objects.count()
        with CaptureQueriesContext(connection) as queries:
            took = timed(announce)
        told = Dispatch.objects.count() - before
        waiting = Notice.objects.filter(gathered_at=None).count()
        messages = OutboxMessage.objects.count()
        rows.append(
            [
                f"{size:,}",
                f"{raised:.1f}",
                f"{took:.1f}",
                f"{len(queries)}",
                f"{messages}",
                f"{told:,}",
                f"{waiting}",
            ]
        )
        # The next storm finds calm channels.
        OutboxMessage.objects.all().delete()
        Dispatch.objects.update(at=timezone.now() - timedelta(hours=1))
    header = ["alerts at once", "raised s", "announced s", "queries", "messages", "told", "left over"]
    table("A storm of alerts, each an incident of its own, to three receivers", header, rows)
