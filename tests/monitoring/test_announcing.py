"""Who is told what of alerts, and when: one message for an incident and a receiver."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.alerts import responding, signals, silencing, sweeping
from monitoring.alerts.announcing import announce, gathering, pacing
from monitoring.alerts.signals import Signal
from monitoring.models import Alert, Dispatch, Notice, Route
from operations import schedule
from operations.models import OutboxMessage
from ops_portal.schedule import JOBS
from tests import builders
from tests.builders import ROOT
from tests.monitoring.announcing_world import (
    SOON,
    START,
    a_channel,
    a_contact,
    a_route,
    again,
    clock,
    fire,
    many,
    outgoing,
    ripen,
    said,
    subjects,
)

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def now() -> Iterator[Any]:
    with clock() as traveller:
        yield traveller


def waiting() -> int:
    return Notice.objects.filter(gathered_at=None).count()


def test_nothing_waits_and_one_query_finds_that(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert announce() == (0, 0)


def test_an_alert_goes_to_its_routes_in_one_message_each(now: Any) -> None:
    ops, devs, others = a_channel("ops"), a_channel("devs"), a_channel("others")
    builders.modules()
    a_route(ops, "error")
    a_route(ops, "error", "warning")
    a_route(devs, "error", module=builders.module())
    a_route(others, "warning")
    a_route(others, "error", module=builders.module("health_management"))
    alert = fire(level="error", module=builders.module())
    assert ripen(now) == (2, 1)
    assert sorted(said(alert)) == [("devs", "fired"), ("ops", "fired")]
    assert {message.lane for message in outgoing()} == {f"channel:{ops.pk}", f"channel:{devs.pk}"}
    assert waiting() == 0
    assert ripen(now) == (0, 0)


def test_a_message_waits_ten_seconds_for_the_rest_of_its_incident(now: Any) -> None:
    a_route()
    first = fire("a", "error", group_key="db")
    assert ripen(now, 6 * SECOND) == (0, 0)
    second = fire("b", "critical", group_key="db")
    assert ripen(now, 4 * SECOND) == (1, 2)
    assert said(first) == said(second) == [("ops", "fired")]
    assert subjects()[0].startswith("[CRITICAL] The b is high (and 1 more)")


def test_a_disabled_route_or_channel_tells_nobody(now: Any) -> None:
    Route.objects.filter(pk=a_route().pk).update(enabled=False)
    off = a_channel("off")
    a_route(off)
    off.disabled_at = START
    off.save()
    alert = fire(level="critical")
    assert ripen(now) == (0, 0)
    assert said(alert) == []
    assert waiting() == 0


def test_what_joins_an_incident_waits_five_minutes_unless_it_is_worse(now: Any) -> None:
    a_route()
    fire("a", "error", group_key="db")
    assert ripen(now) == (1, 1)
    same = fire("b", "error", group_key="db")
    less = fire("c", "warning", group_key="db")
    assert ripen(now, MINUTE) == (0, 0)
    worse = fire("d", "critical", group_key="db")
    assert ripen(now) == (1, 3)
    assert said(same) == said(less) == said(worse) == [("ops", "fired")]
    fire("e", "error", group_key="db")
    assert ripen(now, 4 * MINUTE) == (0, 0)
    assert ripen(now, MINUTE) == (1, 1)


def test_another_critical_alert_of_an_incident_waits_a_minute(now: Any) -> None:
    a_route()
    fire("a", "critical", group_key="db")
    assert ripen(now) == (1, 1)
    fire("b", "critical", group_key="db")
    assert ripen(now, 59 * SECOND) == (0, 0)
    assert ripen(now, SECOND) == (1, 1)


def test_another_incident_does_not_wait(now: Any) -> None:
    a_route()
    fire("a", "error", group_key="db")
    assert ripen(now) == (1, 1)
    fire("b", "error", group_key="mail")
    assert ripen(now) == (1, 1)


def test_one_that_got_worse_after_it_fired_is_one_line(now: Any) -> None:
    a_route()
    fire("a", "warning")
    alert = fire("a", "error")
    assert ripen(now) == (1, 1)
    assert said(alert) == [("ops", "fired")]
    assert subjects() == ["[ERROR] The a is high – acknowledge by 15:00 UTC"]


def test_getting_worse_is_told_at_once_and_says_so(now: Any) -> None:
    a_route()
    alert = fire("a", "warning")
    ripen(now)
    fire("a", "error")
    assert ripen(now) == (1, 1)
    assert said(alert) == [("ops", "fired"), ("ops", "worse")]
    assert subjects()[1].startswith("[ERROR, was warning] The a is high")


def test_a_receiver_of_the_worse_level_alone_hears_of_it_as_new(now: Any) -> None:
    a_route(a_channel("all"))
    a_route(a_channel("night"), "critical")
    alert = fire("a", "error")
    ripen(now)
    fire("a", "critical")
    ripen(now)
    assert said(alert) == [("all", "fired"), ("all", "worse"), ("night", "fired")]


def test_each_level_tells_its_contacts_each_once(now: Any) -> None:
    ops = a_channel("ops")
    a_route(ops)
    a_contact(2, "Grace", channel=ops, email="grace@example.org")
    a_contact(2, "Alan")
    a_contact(2, "Phone", phone="+1-555-0100")
    a_contact(2, "Picky", email="picky@example.org", least_level="critical")
    a_contact(3, "Ada")
    alert = fire(level="critical")
    assert ripen(now) == (3, 1)
    assert sorted(said(alert)) == [
        ("alan@example.org", "fired"),
        ("ops", "fired"),
        ("picky@example.org", "fired"),
    ]
    error = fire("other", "error")
    ripen(now)
    assert said(error) == [("ops", "fired")]


def test_a_contact_whose_channel_is_disabled_gets_mail(now: Any) -> None:
    off = a_channel("off")
    a_contact(2, "Grace", channel=off, email="grace@example.org")
    off.disabled_at = START
    off.save()
    alert = fire(level="critical")
    ripen(now)
    assert said(alert) == [("grace@example.org", "fired")]


def test_a_contact_who_reads_the_mail_of_a_channel_that_is_told_gets_one_mail(now: Any) -> None:
    a_route(a_channel("team", "mail", "dev@example.org, Grace@example.org"), "critical")
    a_contact(2, "Grace")
    a_contact(2, "Alan")
    alert = fire(level="critical")
    error = fire("other", "error")
    ripen(now)
    assert sorted(said(alert)) == [("alan@example.org", "fired"), ("team", "fired")]
    a_contact(1, "Grace")
    fire("third", "error", group_key="g")
    ripen(now)
    assert said(error) == []
    assert OutboxMessage.objects.filter(lane="mail:grace@example.org").count() == 1


def test_what_nobody_acknowledges_is_overdue_and_then_escalates(now: Any) -> None:
    a_route()
    a_contact(2, "Grace")
    a_contact(3, "Ada")
    alert = fire(level="critical")
    ripen(now)
    now.shift(5 * MINUTE)
    sweeping.sweep()
    ripen(now)
    now.shift(8 * HOUR)
    sweeping.sweep()
    ripen(now)
    assert said(alert) == [
        ("ops", "fired"),
        ("grace@example.org", "fired"),
        ("ops", "overdue"),
        ("grace@example.org", "overdue"),
        ("ops", "escalated"),
        ("ada@example.org", "escalated"),
    ]


def test_one_that_is_acknowledged_while_its_reminder_waits_reminds_nobody(now: Any) -> None:
    a_route()
    alert = fire(level="critical")
    ripen(now)
    now.shift(5 * MINUTE)
    sweeping.sweep()
    now.shift(SECOND)
    responding.acknowledge(alert, actor=ROOT)
    assert ripen(now) == (0, 0)
    assert waiting() == 0


def test_the_end_is_told_to_those_who_heard_of_the_beginning(now: Any) -> None:
    a_route(a_channel("ops"))
    a_route(a_channel("quiet"), tells_resolved=False)
    a_contact(2, "Grace")
    alert = fire(level="critical")
    ripen(now)
    a_route(a_channel("late"))
    now.shift(5 * MINUTE)
    responding.resolve(alert, actor=ROOT, note="Restarted")
    ripen(now)
    assert said(alert)[3:] == [("ops", "resolved"), ("grace@example.org", "resolved")]


def test_a_warning_that_came_and_went_untold_is_told_to_nobody(now: Any) -> None:
    a_route()
    alert = fire()
    responding.resolve(alert, actor=ROOT)
    assert ripen(now) == (0, 0)
    assert waiting() == 0


def test_an_error_that_came_and_went_untold_is_told_once_as_both(now: Any) -> None:
    a_route()
    alert = fire(level="error", at=START - 20 * MINUTE)
    responding.resolve(alert, actor=ROOT)
    assert ripen(now) == (1, 1)
    assert said(alert) == [("ops", "resolved")]
    assert "It was over before you were told that it began." in outgoing()[0].payload["text"]


def test_back_and_over_again_before_anybody_was_told_cancel_out(now: Any) -> None:
    a_route()
    alert = fire(level="error")
    ripen(now)
    now.shift(6 * MINUTE)
    responding.resolve(alert, actor=ROOT)
    ripen(now)
    fire(level="error")
    responding.resolve(again(alert), actor=ROOT)
    assert ripen(now, 6 * MINUTE) == (0, 0)
    assert said(alert) == [("ops", "fired"), ("ops", "resolved")]
    assert waiting() == 0


def test_one_that_is_back_says_so(now: Any) -> None:
    a_route()
    alert = fire(level="error")
    ripen(now)
    now.shift(6 * MINUTE)
    responding.resolve(alert, actor=ROOT)
    ripen(now)
    now.shift(6 * MINUTE)
    fire(level="error")
    ripen(now)
    assert said(alert) == [("ops", "fired"), ("ops", "resolved"), ("ops", "reopened")]
    assert subjects()[-1].startswith("[ERROR, again]")


def test_a_silence_that_begins_while_a_notice_waits_holds_it(now: Any) -> None:
    a_route()
    alert = fire(level="error")
    silencing.silence(actor=ROOT, until=START + HOUR, reason="Known", alert=alert)
    assert ripen(now) == (0, 0)
    assert waiting() == 1
    assert ripen(now, HOUR) == (1, 1)


def test_a_dead_lane_is_not_told_of_itself(now: Any) -> None:
    dead, other = a_channel("dead"), a_channel("other")
    a_route(dead)
    a_route(other)
    alert = fire("undeliverable", "error", source="portal", labels={"lane": f"channel:{dead.pk}"})
    ripen(now)
    assert said(alert) == [("other", "fired")]


def test_anybodys_label_keeps_nobody_from_being_told(now: Any) -> None:
    ops = a_channel("ops")
    a_route(ops)
    alert = fire("x", "error", source="person", labels={"lane": f"channel:{ops.pk}"})
    ripen(now)
    assert said(alert) == [("ops", "fired")]


def test_a_cause_that_flaps_every_minute_for_an_hour_makes_two_messages_at_most(now: Any) -> None:
    a_route()
    down = Signal(source=Alert.Source.RULE, cause="flap", title="Flaps", level="error", firing=True)
    gone = Signal(source=Alert.Source.RULE, cause="flap", firing=False)
    for minute in range(60):
        signals.take([down if minute % 2 == 0 else gone])
        for _ in range(3):
            now.shift(20 * SECOND)
            sweeping.sweep()
            announce()
    assert OutboxMessage.objects.count() <= 2


def test_a_storm_becomes_a_digest_a_minute_until_it_is_calm(now: Any) -> None:
    a_route()
    many(5, "error")
    assert ripen(now) == (5, 5)
    for number in range(3):
        fire(f"more {number}", "error")
    # The channel has had its five: what comes together now waits until a minute after the last one.
    assert ripen(now) == (0, 0)
    assert ripen(now, MINUTE) == (1, 3)
    assert subjects()[-1] == "[DIGEST] 3 alerts: 3 error"
    assert Dispatch.objects.filter(digest=True).count() == 3
    assert ripen(now, 11 * MINUTE) == (0, 0)
    fire("calm", "error")
    assert ripen(now) == (1, 1)
    assert subjects()[-1].startswith("[ERROR] The calm is high")


def test_too_many_incidents_at_once_are_one_digest_at_once(now: Any) -> None:
    a_route()
    a_contact(2, "Grace")
    alerts = many(pacing.MOST_MESSAGES + 1, "critical")
    assert ripen(now) == (2, 6)
    assert all(sorted(said(alert)) == [("grace@example.org", "fired"), ("ops", "fired")] for alert in alerts)
    assert subjects() == ["[DIGEST] 6 alerts: 6 critical"] * 2


def test_one_receivers_storm_holds_nothing_up_for_another(now: Any) -> None:
    a_route(a_channel("busy"))
    a_route(a_channel("night"), "critical")
    many(5, "error")
    ripen(now)
    alert = fire("x", "critical")
    other = fire("y", "critical")
    ripen(now)
    assert said(alert) == [("night", "fired")]
    ripen(now, MINUTE)
    assert sorted(said(alert)) == sorted(said(other)) == [("busy", "fired"), ("night", "fired")]
    assert waiting() == 0


def test_a_receiver_that_lags_hears_what_the_others_heard_before(now: Any) -> None:
    """The notice of one that got worse twice waits for one receiver, and merges with the second."""
    a_route(a_channel("busy"))
    a_route(a_channel("night"), "error", "critical")
    many(4)
    alert = fire("x")
    ripen(now)
    fire("x", "error")
    ripen(now)
    fire("x", "critical")
    ripen(now)
    ripen(now, MINUTE)
    levels = Dispatch.objects.filter(alert=alert).order_by("at").values_list("to", "level")
    assert list(levels) == [
        ("busy", "warning"),
        ("night", "error"),
        ("night", "critical"),
        ("busy", "critical"),
    ]


@pytest.mark.parametrize("group", ["", "one incident"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_notices(now: Any, group: str) -> None:
    a_route()
    a_contact(1, "Grace")
    counts = []
    # SQLite takes 124 of our rows in one statement, PostgreSQL all of them.
    for number in (10, 60):
        now.shift(HOUR)
        many(number, "error", group_key=group and f"{group} {number}", name=f"Of {number}")
        now.shift(SOON)
        with CaptureQueriesContext(connection) as queries:
            assert announce() == (2, number)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert counts[0] == counts[1] <= 35


def test_a_round_that_dies_before_it_commits_loses_nothing_and_repeats_nothing(
    now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_route()
    alert = fire()

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Dispatch.objects, "bulk_create", die)
        with pytest.raises(SystemExit):
            ripen(now)
    assert (OutboxMessage.objects.count(), waiting()) == (0, 1)
    assert announce() == (1, 1)
    assert announce() == (0, 0)
    assert said(alert) == [("ops", "fired")]


def test_who_comes_second_looks_again_and_says_nothing(now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_route()
    alert = fire()
    others = iter([announce])
    lock = gathering._lock

    def another_was_faster(alerts: Any) -> None:
        for other in others:
            assert other() == (1, 1)
        lock(alerts)

    monkeypatch.setattr(gathering, "_lock", another_was_faster)
    assert ripen(now) == (0, 0)
    assert said(alert) == [("ops", "fired")]


def test_a_critical_escalation_goes_out_within_a_minute_of_a_storm(now: Any) -> None:
    a_route()
    a_contact(3, "Ada")
    alert = fire("old", "critical")
    ripen(now)
    now.shift(8 * HOUR)
    many(5, "error")
    ripen(now)
    sweeping.sweep()
    ripen(now)
    assert said(alert)[1:] == [("ada@example.org", "escalated")]
    ripen(now, MINUTE)
    assert said(alert)[2:] == [("ops", "escalated")]


def test_one_tick_carries_an_alert_out(now: Any, mailoutbox: list[EmailMessage]) -> None:
    a_route(a_channel("team", "mail", "dev@example.org, ops@example.org"))
    fire()
    now.shift(SOON)
    ran = schedule.run_due([job for job in JOBS if job.name in ("announce-alerts", "deliver-outbox")])
    assert [(each.job, each.result) for each in ran] == [
        ("announce-alerts", "1 messages about 1 alerts"),
        ("deliver-outbox", "1 messages arrived, 0 failed"),
    ]
    assert [(each.to, each.subject) for each in mailoutbox] == [
        (["dev@example.org"], "[WARNING] The error_rate is high – acknowledge by 21:00 UTC"),
        (["ops@example.org"], "[WARNING] The error_rate is high – acknowledge by 21:00 UTC"),
    ]
    names = [job.name for job in JOBS]
    assert names.index("sweep-alerts") < names.index("announce-alerts") < names.index("deliver-outbox")
