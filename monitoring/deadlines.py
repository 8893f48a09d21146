"""By when somebody must respond to an alert, whom it escalates to, and when: SPEC 4.4 as arithmetic.

All times count from when the alert's clock began: when it fired, or when the silence over it ended. They
count what passes, and not what a clock on the wall shows: answers are in UTC.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from monitoring.levels import CRITICAL, INFO, LEVELS

# From when each escalation level holds the alert that nobody acknowledges (guide, "Support Escalation").
ESCALATES_AFTER = {1: timedelta(0), 2: timedelta(hours=2), 3: timedelta(hours=8)}
HIGHEST = max(ESCALATES_AFTER)

ACKNOWLEDGE, RESPOND, RESOLVE, POSTMORTEM = "acknowledge", "respond", "resolve", "post-mortem"
# The guide's windows for a critical alert: assessment, response, resolution, post-incident.
WINDOWS = {
    ACKNOWLEDGE: (timedelta(0), timedelta(minutes=5)),
    RESPOND: (timedelta(minutes=5), timedelta(minutes=15)),
    RESOLVE: (timedelta(minutes=15), timedelta(minutes=60)),
    POSTMORTEM: (timedelta(hours=1), timedelta(hours=24)),
}


class Stage(NamedTuple):
    """One stage of a response: what is owed, and from when to when."""

    name: str
    begins: datetime
    ends: datetime


class Owed(NamedTuple):
    """The response that is owed next, and by when."""

    stage: str
    by: datetime


def respond_by(level: str, clock: datetime) -> datetime:
    """By when an alert of this level must be acknowledged: after 5 min, 2 h, 8 h or 24 h."""
    return clock.astimezone(UTC) + LEVELS[level].respond_within


def stages(level: str, clock: datetime) -> tuple[Stage, ...]:
    """The stages of a response. The guide's windows are those of a critical alert; those of another level
    begin as much later as it may be acknowledged later. A post-mortem is owed for a critical one only."""
    clock = clock.astimezone(UTC)
    later = LEVELS[level].respond_within - LEVELS[CRITICAL].respond_within
    return tuple(
        Stage(name, clock if name == ACKNOWLEDGE else clock + begins + later, clock + ends + later)
        for name, (begins, ends) in WINDOWS.items()
        if name != POSTMORTEM or level == CRITICAL
    )


def owed(
    level: str,
    clock: datetime | None,
    *,
    acknowledged: bool = False,
    responded: bool = False,
    resolved: bool = False,
    postmortem: bool = False,
) -> Owed | None:
    """The first stage that nobody has answered; None while the clock stands still, or when nothing is owed.

    Whoever resolves an alert has acknowledged and responded. Of an informational one nothing is owed but to
    be seen.
    """
    if clock is None:
        return None
    answered = {
        ACKNOWLEDGE: acknowledged or responded or resolved,
        RESPOND: responded or resolved or (level == INFO and acknowledged),
        RESOLVE: resolved or (level == INFO and acknowledged),
        POSTMORTEM: postmortem,
    }
    for stage in stages(level, clock):
        if not answered[stage.name]:
            return Owed(stage.name, stage.ends)
    return None


def escalation_at(level: str, clock: datetime, now: datetime) -> int:
    """Which escalation level holds an unacknowledged alert at `now`: 1 for 2 h, 2 until 8 h, then 3.

    A critical one starts at 2, and an informational one has none (0).
    """
    starts = LEVELS[level].starts_at
    if not starts:
        return 0
    age = now.astimezone(UTC) - clock.astimezone(UTC)
    reached = [number for number, after in ESCALATES_AFTER.items() if age >= after]
    return max(starts, *reached) if reached else starts


def next_escalation(level: str, clock: datetime, escalation: int) -> datetime | None:
    """When an unacknowledged alert goes from `escalation` to the next level; None when it does not."""
    if not LEVELS[level].starts_at or escalation >= HIGHEST:
        return None
    return clock.astimezone(UTC) + ESCALATES_AFTER[max(escalation, LEVELS[level].starts_at) + 1]
