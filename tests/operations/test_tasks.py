"""The floor's scheduled work."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from operations import audit, outbox, tasks
from operations.models import AuditEvent, AuditSeal, IdempotencyKey, OutboxMessage
from rollout.models import Module
from tests import builders
from tests.audit_tables import unprotected
from tests.doors import an_api_key, post

pytestmark = pytest.mark.django_db

HEAD_MAIL = "security@example.org"


@pytest.fixture
def with_address(settings: Any) -> None:
    settings.AUDIT_HEAD_EMAIL = HEAD_MAIL


def test_what_was_recorded_is_sealed_and_mail_is_delivered_once() -> None:
    builders.modules()
    outbox.put("mail", {"to": ["ada@example.org"], "subject": "Hello", "body": "Text"})
    outbox.put("webhook", {"url": "https://example.org"})
    said = [(tasks.seal(), tasks.deliver()) for _ in range(2)]
    assert said == [("sealed 2 events", "1 messages arrived, 0 failed"), ("", "")]
    assert AuditSeal.objects.count() == AuditEvent.objects.count()
    assert [(each.subject, each.to) for each in mail.outbox] == [("Hello", ["ada@example.org"])]
    message = OutboxMessage.objects.get(kind="mail")
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{message.pk}@ops-portal>"
    assert OutboxMessage.objects.get(kind="webhook").state == "waiting"


@pytest.mark.usefixtures("with_address")
def test_the_head_is_sent_once_a_day() -> None:
    builders.modules()
    with time_machine.travel("2026-03-01T03:17Z"):
        tasks.verify_audit()
        tasks.verify_audit()
        tasks.deliver()
    with time_machine.travel("2026-03-02T03:17Z"):
        tasks.verify_audit()
        tasks.deliver()
    assert [each.to for each in mail.outbox] == [[HEAD_MAIL], [HEAD_MAIL]]
    assert "intact: 2 events on 2026-03-01" in mail.outbox[0].subject
    assert audit.verify().head in mail.outbox[0].body
    assert set(OutboxMessage.objects.values_list("lane", flat=True)) == {f"mail:{HEAD_MAIL}"}


@pytest.mark.usefixtures("with_address")
def test_a_broken_trail_is_said_loudly_even_after_the_days_head_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    builders.modules()
    tasks.verify_audit()
    with unprotected():
        AuditEvent.objects.filter(pk=AuditEvent.objects.latest("pk").pk).update(actor="mallory")
    tasks.verify_audit()
    tasks.deliver()
    assert [each.subject.split(":")[0] for each in mail.outbox] == [
        "Audit trail intact",
        "Audit trail BROKEN",
    ]
    assert mail.outbox[1].body.startswith("THE AUDIT TRAIL IS BROKEN: 1 faults.")
    assert any(record.levelname == "CRITICAL" for record in caplog.records)


def test_without_an_address_the_head_is_only_said() -> None:
    builders.modules()
    assert tasks.verify_audit() == audit.verify()
    assert not OutboxMessage.objects.exists()


def test_a_purge_drops_what_is_no_longer_needed() -> None:
    builders.a_plan()
    key = an_api_key("rollout")
    post("/api/rollouts/patient_engagement/phase", {"number": 1}, key, **{"Idempotency-Key": "one"})
    outbox.put("mail", {"to": ["ada@example.org"], "subject": "Hello", "body": "Text"})
    tasks.deliver()
    tasks.purge()
    assert (IdempotencyKey.objects.count(), OutboxMessage.objects.count()) == (1, 1)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        tasks.purge()
    assert (IdempotencyKey.objects.count(), OutboxMessage.objects.count()) == (0, 0)
    assert Module.objects.count() == 2
