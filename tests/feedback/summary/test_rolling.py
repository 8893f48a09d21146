"""When days are counted, and that no count is ever taken for true that is not."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection, transaction
from django.test import override_settings

from feedback.models import AreaCount, DayCount, StaleDay, SummaryDay
from feedback.summary import counting, documents, rolling
from feedback.summary.selection import Asked, select
from feedback.tickets import days, editing, quarantining
from tests.at_once import at_once
from tests.builders import ROOT
from tests.feedback.builders import a_ticket

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def tickets(**asked: str) -> int:
    found: int = documents.summary_of(select(Asked(start_date="2026-03-01", **asked)))["tickets"]
    return found


def bare() -> Sequence[tuple[date, date]]:
    return counting.bare(select(Asked(start_date="2026-03-01"))).runs


@pytest.mark.django_db
class TestRollUp:
    def test_a_day_is_counted_an_hour_after_it_is_over(self, clock: time_machine.Traveller) -> None:
        a_ticket()
        for moment, rolled in (("2026-03-02T23:59", 0), ("2026-03-03T00:59", 0), ("2026-03-03T01:00", 1)):
            clock.move_to(datetime.fromisoformat(f"{moment}+00:00"))
            assert rolling.roll_up() == rolled
        assert DayCount.objects.get().tickets == AreaCount.objects.get().tickets == 1
        assert rolling.roll_up() == 0

    def test_a_portal_without_tickets_has_nothing_to_count(self, clock: time_machine.Traveller) -> None:
        assert rolling.roll_up() == 0

    def test_days_without_a_ticket_are_counted_as_well(self, clock: time_machine.Traveller) -> None:
        a_ticket()
        clock.shift(5 * DAY)
        a_ticket()
        assert rolling.roll_up() == 5
        assert bare() == [(MONDAY + 5 * DAY, MONDAY + 5 * DAY)]

    def test_a_day_that_was_counted_is_read_from_its_count(self, clock: time_machine.Traveller) -> None:
        a_ticket()
        clock.shift(2 * DAY)
        rolling.roll_up()
        DayCount.objects.update(tickets=7)
        assert tickets() == 7

    def test_a_change_makes_the_count_of_its_day_stale_until_the_next(
        self, clock: time_machine.Traveller
    ) -> None:
        ticket = a_ticket()
        clock.shift(2 * DAY)
        rolling.roll_up()
        editing.edit(ticket, actor=ROOT, category="feature_request")
        assert bare()[0] == (MONDAY, MONDAY)
        assert tickets(category="feature_request") == 1
        assert rolling.roll_up() == 1
        assert DayCount.objects.get().category == "feature_request"
        assert not StaleDay.objects.exists()

    def test_a_ticket_in_quarantine_is_not_counted_and_its_day_is_left_empty(
        self, clock: time_machine.Traveller
    ) -> None:
        ticket = a_ticket()
        clock.shift(2 * DAY)
        rolling.roll_up()
        quarantining.quarantine(ticket, actor=ROOT, reason="Looks like spam")
        assert tickets() == 0
        rolling.roll_up()
        assert not DayCount.objects.exists()
        assert SummaryDay.objects.count() == 2
        assert tickets() == 0

    def test_a_change_today_leaves_no_mark(self, clock: time_machine.Traveller) -> None:
        editing.edit(a_ticket(), actor=ROOT, category="feature_request")
        days.stale([MONDAY, MONDAY + DAY])
        assert not StaleDay.objects.exists()

    def test_a_mark_of_yesterday_stays_until_yesterday_is_counted(
        self, clock: time_machine.Traveller
    ) -> None:
        ticket = a_ticket()
        clock.move_to(NOON + timedelta(hours=12, minutes=30))
        editing.edit(ticket, actor=ROOT, category="feature_request")
        assert rolling.roll_up() == 0
        assert StaleDay.objects.count() == 1
        clock.shift(timedelta(hours=1))
        assert rolling.roll_up() == 1
        assert not StaleDay.objects.exists()

    def test_many_days_are_counted_in_several_transactions(self, clock: time_machine.Traveller) -> None:
        a_ticket()
        clock.shift(100 * DAY)
        with patch.object(rolling, "_roll", wraps=rolling._roll) as roll:
            assert rolling.roll_up() == 100
        assert roll.call_count == 4

    def test_where_every_other_of_many_days_is_stale_all_of_them_are_read(
        self, clock: time_machine.Traveller
    ) -> None:
        a_ticket()
        clock.shift(300 * DAY)
        rolling.roll_up()
        days.stale([MONDAY + number * DAY for number in range(0, 300, 2)])
        assert len(bare()) == 1
        assert tickets(end_date="2026-12-31") == 1

    def test_spellings_of_an_area_are_counted_apart_and_shown_as_one(
        self, clock: time_machine.Traveller
    ) -> None:
        for area in ("Reminders", "Reminders", "reminders", "REMINDERS", "Check-out", ""):
            a_ticket(feature_area=area)
        clock.shift(2 * DAY)
        for _ in range(2):
            found = documents.summary_of(select(Asked(start_date="2026-03-01")))
            areas = [(area["featureArea"], area["tickets"]) for area in found["byFeatureArea"]]
            assert areas == [("Reminders", 4), ("Check-out", 1)]
            assert found["withoutFeatureArea"] == 1
            rolling.roll_up()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", "2026-03-02"), ("Pacific/Auckland", "2026-03-03"), ("America/New_York", "2026-03-02")],
)
def test_days_are_those_of_the_portals_time_zone(zone: str, day: str) -> None:
    with (
        override_settings(TIME_ZONE=zone),
        time_machine.travel(NOON.replace(hour=23, minute=30), tick=False) as clock,
    ):
        assert str(a_ticket().received_on) == day
        for _ in range(2):
            assert documents.summary_of(select(Asked(start_date=day, end_date=day)))["tickets"] == 1
            before = str(date.fromisoformat(day) - DAY)
            assert documents.summary_of(select(Asked(start_date=before, end_date=before)))["tickets"] == 0
            clock.shift(2 * DAY)
            assert rolling.roll_up() >= 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_change_that_commits_after_the_count_leaves_its_mark(self) -> None:
        with time_machine.travel(NOON, tick=False):
            ticket = a_ticket()
        with transaction.atomic():
            editing.edit(ticket, actor=ROOT, category="feature_request")
            assert at_once(rolling.roll_up) != [0]
        # The count saw the ticket as it was, and waited for nobody.
        assert DayCount.objects.get().category == "bug_report"
        assert bare()[0] == (MONDAY, MONDAY)
        assert rolling.roll_up() == 1
        assert DayCount.objects.get().category == "feature_request"

    def test_a_change_that_commits_between_the_marks_and_the_count_is_counted_again(self) -> None:
        with time_machine.travel(NOON, tick=False):
            ticket = a_ticket()
        insert = rolling._insert

        def change_first(model: type, *given: object) -> None:
            if model is DayCount:
                at_once(lambda: editing.edit(ticket, actor=ROOT, category="feature_request"))
            insert(model, *given)  # type: ignore[arg-type]

        with patch.object(rolling, "_insert", change_first):
            rolling.roll_up()
        assert DayCount.objects.get(day=MONDAY).category == "feature_request"
        assert StaleDay.objects.get().day == MONDAY
        assert rolling.roll_up() == 1

    def test_two_counts_at_once_are_one(self) -> None:
        with time_machine.travel(NOON, tick=False):
            a_ticket(feature_area="Reminders")
        at_once(rolling.roll_up, rolling.roll_up, rolling.roll_up)
        assert DayCount.objects.get().tickets == AreaCount.objects.get().tickets == 1

    def test_changes_of_one_day_do_not_wait_for_one_another(self) -> None:
        with time_machine.travel(NOON, tick=False):
            first, second = a_ticket(), a_ticket()
        with transaction.atomic():
            editing.edit(first, actor=ROOT, category="feature_request")
            at_once(lambda: editing.edit(second, actor=ROOT, category="usability_issue"))
        assert StaleDay.objects.count() == 2
