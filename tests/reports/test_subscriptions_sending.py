"""Reports on schedule: each time makes one archived report and one mail, whoever comes by."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as sent_mail
from django.db import connection
from django.utils import timezone

from operations.errors import Forbidden, Refused
from operations.models import AuditEvent, OutboxMessage
from operations.tasks import deliver
from reports import documents, mails, tasks
from reports.models import Report, Subscription
from reports.subscriptions import sending, subscribing
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.reports.example_documents import document
from tests.reports.example_subscriptions import a_draft, a_subscription

pytestmark = pytest.mark.django_db

# A Monday.
NOON = datetime.fromisoformat("2026-03-09T12:00:00+00:00")
DAY = timedelta(days=1)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was made a document of; it takes no time, and what it says is told elsewhere."""
    asked: list[dict[str, Any]] = []

    def build(kind: Any, module: Any, **times: Any) -> dict[str, Any]:
        asked.append({"kind": kind, **times})
        return document()

    monkeypatch.setattr(documents, "build", build)
    return asked


@pytest.fixture
def subscription(made: list[dict[str, Any]]) -> Iterator[Subscription]:
    """One that is due at seven on this Monday, at noon."""
    builders.modules()
    with time_machine.travel(NOON - DAY, tick=False):
        found = a_subscription(recipients=["cto@example.org", "ada@example.org"])
    with time_machine.travel(NOON, tick=False):
        yield found


def mailed() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="mail"))


def test_what_is_due_is_made_archived_and_mailed_once(subscription: Subscription) -> None:
    assert tasks.mail_reports() == "put 1 report into the outbox"
    assert tasks.mail_reports() == ""
    report, message = Report.objects.get(), mailed()[0]
    assert (report.subscription, report.made_by) == (subscription, "beat:reports")
    assert report.until == datetime.fromisoformat("2026-03-09T00:00:00+00:00")
    assert message.payload["to"] == ["cto@example.org", "ada@example.org"]
    assert f"/admin/reports/report/{report.pk}/change/" in message.payload["body"]
    subscription.refresh_from_db()
    assert subscription.next_at == NOON + timedelta(days=7, hours=-5)
    assert AuditEvent.objects.filter(action="report.made").count() == 1


def test_nothing_goes_out_before_its_time_or_while_it_is_paused(subscription: Subscription) -> None:
    with time_machine.travel(NOON.replace(hour=6, minute=59), tick=False):
        assert sending.send_due(timezone.now()) == 0
    subscribing.pause(subscription, actor=ROOT)
    assert sending.send_due(NOON) == 0
    assert not Report.objects.exists()


def test_times_that_were_slept_through_make_one_report_on_the_last_period(
    subscription: Subscription, made: list[dict[str, Any]]
) -> None:
    late = NOON + timedelta(days=24)
    with time_machine.travel(late, tick=False):
        assert sending.send_due(late) == 1
        assert sending.send_due(late) == 0
    assert Report.objects.get().until == datetime.fromisoformat("2026-03-30T00:00:00+00:00")
    assert len(mailed()) == 1


def test_a_report_up_to_now_ends_when_it_was_due_whoever_came_late(subscription: Subscription) -> None:
    subscribing.change(subscription, a_draft(kind="post_launch", weekday=None), actor=ROOT)
    late = NOON + DAY
    with time_machine.travel(late, tick=False):
        sending.send_due(late)
    assert Report.objects.get().until == late.replace(hour=7)


def test_a_period_that_was_sent_is_not_sent_again_when_the_hour_is_moved(subscription: Subscription) -> None:
    sending.send_due(NOON)
    subscribing.change(subscription, a_draft(hour=18), actor=ROOT)
    evening = NOON.replace(hour=19)
    with time_machine.travel(evening, tick=False):
        assert sending.send_due(evening) == 0
    subscription.refresh_from_db()
    assert subscription.next_at > evening
    assert (Report.objects.count(), len(mailed())) == (1, 1)


def test_the_same_report_for_several_groups_is_made_once(
    subscription: Subscription, made: list[dict[str, Any]]
) -> None:
    with time_machine.travel(NOON - DAY, tick=False):
        a_subscription(recipients=["team@example.org"], hour=8)
    assert sending.send_due(NOON) == 2
    assert len(made) == 1
    assert (Report.objects.count(), len(mailed())) == (2, 2)


def test_one_that_cannot_be_made_holds_up_no_other_and_stays_due(
    subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOON - DAY, tick=False):
        a_subscription(kind="daily", weekday=None, hour=6)
    whole = documents.build

    def build(kind: Any, *others: Any, **times: Any) -> Any:
        if kind == "daily":
            raise ZeroDivisionError
        return whole(kind, *others, **times)

    monkeypatch.setattr(documents, "build", build)
    with pytest.raises(sending.NotSent, match=r"1 reports were not made: .*Daily.*ZeroDivisionError"):
        sending.send_due(NOON)
    assert Report.objects.get().kind == "weekly"
    monkeypatch.setattr(documents, "build", whole)
    assert sending.send_due(NOON) == 1


def test_a_worker_that_is_killed_before_the_mail_is_written_leaves_it_due(
    subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As the end of a process: nothing catches it."""

    def dies(*args: Any, **options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(mails, "put", dies)
        with pytest.raises(Killed):
            sending.send_due(NOON)
    assert (Report.objects.count(), len(mailed())) == (0, 0)
    assert sending.send_due(NOON) == 1
    assert (Report.objects.count(), len(mailed())) == (1, 1)


def test_a_worker_with_an_old_picture_of_a_subscription_sends_nothing(subscription: Subscription) -> None:
    seen = Subscription.objects.select_related("module").get()
    sending.send_due(NOON)
    assert sending._send(seen, NOON, {}) is None
    assert (Report.objects.count(), len(mailed())) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_sends(subscription: Subscription) -> None:
    assert connection.vendor == "postgresql"
    results = at_once(*(lambda: sending.send_due(NOON) for _ in range(4)))
    assert sorted(str(each) for each in results) == ["0", "0", "0", "1"]
    assert (Report.objects.count(), len(mailed())) == (1, 1)


def test_a_report_goes_to_me_alone_and_leaves_the_subscription_as_it_is(subscription: Subscription) -> None:
    person = builders.a_person(group="Product manager")
    person.email = "me@example.org"
    report = sending.send_to_me(subscription, actor=builders.acting(person))
    deliver()
    assert [mail.to for mail in sent_mail.outbox] == [["me@example.org"]]
    assert (report.subscription, report.made_by) == (None, "admin:ada")
    was, subscription.next_at = subscription.next_at, NOON
    subscription.refresh_from_db()
    assert subscription.next_at == was


def test_who_has_no_address_or_no_permission_gets_nothing(subscription: Subscription) -> None:
    person = builders.a_person(group="Product manager")
    with pytest.raises(Refused, match="no mail address"):
        sending.send_to_me(subscription, actor=builders.acting(person))
    reader = builders.a_person("eve", group="Viewer")
    reader.email = "eve@example.org"
    with pytest.raises(Forbidden):
        sending.send_to_me(subscription, actor=builders.acting(reader))
    assert not Report.objects.exists()


def test_reports_stay_when_their_subscription_goes(subscription: Subscription) -> None:
    sending.send_due(NOON)
    subscribing.remove(subscription, actor=ROOT)
    assert Report.objects.get().subscription is None


def test_old_reports_are_forgotten(subscription: Subscription) -> None:
    sending.send_due(NOON)
    assert tasks.forget_reports() == ""
    with time_machine.travel(NOON + timedelta(days=732), tick=False):
        assert tasks.forget_reports() == "forgot 1 reports"
