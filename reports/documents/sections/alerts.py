"""Alerts: how many of which level, how quickly somebody answered, and what is open still."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitoring import levels
from reports.documents.raised import MEDIAN, P90, Raised, minutes, percentile
from reports.documents.scene import Scene
from reports.documents.wording import Said, Weight, counted, listed, number, time
from reports.shape import Figure, Point, Section, Series, State, Table

NAME, TITLE = "alerts", "Alerts"
NONE = "No alert was raised in this time."
NO_TIME = "No alert of this time was"
MOST_ROWS = 20


def section(scene: Scene) -> Section:
    """The alerts that fired in the period, and those that are open now."""
    now, before = scene.raised.now, scene.raised.before
    return Section(
        NAME,
        TITLE,
        text=[*([NONE] if not now else [])],
        figures=[*_figures(scene, now, before)],
        series=[*_series(scene, now)],
        tables=[_levels(scene, now, before), *_open(scene)],
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """How many were raised and how quickly they were answered; what is open and late."""
    now, before = scene.raised.now, scene.raised.before
    overdue = [each for each in scene.alerts["alerts"] if _is_overdue(each, scene.now)]
    unanswered = [each for each in scene.alerts["alerts"] if each["status"] == "open"]
    if overdue:
        text = f"{counted(len(overdue), 'open alert')} {_is(overdue)} overdue, {_by_level(overdue)}."
        yield Said(Weight.ALARM, text, waits=True)
    if unanswered:
        count = counted(len(unanswered), "open alert")
        text = f"{count} {_wait(unanswered)} for somebody to acknowledge."
        yield Said(Weight.DECISION, text, waits=True)
    if not now:
        yield Said(Weight.STATE, f"No alert was raised (before: {len(before)}).")
        return
    critical = sum(each.level == levels.CRITICAL for each in now)
    answered, over = minutes(now, "acknowledged_at"), minutes(now, "resolved_at")
    quick = f"{_took('acknowledged', answered)}, {_took('resolved', over)}"
    worst = f", {critical} of them critical" if critical else ""
    text = f"{counted(len(now), 'alert')} raised (before: {len(before)}){worst}: {quick}."
    yield Said(Weight.CONCERN if critical else Weight.DONE, text)


def _figures(scene: Scene, now: Sequence[Raised], before: Sequence[Raised]) -> Iterator[Figure]:
    yield Figure("raised", "Alerts raised", len(now), previous=len(before))
    for level in levels.ORDER:
        n, earlier = (sum(each.level == level for each in found) for found in (now, before))
        bad = {levels.CRITICAL: State.BAD, levels.ERROR: State.WARNING}.get(level, State.NEUTRAL)
        yield Figure(
            level, f"{level.capitalize()} alerts", n, previous=earlier, state=bad if n else State.NEUTRAL
        )
    for name, title, column, done in (
        ("acknowledged", "Time to acknowledge", "acknowledged_at", "acknowledged."),
        ("resolved", "Time to resolve", "resolved_at", "resolved."),
    ):
        took, took_before = minutes(now, column), minutes(before, column)
        for part, percent in (("median", MEDIAN), ("p90", P90)):
            value = percentile(took, percent)
            yield Figure(
                f"{name}_{part}",
                f"{title}, {part}",
                value,
                "min",
                percentile(took_before, percent),
                state=State.UNKNOWN if value is None else State.NEUTRAL,
                n=len(took),
                unknown="" if took else f"{NO_TIME} {done}",
            )
    open_now = scene.alerts["alerts"]
    overdue = sum(_is_overdue(each, scene.now) for each in open_now)
    yield Figure("open", "Open now", len(open_now), state=State.WARNING if open_now else State.GOOD)
    yield Figure("overdue", "Overdue now", overdue, state=State.BAD if overdue else State.GOOD)


def _series(scene: Scene, now: Sequence[Raised]) -> Iterator[Series]:
    if not now:
        return
    points = [
        Point(step.key, sum(step.since <= each.fired_at < step.until for each in now))
        for step in scene.period.steps()
    ]
    yield Series("raised", "Alerts raised", points)


def _levels(scene: Scene, now: Sequence[Raised], before: Sequence[Raised]) -> Table:
    rows = []
    for level in levels.ORDER:
        found = [each for each in now if each.level == level]
        answered, over = minutes(found, "acknowledged_at"), minutes(found, "resolved_at")
        rows.append(
            (
                level,
                len(found),
                sum(each.level == level for each in before),
                percentile(answered, MEDIAN),
                percentile(answered, P90),
                percentile(over, MEDIAN),
                percentile(over, P90),
                sum(each["level"] == level for each in scene.alerts["alerts"]),
            )
        )
    columns = (
        "Level",
        "Raised",
        "Before",
        "Acknowledged, median min",
        "Acknowledged, p90 min",
        "Resolved, median min",
        "Resolved, p90 min",
        "Open now",
    )
    return Table("By level; times in minutes", columns, rows)


def _open(scene: Scene) -> Iterator[Table]:
    found = scene.alerts["alerts"]
    if found:
        rows = [
            (
                each["id"],
                each["level"],
                each["title"],
                each["status"],
                time(each["firstSeen"]),
                time(each["due"]),
            )
            for each in found[:MOST_ROWS]
        ]
        yield Table("Open now", ("Alert", "Level", "Title", "State", "Since", "Due"), rows)


def _is_overdue(alert: dict[str, object], now: datetime) -> bool:
    due = alert["due"]
    return isinstance(due, datetime) and due <= now


def _by_level(found: Sequence[dict[str, object]]) -> str:
    tally = {level: sum(each["level"] == level for each in found) for level in levels.ORDER}
    return listed([f"{n} {level}" for level, n in tally.items() if n])


def _took(what: str, took: list[float]) -> str:
    value = percentile(took, MEDIAN)
    return f"none {what}" if value is None else f"{what} after {number(value)} min in the median"


def _is(found: Sequence[object]) -> str:
    return "is" if len(found) == 1 else "are"


def _wait(found: Sequence[object]) -> str:
    return "waits" if len(found) == 1 else "wait"
