"""The promised service: hours, targets and holidays are set within reason, and each change is on record."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from feedback.models import Holiday, OpeningHours, ServiceTarget
from feedback.service import holidays, hours, targets
from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.groups import SUPPORT
from tests.builders import ROOT, a_person, acting
from tests.doors import events_after, last_event

pytestmark = pytest.mark.django_db

WHOLE_DAY = (0, 1440)


def faults(verb: Callable[..., Any], *args: Any, **values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        verb(*args, actor=ROOT, **values)
    return refused.value.fields


def the_week() -> dict[int, tuple[int, int]]:
    return {row.weekday: (row.opens, row.closes) for row in OpeningHours.objects.all()}


def test_hours_are_set_for_the_days_that_are_given_and_each_change_is_on_record() -> None:
    last = last_event()
    hours.set_hours(actor=ROOT, hours={0: (480, 1080), 1: (540, 1020), 4: None, 5: WHOLE_DAY, 6: None})
    assert the_week() == {0: (480, 1080), 1: (540, 1020), 2: (540, 1020), 3: (540, 1020), 5: WHOLE_DAY}
    assert [(event.action, event.data) for event in events_after(last)] == [
        ("opening_hours.set", {"day": "Monday", "before": "09:00 to 17:00", "after": "08:00 to 18:00"}),
        ("opening_hours.set", {"day": "Friday", "before": "09:00 to 17:00", "after": "closed"}),
        ("opening_hours.set", {"day": "Saturday", "before": "closed", "after": "00:00 to 24:00"}),
    ]


@pytest.mark.parametrize(
    ("week", "names"),
    [
        ({7: (0, 60)}, ["hours"]),
        ({0: (600, 600)}, ["monday"]),
        ({0: (600, 540), 6: (0, 1441)}, ["monday", "sunday"]),
        ({1: (-1, 540)}, ["tuesday"]),
        (dict.fromkeys(range(7)), ["hours"]),
        ({**dict.fromkeys(range(6)), 6: (0, 59)}, ["hours"]),
    ],
)
def test_hours_that_make_no_week_are_refused_and_change_nothing(week: Any, names: list[str]) -> None:
    before = the_week()
    assert list(faults(hours.set_hours, hours=week)) == names
    assert the_week() == before


def test_a_target_is_set_and_on_record() -> None:
    last = last_event()
    targets.set_target("high", first_response=30, resolution=600, actor=ROOT)
    targets.set_target("high", first_response=30, resolution=600, actor=ROOT)
    target = ServiceTarget.objects.get(severity="high")
    assert (target.first_response, target.resolution) == (30, 600)
    [event] = events_after(last)
    assert event.action == "service_target.set"
    assert event.data == {"first_response_minutes": [240, 30], "resolution_minutes": [1440, 600]}


@pytest.mark.parametrize(
    ("first", "resolution", "names"),
    [
        (0, 60, ["first_response"]),
        (60, 59, ["resolution"]),
        (60, 120_001, ["resolution"]),
        (0, 0, ["first_response", "resolution"]),
    ],
)
def test_a_target_that_cannot_be_kept_is_refused(first: int, resolution: int, names: list[str]) -> None:
    found = faults(targets.set_target, "high", first_response=first, resolution=resolution)
    assert list(found) == names


def test_there_is_no_target_for_an_unknown_severity() -> None:
    with pytest.raises(NotFound):
        targets.set_target("fatal", first_response=1, resolution=2, actor=ROOT)


def test_a_holiday_is_added_once_and_removed() -> None:
    last = last_event()
    holiday = holidays.add(date(2026, 12, 24), " Christmas Eve ", region="England", actor=ROOT)
    assert (holiday.name, holiday.region) == ("Christmas Eve", "England")
    assert faults(holidays.add, date(2026, 12, 24), "Again", region="England") == {"day": holidays.TAKEN}
    holidays.add(date(2026, 12, 24), "Christmas Eve", actor=ROOT)
    holidays.remove(holiday, actor=ROOT)
    with pytest.raises(Refused, match="removed before"):
        holidays.remove(holiday, actor=ROOT)
    assert [(event.action, event.data) for event in events_after(last)] == [
        ("holiday.added", {"day": "2026-12-24", "region": "England"}),
        ("holiday.added", {"day": "2026-12-24", "region": ""}),
        ("holiday.removed", {"day": "2026-12-24", "region": "England"}),
    ]


@pytest.mark.parametrize(
    ("day", "name", "region", "names"),
    [
        (date(1999, 1, 1), "New Year", "", ["day"]),
        (date(2101, 1, 1), "New Year", "", ["day"]),
        (date(2026, 1, 1), " ", "", ["name"]),
        (date(2026, 1, 1), "x" * 101, "\n\n\x00", ["region", "name"]),
    ],
)
def test_every_fault_of_a_holiday_is_named(day: date, name: str, region: str, names: list[str]) -> None:
    assert list(faults(holidays.add, day, name, region=region)) == names


def test_the_public_holidays_of_a_year_are_added_once_and_keep_what_is_there() -> None:
    holidays.add(date(2026, 12, 25), "We are closed", region="England", actor=ROOT)
    added = holidays.add_public("gb", 2026, subdivision="ENG", region="England", actor=ROOT)
    days = {holiday.day for holiday in added}
    # As on gov.uk/bank-holidays: Boxing Day of 2026 is a Saturday, so that the Monday is free as well.
    assert {date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 28)} <= days
    assert date(2026, 12, 25) not in days
    assert holidays.add_public("GB", 2026, subdivision="ENG", region="England", actor=ROOT) == []
    assert Holiday.objects.filter(region="England").count() == len(added) + 1
    assert Holiday.objects.get(day=date(2026, 12, 25)).name == "We are closed"
    scotland = holidays.add_public("GB", 2026, subdivision="SCT", region="Scotland", actor=ROOT)
    assert date(2026, 1, 2) in {holiday.day for holiday in scotland}


@pytest.mark.parametrize(
    ("country", "subdivision", "year", "names"),
    [
        ("XX", "", 2026, ["country"]),
        ("", "", 2026, ["country"]),
        ("GB", "eng", 2026, ["subdivision"]),
        ("GB", "", 1900, ["year"]),
    ],
)
def test_an_unknown_country_subdivision_or_year_is_named(
    country: str, subdivision: str, year: int, names: list[str]
) -> None:
    found = faults(holidays.add_public, country, year, subdivision=subdivision)
    assert list(found) == names
    assert not Holiday.objects.exists()


def test_the_support_team_changes_none_of_it() -> None:
    support = acting(a_person(group=SUPPORT))
    for verb in (
        lambda: hours.set_hours(actor=support, hours={0: None}),
        lambda: targets.set_target("high", first_response=1, resolution=2, actor=support),
        lambda: holidays.add(date(2026, 1, 1), "New Year", actor=support),
        lambda: holidays.add_public("GB", 2026, actor=support),
        lambda: holidays.remove(Holiday(), actor=support),
    ):
        with pytest.raises(Forbidden):
            verb()
