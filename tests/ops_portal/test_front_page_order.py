"""In which order the parts of the front page stand, and what waits in which order. No database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ops_portal.front_page import health, order, waiting
from ops_portal.front_page.waiting import Waiting

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def who_may(*permissions: str) -> Callable[[str], bool]:
    return set(permissions).__contains__


def an_item(key: str, due: timedelta | None = None, **values: object) -> Waiting:
    return Waiting(key, "inbox", key, "", "/", NOW + due if due is not None else None, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("permissions", "first"),
    [
        ([order.LEADS, order.SHIPS, order.ANSWERS, order.SIGNS], ["needs", "plans"]),
        ([order.SHIPS, order.ANSWERS, order.SIGNS], ["needs", "releases"]),
        ([order.ANSWERS, order.RESPONDS], ["needs", "feedback"]),
        ([order.SIGNS], ["needs", "releases"]),
        ([], ["plans", "alerts"]),
    ],
)
def test_what_a_person_is_there_for_stands_first(permissions: list[str], first: list[str]) -> None:
    found = order.order(who_may(*permissions))
    assert list(found[:2]) == first
    assert set(found) | {"needs"} == {
        "needs",
        "plans",
        "alerts",
        "releases",
        "feedback",
        "windows",
        "events",
    }


@pytest.mark.parametrize("permission", order.DECIDES)
def test_whoever_may_decide_anything_has_a_list_and_a_reader_has_none(permission: str) -> None:
    assert order.order(who_may(permission))[0] == "needs"
    assert "needs" not in order.order(who_may("rollout.view_plan"))


def test_the_inbox_is_whose_work_is_tickets_alone() -> None:
    assert order.inbox_is_theirs(who_may(order.ANSWERS))
    assert not order.inbox_is_theirs(who_may(order.ANSWERS, order.LEADS))
    assert not order.inbox_is_theirs(who_may(order.ANSWERS, order.SHIPS))
    assert not order.inbox_is_theirs(who_may())


def test_what_is_late_stands_before_what_may_wait_and_what_is_pressing_above_all() -> None:
    items = [
        an_item("tomorrow", 24 * HOUR),
        an_item("boxes", rank=2),
        an_item("gate", rank=0),
        an_item("soon", 59 * MINUTE),
        an_item("late", -HOUR),
        an_item("very late", -24 * HOUR),
        an_item("down", 4 * MINUTE, pressing=True),
        an_item("later", 61 * MINUTE),
    ]
    found = [item.key for item in waiting.in_order(items, NOW)]
    assert found == ["down", "very late", "late", "soon", "gate", "boxes", "later", "tomorrow"]


@pytest.mark.parametrize(
    ("due", "when", "label"),
    [
        (None, "now", "info"),
        (-90 * MINUTE, "1 h late", "danger"),
        (-20 * timedelta(seconds=1), "1 min late", "danger"),
        (30 * MINUTE, "by 10:30", "warning"),
        (3 * HOUR, "by 13:00", ""),
        (24 * HOUR, "by Tue 3 Mar, 10:00", ""),
        (365 * 24 * HOUR, "by 2 Mar 2027, 10:00", ""),
    ],
)
def test_each_says_by_when(due: timedelta | None, when: str, label: str) -> None:
    [line] = waiting.lines([an_item("it", due)], NOW)
    assert (line.when, line.label) == (when, label)


def test_hours_that_were_alike_are_one_piece_of_the_week_and_a_missing_check_is_a_gap() -> None:
    week = health.week(["pass", "pass", None, "pass", "breach"])
    assert [(piece.at, piece.hours, piece.result) for piece in week.pieces] == [
        (0, 2, "pass"),
        (3, 1, "pass"),
        (4, 1, "breach"),
    ]
    assert week.text == "3 pass, 1 breach, 1 without a check"
    assert (week.hours, week.pieces[-1].top) == (5, 0)
