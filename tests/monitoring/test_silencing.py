"""Silences and maintenance: nobody is told, nothing is owed, and only what is new is told afterwards."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from monitoring.alerts import muting, responding, silencing, sweeping
from monitoring.alerts.announcing import announce
from monitoring.models import Alert, Dispatch, Silence
from operations import windows
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent, Window
from rollout.models import Module
from tests import builders
from tests.builders import ROOT
from tests.monitoring.alarms import again, an_alert, kinds, later, notices, raised, sweep_after
from tests.monitoring.announcing_world import a_route

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel(NOON, tick=False):
        yield


def silenced(**values: Any) -> Silence:
    return silencing.silence(
        **{"actor": ROOT, "until": NOON + HOUR, "reason": "known", "level": "warning", **values}
    )


def maintained(kind: str = "maintenance", hours: int = 1) -> None:
    windows.plan(kind, "Upgrade", starts_at=NOON, ends_at=NOON + hours * HOUR, actor=ROOT)


def test_what_fires_in_a_silence_is_told_when_that_ends_and_its_clock_begins_then() -> None:
    silenced()
    alert = an_alert()
    assert (alert.state, alert.due_at, notices(alert)) == ("silenced", None, [])
    assert sweep_after(minutes=59).unmuted == 0
    assert sweep_after(minutes=60).unmuted == 1
    alert = again(alert)
    assert (notices(alert), alert.due_at) == (["fired"], NOON + 9 * HOUR)
    assert kinds(alert) == ["fired", "muted", "unmuted"]


def told() -> list[tuple[str, str]]:
    """What the messages of this moment and before spoke of."""
    announce()
    return list(Dispatch.objects.order_by("pk").values_list("alert__title", "kind"))


def test_what_was_told_before_is_not_told_again_and_owes_nothing_meanwhile() -> None:
    a_route()
    alert = an_alert(level="error")
    with later(minutes=1):
        assert told() == [("Too many errors", "fired")]
        silenced(level="error", until=NOON + 5 * HOUR)
        assert sweeping.sweep().muted == 1
        assert (again(alert).state, again(alert).due_at) == ("silenced", None)
    with later(hours=4):
        assert sweeping.sweep().stepped == 0
        new = an_alert("timeouts", level="error")
        assert told() == [("Too many errors", "fired")]
    with later(hours=5):
        assert sweeping.sweep().unmuted == 2
    assert {again(each).due_at for each in (alert, new)} == {NOON + 7 * HOUR}
    with later(hours=5, minutes=1):
        assert told() == [("Too many errors", "fired"), ("Too many timeouts", "fired")]
    with later(hours=7, minutes=1):
        sweeping.sweep()
    with later(hours=7, minutes=2):
        assert [kind for _, kind in told()[2:]] == ["escalated", "escalated"]


def test_what_got_worse_in_the_silence_is_told_when_that_ends() -> None:
    a_route()
    an_alert(level="warning")
    with later(minutes=1):
        assert told() == [("Too many errors", "fired")]
        silenced()
        silenced(level="critical")
    with later(minutes=30):
        sweeping.sweep()
        an_alert(level="critical")
    with later(hours=1):
        sweeping.sweep()
    with later(hours=1, minutes=1):
        assert told() == [("Too many errors", "fired"), ("Too many errors", "worse")]


def test_what_is_over_before_the_silence_is_told_to_nobody() -> None:
    silenced()
    alert = an_alert()
    responding.resolve(alert, actor=ROOT)
    sweep_after(hours=2)
    assert notices(alert) == []


def test_a_silence_of_a_cause_holds_for_its_next_alert() -> None:
    alert = an_alert()
    silenced(level="", alert=alert)
    responding.resolve(alert, actor=ROOT)
    assert an_alert().state == "silenced"


def test_maintenance_mutes_what_is_measured_and_no_more() -> None:
    maintained()
    assert [an_alert(source=source).state for source in ("health", "rule", "alertmanager")] == [
        "silenced"
    ] * 3
    assert [an_alert(source=source).state for source in ("person", "product", "portal")] == ["open"] * 3
    assert sweep_after(hours=1).unmuted == 3


def test_a_freeze_mutes_nothing() -> None:
    maintained("freeze")
    assert an_alert().state == "open"


def test_a_maintenance_that_ends_early_tells_what_is_new_at_once() -> None:
    maintained(hours=6)
    alert = an_alert()
    with later(minutes=30):
        windows.end(Window.objects.get(), actor=ROOT)
        sweeping.sweep()
    assert notices(alert) == ["fired"]


def test_a_silence_ends_before_its_time_and_once() -> None:
    silence = silenced()
    alert = an_alert()
    with later(minutes=10):
        silencing.end(silence, actor=ROOT)
        sweeping.sweep()
        with pytest.raises(Refused, match="is over"):
            silencing.end(silence, actor=ROOT)
        assert Silence.objects.get().state == "over"
    assert notices(alert) == ["fired"]


def test_one_that_has_not_begun_mutes_nothing_and_can_be_taken_back() -> None:
    silence = silenced(starts_at=NOON + HOUR, until=NOON + 2 * HOUR)
    assert (silence.state, an_alert().state) == ("planned", "open")
    silencing.end(silence, actor=ROOT)
    assert sweep_after(minutes=90).muted == 0


def test_both_ways_to_ask_what_is_muted_agree() -> None:
    builders.modules()
    engagement, health = Module.objects.order_by("-key")
    for module in (None, engagement, health):
        for level in ("critical", "warning"):
            for source in ("rule", "person"):
                an_alert(level, level=level, source=source, module=module)
    assert Alert.objects.count() == 12
    one = Alert.objects.first()
    assert one is not None
    choices: list[dict[str, Any]] = [
        {"level": "warning"},
        {"module": engagement, "level": ""},
        {"module": health, "level": "critical"},
        {"alert": one, "level": ""},
    ]
    for values in choices:
        silence = silenced(**values)
        mutes = muting.at(timezone.now())
        found = set(Alert.objects.filter(mutes.q()).values_list("pk", flat=True))
        assert found == {alert.pk for alert in Alert.objects.all() if mutes.over(alert)}
        assert 0 < len(found) < 12
        silencing.end(silence, actor=ROOT)
    maintained()
    mutes = muting.at(timezone.now())
    assert (
        Alert.objects.filter(mutes.q()).count()
        == sum(bool(mutes.over(each)) for each in Alert.objects.all())
        == 6
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"level": ""}, "module"),
        ({"level": "fatal"}, "level"),
        ({"until": NOON}, "until"),
        ({"until": NOON + timedelta(days=31)}, "until"),
        ({"starts_at": NOON + HOUR, "until": NOON + HOUR}, "until"),
    ],
)
def test_a_wrong_silence_names_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        silenced(**values)
    assert list(fault.value.fields) == [field]
    assert not Silence.objects.exists()


def test_silences_ask_for_permission_and_are_audited() -> None:
    with pytest.raises(Forbidden):
        silenced(actor=Actor(door=Door.API, label="x"))
    support = builders.acting(builders.a_person(group="Support"))
    with pytest.raises(Forbidden):
        silenced(actor=support)
    alert = raised()
    silencing.end(silenced(alert=alert, level=""), actor=ROOT)
    found = AuditEvent.objects.order_by("pk").values_list("action", "subject_type")
    assert list(found)[-2:] == [
        ("alert.silenced", "monitoring.alert"),
        ("alert.silence_ended", "monitoring.silence"),
    ]
