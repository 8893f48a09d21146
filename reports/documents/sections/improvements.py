"""What to improve, from the figures: the guide's "Troubleshooting" and "Improvement Categories".

Each suggestion stands on a number of the same report, which it names; without one it is not made.
"""

from collections.abc import Iterator
from typing import NamedTuple

from reports.documents.scene import Scene
from reports.documents.sections import adoption, feedback, performance, quality
from reports.documents.wording import amount, number
from reports.shape import Figure, Section, Table

NAME, TITLE = "improvements", "What to improve"
NOTHING = "Nothing that was measured asks for an improvement."
COLUMNS = ("What", "Stands on", "Category", "What helps")
# From so many tickets on, an area is worth a look of its own.
LEAST_TICKETS = 5


class Suggestion(NamedTuple):
    """A row: what is wrong, the figure that says so, the guide's category, and its solutions."""

    what: str
    stands_on: str
    category: str
    helps: str


def section(scene: Scene) -> Section:
    """The suggestions, in the order of the guide."""
    rows = [*suggestions(scene)]
    if not rows:
        return Section(NAME, TITLE, text=[NOTHING])
    return Section(NAME, TITLE, tables=[Table("Suggestions", COLUMNS, rows)])


def suggestions(scene: Scene) -> Iterator[Suggestion]:
    """One for each figure that misses what the guide asks for."""
    figures = {
        figure.name: figure for part in (performance, adoption, quality) for figure in part.every(scene)
    }
    yield from _performance(figures)
    yield from _adoption(figures)
    yield from _quality(figures)
    yield from _said(scene)


def _performance(figures: dict[str, Figure]) -> Iterator[Suggestion]:
    if errors := _over(figures, "error_rate", 1):
        yield Suggestion(
            "High error rate" if _value(figures, "error_rate") > 5 else "Error rate above its target",
            errors,
            "Stability",
            "Roll recent changes back if they brought it, fix the bugs behind it, restart or scale up what "
            "is affected: `manage.py post_launch_monitor health --verbose` and `manage.py db_health "
            "performance` show where.",
        )
    if slow := _over(figures, "api_response_time_p95", 500):
        yield Suggestion(
            "Slow API",
            slow,
            "Performance: API, caching",
            "Optimise slow queries, cache what is asked for often, make answers smaller.",
        )
    if slow := _over(figures, "database_response_time", 100):
        yield Suggestion(
            "Slow database",
            slow,
            "Performance: database",
            "Look at slow queries and at indexes: `manage.py db_health performance` and `indexes`.",
        )
    if much := _over(figures, "memory_usage", 80):
        yield Suggestion(
            "Memory is short", much, "Performance: capacity", "Find what holds it, or add memory."
        )
    if late := _over(figures, "timeout_rate", 0.5):
        yield Suggestion(
            "Requests time out",
            late,
            "Integration",
            "Verify third-party services and their credentials; add retries and fallbacks.",
        )


def _adoption(figures: dict[str, Figure]) -> Iterator[Suggestion]:
    share = figures["adoption"]
    least = float(share.target.strip("≥ %")) if share.target else None
    if least is not None and (low := _under(figures, "adoption", least)):
        yield Suggestion(
            "Low adoption",
            low,
            "User experience",
            "Train users, simplify complex workflows, add help where they stop: `manage.py "
            "post_launch_monitor feedback --category usability_issue` says what they stumble over.",
        )
    if low := _under(figures, "daily_share", adoption.LEAST_DAILY):
        yield Suggestion(
            "Few use it daily", low, "User experience", "Ask those who stopped; remind and guide new users."
        )


def _quality(figures: dict[str, Figure]) -> Iterator[Suggestion]:
    if low := _under(figures, "appointment_completion_rate", 80):
        yield Suggestion(
            "Appointments are not completed",
            low,
            "Feature: workflow",
            "Send reminders earlier and by more than one channel; make it easy to move an appointment.",
        )
    if low := _under(figures, "satisfaction", quality.LEAST_SATISFACTION):
        yield Suggestion(
            "Users are not content",
            low,
            "User experience",
            "Read what they rate low, the feature areas with most tickets first.",
        )


def _said(scene: Scene) -> Iterator[Suggestion]:
    """The feature area that most tickets are about, and wishes that wait."""
    most = next(iter(feedback.by_area(scene)), None)
    if most is not None and most["tickets"] >= LEAST_TICKETS:
        whole = scene.feedback["tickets"]
        yield Suggestion(
            "A feature area that many write about",
            f"{most['featureArea']}: {most['tickets']} of {whole:,} tickets",
            "User experience",
            "Look at its tickets together: similar ones may be one fault.",
        )
    wishes = scene.phase2["requirements"]["ungrouped"]
    if wishes:
        yield Suggestion(
            "Wishes that nobody has sorted",
            f"{number(wishes)} open feature requests outside of enhancements",
            "Feature enhancements",
            "Make enhancements of the proposals in the Phase 2 plan and score them.",
        )


def _over(figures: dict[str, Figure], name: str, limit: float) -> str:
    value = figures[name].value
    return _stands(figures[name]) if isinstance(value, int | float) and value >= limit else ""


def _under(figures: dict[str, Figure], name: str, least: float) -> str:
    value = figures[name].value
    return _stands(figures[name]) if isinstance(value, int | float) and value < least else ""


def _stands(figure: Figure) -> str:
    n = f", n = {figure.n:,}" if figure.n is not None else ""
    target = f", asked for {figure.target}" if figure.target else ""
    return f"{figure.title} {amount(figure.value, figure.unit, 2)}{target}{n}"


def _value(figures: dict[str, Figure], name: str) -> float:
    value = figures[name].value
    return float(value) if isinstance(value, int | float) else 0.0
