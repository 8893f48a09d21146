"""What becomes of a cause's alert: one open row a cause, whatever is said of it how often."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from monitoring.alerts import responding, signals, sweeping
from monitoring.models import Alert, AlertEvent, Notice
from rollout.models import Module
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.monitoring.alarms import a_signal, again, an_alert, kinds, later, notices, say, sweep_after

MINUTE = timedelta(minutes=1)


@pytest.fixture
def noon() -> object:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
class TestFiring:
    def test_a_cause_that_holds_has_one_open_alert_with_the_clock_of_its_level(self) -> None:
        alert = an_alert(level="error", urgency=77, summary="7 % fail", affected="40 pharmacies")
        assert (alert.state, alert.level, alert.urgency, alert.count) == ("open", "error", 77, 1)
        assert alert.due_at == timezone.now() + timedelta(hours=2)
        assert (alert.escalation, kinds(alert), notices(alert)) == (1, ["fired"], ["fired"])

    def test_a_repeat_raises_the_count_and_announces_nothing(self) -> None:
        alert = an_alert()
        with later(minutes=30):
            an_alert(summary="still")
        alert = again(alert)
        assert (Alert.objects.count(), alert.count, alert.summary) == (1, 2, "still")
        assert alert.last_seen - alert.first_seen == 30 * MINUTE
        assert (kinds(alert), notices(alert)) == (["fired"], ["fired"])

    def test_a_replay_counts_nothing(self) -> None:
        alert = an_alert()
        say(a_signal(counts=0))
        assert again(alert).count == 1

    def test_modules_and_sources_keep_their_causes_apart(self) -> None:
        builders.modules()
        module = Module.objects.get(key="patient_engagement")
        for signal in (a_signal(), a_signal(module=module), a_signal(source="health")):
            say(signal)
        assert Alert.objects.count() == 3
        assert Alert.objects.get(module=module).group_key == "patient_engagement"

    def test_too_long_a_text_is_cut_and_not_refused(self) -> None:
        alert = an_alert(title="x" * 300)
        assert (len(alert.title), alert.title[-2:]) == (200, "x…")

    def test_the_database_keeps_a_second_open_alert_of_a_cause_out(self) -> None:
        alert = an_alert()
        alert.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            alert.save()

    def test_many_causes_take_as_many_queries_as_few(self, django_assert_max_num_queries: object) -> None:
        signals.take([a_signal(str(number)) for number in range(3)])
        with django_assert_max_num_queries(11):  # type: ignore[operator]
            signals.take([a_signal(str(number)) for number in range(60)])
        assert Alert.objects.count() == 60


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
class TestHoldingFor:
    def test_a_cause_must_hold_for_its_time_before_it_fires(self) -> None:
        pending = an_alert(hold_for=10 * MINUTE)
        assert (pending.state, pending.due_at, notices(pending)) == ("pending", None, [])
        with later(minutes=9):
            assert an_alert(hold_for=10 * MINUTE).state == "pending"
        with later(minutes=10) as now:
            fired = an_alert(hold_for=10 * MINUTE)
            assert (fired.state, fired.fired_at, notices(fired)) == ("open", now, ["fired"])

    def test_a_cause_that_does_not_last_leaves_nothing_and_begins_anew(self) -> None:
        an_alert(hold_for=10 * MINUTE)
        with later(minutes=5):
            say(a_signal(firing=False))
            assert not Alert.objects.exists()
        with later(minutes=11):
            assert an_alert(hold_for=10 * MINUTE).state == "pending"

    def test_pending_ones_resolve_and_begin_in_one_call(self) -> None:
        an_alert(hold_for=10 * MINUTE)
        holds, gone = a_signal(hold_for=10 * MINUTE), a_signal(firing=False)
        signals.take([gone, holds, gone, holds])
        assert Alert.objects.get().state == "pending"


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
class TestClearing:
    def test_an_alert_resolves_when_its_cause_was_gone_for_long_enough(self) -> None:
        alert = an_alert()
        say(a_signal(firing=False))
        assert again(alert).state == "open"
        assert sweep_after(minutes=9).resolved == 0
        assert sweep_after(minutes=10).resolved == 1
        alert = again(alert)
        assert (alert.state, alert.resolved_by, notices(alert)) == ("resolved", "", ["fired", "resolved"])

    def test_a_cause_that_is_back_before_that_changes_nothing(self) -> None:
        alert = an_alert()
        say(a_signal(firing=False))
        with later(minutes=5):
            an_alert()
        assert sweep_after(minutes=30).resolved == 0
        assert (again(alert).count, notices(alert)) == (2, ["fired"])

    def test_a_cause_that_is_gone_before_it_was_heard_of_raises_nothing(self) -> None:
        assert say(a_signal(firing=False)) is None

    def test_unless_its_source_wants_it_written_down(self) -> None:
        alert = say(a_signal(firing=False, never_announced=True))
        assert alert is not None
        assert (alert.state, notices(alert), alert.due_at) == ("resolved", [], None)

    def test_an_event_resolves_by_itself_and_says_nothing_when_it_informs(self) -> None:
        alert = an_alert(level="info", lasts=timedelta(hours=24))
        assert sweep_after(hours=23).resolved == 0
        assert sweep_after(hours=24).resolved == 1
        assert notices(alert) == ["fired"]

    def test_a_cause_that_is_back_within_the_hour_reopens_its_alert_and_settles_for_longer(self) -> None:
        alert = an_alert()
        say(a_signal(firing=False))
        sweep_after(minutes=10)
        with later(minutes=40):
            an_alert()
            alert = again(alert)
            assert (alert.state, alert.reopened, alert.count) == ("open", 1, 2)
            assert alert.due_at == timezone.now() + timedelta(hours=8)
            say(a_signal(firing=False))
            assert again(alert).clears_at == timezone.now() + 20 * MINUTE
        assert notices(alert) == ["fired", "resolved", "reopened"]

    def test_after_an_hour_it_is_another_alert(self) -> None:
        first = an_alert()
        say(a_signal(firing=False))
        sweep_after(minutes=10)
        with later(minutes=71):
            second = an_alert()
        assert (first.pk != second.pk, again(first).state, second.state) == (True, "resolved", "open")

    def test_what_a_person_resolved_stays_so_for_a_replay_and_reopens_for_news(self) -> None:
        alert = an_alert()
        responding.resolve(alert, actor=ROOT)
        say(a_signal(counts=0))
        assert again(alert).state == "resolved"
        say(a_signal())
        assert (again(alert).state, Alert.objects.count()) == ("open", 1)

    def test_one_that_flaps_every_minute_for_an_hour_makes_at_most_two_notices(self) -> None:
        start = timezone.now()
        for minute in range(61):
            with time_machine.travel(start + minute * MINUTE, tick=False):
                say(a_signal(firing=minute % 2 == 0))
                sweeping.sweep()
        say(a_signal(firing=False))
        with time_machine.travel(start + timedelta(hours=3), tick=False):
            sweeping.sweep()
        assert list(Notice.objects.values_list("kind", flat=True)) == ["fired", "resolved"]
        assert Alert.objects.get().count == 31


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
class TestWorsening:
    def test_what_gets_worse_is_told_again_and_keeps_the_clock_that_nobody_stopped(self) -> None:
        alert = an_alert(level="warning")
        with later(hours=1):
            an_alert(level="error")
        alert = again(alert)
        assert (alert.level, notices(alert), kinds(alert)) == (
            "error",
            ["fired", "worse"],
            ["fired", "worse"],
        )
        assert alert.due_at == alert.first_seen + timedelta(hours=2)

    def test_what_was_acknowledged_has_to_be_acknowledged_again(self) -> None:
        alert = an_alert(level="warning")
        responding.acknowledge(alert, actor=ROOT)
        with later(hours=1) as now:
            alert = an_alert(level="critical")
            assert (alert.state, alert.acknowledged_by) == ("open", "")
            assert (alert.due_at, alert.escalation) == (now + 5 * MINUTE, 2)

    def test_it_never_gets_better_before_it_is_over(self) -> None:
        an_alert(level="critical")
        alert = an_alert(level="warning")
        assert (alert.level, notices(alert)) == ("critical", ["fired"])

    def test_what_comes_back_has_the_level_that_it_comes_back_with(self) -> None:
        alert = an_alert(level="critical")
        responding.resolve(alert, actor=ROOT)
        alert = an_alert(level="warning")
        assert (alert.level, alert.escalation, alert.reopened) == ("warning", 1, 1)

    def test_urgency_alone_tells_nobody_anything(self) -> None:
        an_alert(level="error", urgency=72)
        alert = an_alert(level="error", urgency=88)
        assert (alert.urgency, notices(alert)) == (88, ["fired"])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_alert_is_made_and_all_are_counted() -> None:
    at_once(*[partial(signals.take, [a_signal("a"), a_signal("b")])] * 8)
    assert sorted(Alert.objects.values_list("count", flat=True)) == [8, 8]
    assert AlertEvent.objects.filter(kind="fired").count() == Notice.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_overlapping_sets_in_any_order_do_not_block_one_another() -> None:
    causes = [str(number) for number in range(40)]
    sets = [[a_signal(cause) for cause in causes[begin:] + causes[:begin]] for begin in range(0, 40, 5)]
    at_once(*[partial(signals.take, each) for each in sets])
    assert set(Alert.objects.values_list("count", flat=True)) == {8}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_at_once_a_cause_that_is_back_reopens_one_alert() -> None:
    alert = an_alert()
    responding.resolve(alert, actor=ROOT)
    at_once(*[partial(signals.take, [a_signal()])] * 6)
    assert (Alert.objects.count(), again(alert).count, again(alert).reopened) == (1, 7, 1)
