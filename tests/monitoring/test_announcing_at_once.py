"""Announcers and sources at the same time: each thing is said once, and nothing is lost. PostgreSQL only."""

from collections import Counter

import pytest

from monitoring.alerts.announcing import Announced, announce, pacing
from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert, Dispatch, Notice
from operations.models import OutboxMessage
from tests.at_once import at_once
from tests.monitoring.announcing_world import a_channel, a_route, many

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def at_once_ripe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "GROUP_WAIT", pacing.GROUP_WAIT * 0)


def test_several_announcers_say_each_thing_once() -> None:
    a_route()
    a_route(a_channel("other"), "critical")
    alerts = many(300, "critical")
    results = at_once(*[announce] * 4)
    assert sum(result.messages for result in results if isinstance(result, Announced)) == 2
    assert OutboxMessage.objects.count() == 2
    told = Counter(Dispatch.objects.values_list("alert", "to"))
    assert len(told) == 2 * len(alerts)
    assert set(told.values()) == {1}
    assert not Notice.objects.filter(gathered_at=None).exists()


def test_announcing_while_sources_speak_loses_nothing_and_locks_nobody_out() -> None:
    a_route()

    def speak(level: str) -> object:
        return take(
            Signal(source="rule", cause=f"cause {number}", title="x", level=level, firing=True)
            for number in range(100)
        )

    def announce_often() -> None:
        for _ in range(10):
            announce()

    speak("warning")
    at_once(lambda: speak("error"), announce_often, lambda: speak("critical"), announce_often)
    # What came after the last digest waits for the next one.
    OutboxMessage.objects.update(
        created_at=OutboxMessage.objects.latest("created_at").created_at - pacing.STORM_WITHIN
    )
    Dispatch.objects.update(at=Dispatch.objects.latest("at").at - pacing.GROUP_INTERVAL)
    announce()
    assert not Notice.objects.filter(gathered_at=None).exists()
    for alert in Alert.objects.all():
        assert alert.dispatches.latest("pk").level == alert.level == "critical"
