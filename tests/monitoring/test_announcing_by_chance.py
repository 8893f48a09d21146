"""Whatever happens to alerts in whatever order, in the end every receiver knows how things stand."""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from monitoring.alerts import responding, signals, silencing, sweeping
from monitoring.alerts.announcing import announce, pacing
from monitoring.alerts.signals import Signal
from monitoring.levels import ERROR, INFO, ORDER, at_least
from monitoring.models import Alert, Dispatch, Notice
from operations.errors import Refused
from operations.models import OutboxMessage
from tests.builders import ROOT
from tests.monitoring.announcing_world import a_channel, a_contact, a_route, clock, fire

pytestmark = pytest.mark.django_db

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CAUSES, STEPS, SEEDS = 8, 30, 6
ALL, GRAVE = "all", "grave"


def something_happens(chance: random.Random) -> None:
    cause = f"cause {chance.randrange(CAUSES)}"
    alert = Alert.objects.filter(title=f"The {cause} is high").order_by("pk").last()
    what = chance.randrange(7)
    if what < 4 or alert is None:
        fire(cause, chance.choice(ORDER), group_key=chance.choice(["", "db", "web"]))
    elif what == 4:
        signals.take([Signal(source=Alert.Source.RULE, cause=cause, firing=False)])
    elif what == 5:
        verbs: list[Callable[..., Alert]]
        verbs = [responding.acknowledge, responding.resolve, responding.escalate]
        verb = chance.choice(verbs)
        with suppress(Refused):
            verb(alert, actor=ROOT)
    else:
        until = timezone.now() + 10 * MINUTE
        silencing.silence(actor=ROOT, until=until, reason="Known", alert=alert)


def passes(now: Any, *steps: timedelta) -> None:
    for step in steps:
        now.shift(step)
        sweeping.sweep()
        announce()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_in_the_end_every_receiver_knows_how_things_stand(seed: int) -> None:
    chance = random.Random(seed)
    with clock() as now:
        a_route(a_channel(ALL))
        a_route(a_channel(GRAVE), *at_least(ERROR))
        a_contact(2, "Grace")
        for _ in range(STEPS):
            something_happens(chance)
            passes(now, *chance.choice([[SECOND], [5 * SECOND], [20 * SECOND], [MINUTE] * 2]))
        # Silences end, digests go out, incidents have had their five minutes.
        passes(now, *[MINUTE] * 2, *[5 * MINUTE] * 3, *[MINUTE] * 2)
        assert not Notice.objects.filter(gathered_at=None).exists()
        for alert in Alert.objects.all():
            knows(alert, ALL, ORDER)
            knows(alert, GRAVE, at_least(ERROR))
        for lane in OutboxMessage.objects.values_list("lane", flat=True).distinct():
            not_too_much(lane)


def knows(alert: Alert, to: str, levels: Iterable[str]) -> None:
    last = Dispatch.objects.filter(alert=alert, to=to).order_by("pk").last()
    if alert.resolved_at:
        # Of mere information, the end is told to nobody.
        assert last is None or last.kind == "resolved" or alert.level == INFO
    elif alert.level in levels:
        assert last is not None
        assert last.kind != "resolved"
        assert last.level == alert.level


def not_too_much(lane: str) -> None:
    """Within ten minutes five messages, and a digest a minute."""
    times = sorted(OutboxMessage.objects.filter(lane=lane).values_list("created_at", flat=True))
    for begin in times:
        assert sum(begin <= each < begin + pacing.STORM_WITHIN for each in times) <= 15
