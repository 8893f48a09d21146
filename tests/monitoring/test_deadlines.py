"""The table of SPEC 4.4 row by row, and every deadline against an oracle that counts minutes."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitoring import deadlines, levels

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("level", "least", "most", "respond_within", "starts_at"),
    [
        ("critical", 90, 100, timedelta(minutes=5), 2),
        ("error", 70, 89, timedelta(hours=2), 1),
        ("warning", 50, 69, timedelta(hours=8), 1),
        ("info", 0, 49, timedelta(hours=24), 0),
    ],
)
def test_each_level_has_its_urgency_its_time_and_its_first_contacts(
    level: str, least: int, most: int, respond_within: timedelta, starts_at: int
) -> None:
    assert [levels.of_urgency(urgency) for urgency in (least, most)] == [level, level]
    assert least <= levels.urgency_of(level) <= most
    assert deadlines.respond_by(level, NOON) == NOON + respond_within
    assert deadlines.escalation_at(level, NOON, NOON) == starts_at


def test_every_urgency_belongs_to_one_level_and_no_other_number_does() -> None:
    counts = [
        sum(row.urgency[0] <= urgency <= row.urgency[1] for row in levels.LEVELS.values())
        for urgency in range(101)
    ]
    assert counts == [1] * 101
    for wrong in (-1, 101):
        with pytest.raises(ValueError, match="from 0 to 100"):
            levels.of_urgency(wrong)


def test_an_urgency_outside_its_level_is_not_taken() -> None:
    assert levels.urgency_of("error", 88) == 88
    assert levels.urgency_of("error", 95) == levels.LEVELS["error"].usual


def test_a_critical_alert_has_the_stages_of_the_guide() -> None:
    found = [
        (stage.name, stage.begins - NOON, stage.ends - NOON) for stage in deadlines.stages("critical", NOON)
    ]
    assert found == [
        ("acknowledge", 0 * MINUTE, 5 * MINUTE),
        ("respond", 5 * MINUTE, 15 * MINUTE),
        ("resolve", 15 * MINUTE, 60 * MINUTE),
        ("post-mortem", 60 * MINUTE, 24 * 60 * MINUTE),
    ]


def test_the_stages_of_a_lesser_alert_begin_later_and_ask_for_no_post_mortem() -> None:
    found = [
        (stage.name, stage.begins - NOON, stage.ends - NOON) for stage in deadlines.stages("error", NOON)
    ]
    assert found == [
        ("acknowledge", 0 * MINUTE, 120 * MINUTE),
        ("respond", 120 * MINUTE, 130 * MINUTE),
        ("resolve", 130 * MINUTE, 175 * MINUTE),
    ]


def test_what_was_answered_is_owed_no_more() -> None:
    def owed(**answers: bool) -> tuple[str, timedelta] | None:
        found = deadlines.owed("critical", NOON, **answers)
        return (found.stage, found.by - NOON) if found else None

    assert owed() == ("acknowledge", 5 * MINUTE)
    assert owed(acknowledged=True) == ("respond", 15 * MINUTE)
    assert owed(acknowledged=True, responded=True) == ("resolve", 60 * MINUTE)
    assert owed(resolved=True) == ("post-mortem", 24 * 60 * MINUTE)
    assert owed(resolved=True, postmortem=True) is None
    assert deadlines.owed("info", NOON, acknowledged=True) is None
    assert deadlines.owed("critical", None) is None


def team_at(level: str, minute: int) -> int:
    """Who holds the alert in its `minute`, in the guide's words."""
    if level == "info":
        return 0
    team = "development" if minute < 120 else "senior and DevOps" if minute < 480 else "CTO"
    if level == "critical" and team == "development":
        team = "senior and DevOps"
    return ["development", "senior and DevOps", "CTO"].index(team) + 1


def oracle(level: str, minutes: int) -> tuple[int, bool, int | None]:
    """Who holds the alert, whether its acknowledgement is overdue, and when somebody else holds it.

    Counted minute by minute, without the portal's code.
    """
    allowed = {"critical": 5, "error": 120, "warning": 480, "info": 1440}[level]
    holds = team_at(level, minutes)
    later = (minute for minute in range(minutes, 2 * 1440) if team_at(level, minute) != holds)
    return holds, minutes > allowed, next(later, None)


def test_deadlines_agree_with_the_oracle_in_ten_thousand_random_cases() -> None:
    dice = random.Random(5)
    zones = [ZoneInfo(name) for name in ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe")]
    known: dict[tuple[str, int], tuple[int, bool, int | None]] = {}
    for _ in range(10_000):
        level = dice.choice(levels.ORDER)
        # Over both changes of summer time in 2026; the clock counts what passes, not what a wall says.
        clock = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(525_600))
        local = clock.astimezone(dice.choice(zones))
        minutes = dice.choice(
            (dice.randrange(24 * 60), dice.choice((0, 4, 5, 6, 119, 120, 121, 479, 480, 481)))
        )
        now = (clock + minutes * MINUTE).astimezone(dice.choice(zones))
        number, overdue, following = known.setdefault((level, minutes), oracle(level, minutes))
        assert deadlines.escalation_at(level, local, now) == number, (level, minutes)
        assert (now > deadlines.respond_by(level, local)) == overdue, (level, minutes)
        expected = None if following is None else clock + following * MINUTE
        assert deadlines.next_escalation(level, local, number) == expected, (level, minutes)
