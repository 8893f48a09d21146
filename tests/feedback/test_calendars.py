"""The calendar of each workspace and the targets of each severity, as the tables have them."""

from datetime import date, timedelta
from typing import Any

import pytest

from feedback.models import Holiday, OpeningHours
from feedback.tickets.calendars import Calendars
from rollout.models import Workspace

pytestmark = pytest.mark.django_db

NEW_YEAR, BURNS, AUGUST = date(2027, 1, 1), date(2027, 1, 25), date(2027, 8, 30)


def a_workspace(region: str = "", time_zone: str = "") -> Workspace:
    return Workspace(id="W1", name="One", region=region, time_zone=time_zone)


@pytest.fixture
def _holidays() -> None:
    for day, region in ((NEW_YEAR, ""), (BURNS, "Scotland"), (AUGUST, "England")):
        Holiday.objects.create(day=day, name="Off", region=region)


def test_a_portal_begins_with_five_days_of_eight_hours_and_a_target_for_each_severity() -> None:
    calendars = Calendars()
    assert calendars.of(None).week == dict.fromkeys(range(5), (540, 1020))
    assert calendars.target("critical") == (timedelta(hours=1), timedelta(hours=8))
    assert calendars.target("low") == (timedelta(hours=24), timedelta(hours=160))


@pytest.mark.usefixtures("_holidays")
def test_a_region_has_its_own_holidays_and_those_of_everywhere() -> None:
    calendars = Calendars()
    assert calendars.of(None).holidays == {NEW_YEAR}
    assert calendars.of(a_workspace("Scotland")).holidays == {NEW_YEAR, BURNS}
    assert calendars.of(a_workspace("scotland")).holidays == {NEW_YEAR, BURNS}
    assert calendars.of(a_workspace("Wales")).holidays == {NEW_YEAR}


def test_a_workspace_goes_by_its_own_time_zone_else_by_the_portals(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    calendars = Calendars()
    assert calendars.of(a_workspace(time_zone="Asia/Kolkata")).zone.key == "Asia/Kolkata"
    for workspace in (
        None,
        a_workspace(),
        a_workspace(time_zone="Mars/Olympus"),
        a_workspace(time_zone="../x"),
    ):
        assert calendars.of(workspace).zone.key == "Europe/London"


@pytest.mark.usefixtures("_holidays")
def test_the_tables_are_read_once_for_any_number_of_workspaces(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        calendars = Calendars()
        for region in ("", "England", "Scotland"):
            for zone in ("", "Europe/London", "Asia/Kolkata"):
                calendars.of(a_workspace(region, zone))
        calendars.target("high")


def test_a_day_without_a_row_is_closed() -> None:
    OpeningHours.objects.filter(weekday=4).delete()
    assert set(Calendars().of(None).week) == {0, 1, 2, 3}
