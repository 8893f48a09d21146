"""`POST /api/monitoring/alertmanager`: whatever the order and number of messages, the same alerts."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from monitoring.alertmanager import occurrences, receiving
from monitoring.alertmanager.payload import read
from monitoring.alerts import keeping, responding, signals, sweeping
from monitoring.api import alertmanager
from monitoring.models import Alert, AlertEvent, Notice, Occurrence
from operations.errors import Invalid
from ops_portal.supervisor import BLOCKING_THREADS
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, bearing, post
from tests.monitoring.webhook import PATH, a_message, an_alert

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def key() -> str:
    return an_api_key("ingest", name="alertmanager")


def send(*alerts: Any, **fields: Any) -> receiving.Taken:
    return receiving.take(a_message(*alerts, **fields), sender="test")


def the_alert() -> Alert:
    return Alert.objects.get(source=Alert.Source.ALERTMANAGER)


def own_alerts() -> list[Alert]:
    return list(Alert.objects.filter(source=Alert.Source.PORTAL))


def fields_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return dict(answer.json()["error"]["fields"])


def test_a_firing_alert_is_the_portals_with_its_clock_running(key: str) -> None:
    builders.modules()
    answer = post(PATH, a_message(an_alert(BEGAN, module="patient_engagement")), key)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"accepted": 1, "ignored": 0, "rejectedCount": 0, "rejected": []}
    alert = the_alert()
    assert (alert.level, alert.title, alert.state) == ("critical", "High error rate detected", "open")
    assert alert.summary == "Error rate is 0.12 for the last 5 minutes"
    assert (alert.module, alert.affected) == (builders.module(), "instance api-1:8080")
    assert alert.url.startswith("http://prometheus:9090/graph")
    assert alert.group_key == 'alertmanager:{}:{alertname="HighErrorRate"}'
    assert (alert.first_seen, alert.fired_at, alert.clock_at) == (BEGAN, NOW, NOW)
    assert Notice.objects.filter(alert=alert).exists()
    assert alert.occurrences.get().started_at == BEGAN


def test_a_module_that_nobody_knows_is_none() -> None:
    send(an_alert(BEGAN, module="a\0b"))
    assert the_alert().module is None


def test_a_resolved_one_resolves_when_it_was_gone_for_a_while(clock: Any) -> None:
    send(an_alert(BEGAN))
    send(an_alert(BEGAN, NOW))
    assert the_alert().state == "open"
    clock.shift(timedelta(minutes=11))
    sweeping.sweep()
    assert the_alert().state == "resolved"
    assert Occurrence.objects.get().ended_at == NOW


def test_replays_change_nothing() -> None:
    for _ in range(5):
        send(an_alert(BEGAN))
    assert (the_alert().count, Occurrence.objects.count(), Notice.objects.count()) == (1, 1, 1)
    for _ in range(5):
        send(an_alert(BEGAN, NOW))
        send(an_alert(BEGAN))
    assert the_alert().clears_at == NOW + timedelta(minutes=10)
    assert (the_alert().count, Occurrence.objects.count(), Notice.objects.count()) == (1, 1, 1)


def test_a_replay_does_not_wake_what_a_person_resolved_and_a_new_occurrence_does(clock: Any) -> None:
    send(an_alert(BEGAN))
    responding.resolve(the_alert(), actor=ROOT)
    send(an_alert(BEGAN))
    assert the_alert().state == "resolved"
    clock.shift(MINUTE)
    send(an_alert(NOW))
    assert (the_alert().state, the_alert().count, the_alert().reopened) == ("open", 2, 1)


def test_a_late_end_of_an_older_occurrence_changes_nothing() -> None:
    send(an_alert(NOW))
    send(an_alert(BEGAN, BEGAN + MINUTE))
    assert (the_alert().state, the_alert().clears_at) == ("open", None)
    assert (the_alert().count, the_alert().first_seen) == (2, BEGAN)


def test_an_end_ends_what_another_server_saw_begin_later() -> None:
    """Of two servers that watch the same, Alertmanager goes on with the earlier beginning."""
    send(an_alert(BEGAN))
    send(an_alert(BEGAN - MINUTE))
    send(an_alert(BEGAN - MINUTE, NOW))
    assert the_alert().clears_at == NOW + timedelta(minutes=10)


def test_what_is_over_before_it_was_heard_of_is_written_down_and_told_to_nobody() -> None:
    send(an_alert(BEGAN, NOW))
    alert = the_alert()
    assert (alert.state, alert.first_seen, alert.announced_at) == ("resolved", BEGAN, None)
    assert not Notice.objects.exists()
    send(an_alert(BEGAN))
    assert the_alert().state == "resolved"


def test_what_was_told_to_nobody_fires_when_it_holds_again() -> None:
    send(an_alert(BEGAN, BEGAN + MINUTE))
    send(an_alert(NOW))
    assert (the_alert().state, the_alert().count) == ("open", 2)
    assert Notice.objects.get().kind == Notice.Kind.FIRED


def test_absence_is_not_resolution() -> None:
    send(an_alert(BEGAN), an_alert(BEGAN, fingerprint="0000000000000002"))
    send(an_alert(BEGAN, fingerprint="0000000000000002"))
    assert Alert.objects.open().filter(clears_at=None).count() == 2


def test_what_was_left_out_is_said_in_the_alert_and_by_the_portal() -> None:
    for _ in range(3):
        send(an_alert(BEGAN), truncatedAlerts=12)
    assert "12 further alerts" in the_alert().summary
    (told,) = own_alerts()
    assert (told.level, told.count, told.state) == ("warning", 1, "open")
    assert "12 further alerts" in told.summary


def test_what_the_portal_pushed_does_not_come_back(key: str) -> None:
    answer = post(PATH, a_message(an_alert(BEGAN, ops_portal_alert="7")), key)
    assert answer.json() == {"accepted": 0, "ignored": 1, "rejectedCount": 0, "rejected": []}
    assert not Alert.objects.exists()


def test_right_alerts_are_taken_and_wrong_ones_are_named_and_told(key: str) -> None:
    wrong = {**an_alert(BEGAN, fingerprint="f2"), "startsAt": "soon", "status": "?"}
    answer = post(PATH, a_message(an_alert(BEGAN), wrong), key)
    body = answer.json()
    assert (answer.status_code, body["accepted"], body["rejectedCount"]) == (200, 1, 1)
    assert [(each["index"], each["field"]) for each in body["rejected"]] == [(1, "status"), (1, "startsAt")]
    (told,) = own_alerts()
    assert (told.level, told.affected) == ("error", "Messages of api:alertmanager")
    assert "alerts[1].status must be firing or resolved" in told.summary
    assert told.clears_at == NOW + timedelta(days=1)


def test_when_none_is_right_the_answer_is_400_and_the_portal_says_so(key: str) -> None:
    assert set(fields_of(post(PATH, a_message({}), key))) == {
        "alerts[0].status",
        "alerts[0].fingerprint",
        "alerts[0].startsAt",
    }
    assert [alert.title for alert in own_alerts()] == ["Alerts from Alertmanager were refused"]


def test_of_many_faults_the_first_are_named() -> None:
    with pytest.raises(Invalid) as refused:
        send(*[7] * 60)
    assert refused.value.fields["alerts"] == ("none of the 60 is right; the first 50 of 60 faults are named")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (json.dumps(a_message(an_alert(BEGAN), version="5")), 400),
        (b" " * (10 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_message_that_is_refused_raises_an_alert(key: str, body: Any, status: int) -> None:
    for _ in range(2):
        assert post(PATH, body, key).status_code == status
    (told,) = own_alerts()
    assert (told.level, told.count, told.state) == ("error", 2, "open")


def test_another_media_type_is_415_and_raises_an_alert(key: str) -> None:
    answer = Client().post(PATH, "a=b", content_type="text/plain", **bearing(key))
    assert answer.status_code == 415
    assert len(own_alerts()) == 1


def test_the_call_asks_for_its_scope_and_strangers_raise_nothing(key: str) -> None:
    message = a_message(an_alert(BEGAN))
    assert post(PATH, message, an_api_key("read", name="reader")).status_code == 403
    assert post(PATH, b"{", "ops_wrong_key").status_code == 401
    assert Client().post(PATH, "{", content_type="application/json").status_code == 401
    assert not Alert.objects.exists()


def test_too_many_messages_are_503_and_never_429(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.doors.api.KeyThrottle.allow_request", lambda *_: False)
    answer = post(PATH, a_message(an_alert(BEGAN)), key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) >= 1


def test_a_message_beyond_those_in_progress_is_503(
    key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(alertmanager.AlertmanagerView, "_places", places)
    places.acquire()
    answer = post(PATH, a_message(an_alert(BEGAN)), key)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert not caplog.records
    places.release()
    assert post(PATH, a_message(an_alert(BEGAN)), key).status_code == 200
    assert post(PATH, a_message({}), key).status_code == 400
    assert places.acquire(blocking=False)


def test_a_storm_leaves_a_thread_of_the_server_free() -> None:
    assert alertmanager.MOST_AT_ONCE < BLOCKING_THREADS


def test_a_database_that_does_not_answer_is_503(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(signals, "take", fail)
    assert post(PATH, a_message(an_alert(BEGAN)), key).status_code == 503
    assert post(PATH, b"{", key).status_code == 503


def test_the_number_of_queries_does_not_depend_on_the_number_of_alerts(key: str) -> None:
    counts = []
    # SQLite takes a thousand values in a statement: of 25 columns, forty rows.
    for number in (1, 200 if connection.vendor == "postgresql" else 25):
        alerts = [an_alert(BEGAN, fingerprint=f"{number}.{each}") for each in range(number)]
        ended = [an_alert(BEGAN, NOW, fingerprint=f"{number}.{each}") for each in range(number)]
        for message in (alerts, alerts, ended):
            with CaptureQueriesContext(connection) as queries:
                assert post(PATH, a_message(*message), key).status_code == 200
            counts.append(len(queries))
    assert counts[:3] == counts[3:]
    assert max(counts) < 25


def test_of_a_cause_that_flaps_for_weeks_only_what_matters_is_read() -> None:
    for number in range(20, 0, -1):
        send(an_alert(NOW - number * MINUTE, NOW - number * MINUTE + MINUTE / 2))
    (told,) = read(a_message(an_alert(NOW)), NOW).alerts
    assert not occurrences.find([told])[told.fingerprint]._rows
    send(an_alert(NOW))
    assert (the_alert().state, the_alert().count) == ("open", 21)


def test_occurrences_that_ended_a_month_ago_are_forgotten(clock: Any) -> None:
    send(an_alert(BEGAN, NOW), an_alert(BEGAN, fingerprint="f2"))
    clock.shift(timedelta(days=30))
    assert keeping.purge() == {}
    clock.shift(MINUTE)
    assert keeping.purge() == {"occurrences": 1}
    assert Occurrence.objects.get().fingerprint == "f2"


def test_flapping_every_minute_for_an_hour_is_told_twice_at_most(clock: Any) -> None:
    at = NOW
    for _ in range(60):
        send(an_alert(at))
        sweeping.sweep()
        clock.shift(timedelta(seconds=30))
        send(an_alert(at, at + timedelta(seconds=30)))
        sweeping.sweep()
        clock.shift(timedelta(seconds=30))
        at += MINUTE
    for _ in range(30):
        sweeping.sweep()
        clock.shift(10 * MINUTE)
    alert = the_alert()
    assert (alert.count, alert.state, Occurrence.objects.count()) == (60, "resolved", 60)
    told = list(AlertEvent.objects.filter(alert=alert).values_list("kind", flat=True))
    assert told.count("fired") == 1
    assert told.count("resolved") == 1
    assert "reopened" not in told


def begins(number: int) -> datetime:
    return NOW - timedelta(minutes=50) + number * 5 * MINUTE


MESSAGES = [
    an_alert(begins(number), ended) for number in range(3) for ended in (None, begins(number) + 2 * MINUTE)
]


class OrderTests(TestCase):
    """Of one cause: three occurrences, each with or without its end."""

    @settings(max_examples=25)
    @given(
        told=st.sets(st.integers(0, 5), min_size=1).flatmap(
            lambda chosen: st.tuples(
                st.permutations(sorted(chosen)), st.lists(st.sampled_from(sorted(chosen)), max_size=4)
            )
        )
    )
    def test_any_order_and_multiplicity_ends_the_same(self, told: tuple[list[int], list[int]]) -> None:
        once, again = told
        with time_machine.travel(NOW, tick=False) as clock:
            Alert.objects.all().delete()
            for number in [*once, *again]:
                send(MESSAGES[number])
            clock.shift(timedelta(hours=3))
            sweeping.sweep()
            found = outcome()
            Occurrence.objects.all().delete()
            Alert.objects.all().delete()
            clock.move_to(NOW)
            for number in sorted(once):
                send(MESSAGES[number])
            clock.shift(timedelta(hours=3))
            sweeping.sweep()
            assert found == outcome()


def outcome() -> dict[str, Any]:
    alert = the_alert()
    return {
        "state": alert.state,
        "count": alert.count,
        "first seen": alert.first_seen,
        "last seen": alert.last_seen,
        "occurrences": list(alert.occurrences.order_by("started_at").values_list("started_at", "ended_at")),
    }
