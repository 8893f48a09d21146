"""What users say: how much, about what, how content they are, how long they wait."""

from collections.abc import Iterator, Sequence

from feedback.models import Ticket
from feedback.summary import wording as words
from reports.documents.scene import Document, Scene
from reports.documents.sections import quality
from reports.documents.wording import Said, Weight, counted
from reports.shape import Figure, Point, Section, Series, State, Table

NAME, TITLE = "feedback", "Feedback"
EMPTY = "Nobody sent feedback about this module. The product sends it to POST /api/monitoring/feedback."
NO_TIME = "No ticket of this time was"
CATEGORIES, SEVERITIES = dict(Ticket.Category.choices), dict(Ticket.Severity.choices)
# A share of tickets that kept their clock is good from here on, in percent.
GOOD_SHARE = 90


def section(scene: Scene) -> Section:
    """The summary of the tickets received on the period's days, beside that of as many days before."""
    found = scene.feedback
    return Section(
        NAME,
        TITLE,
        text=[_days(found)],
        figures=[*_figures(scene)],
        series=[*_series(found)],
        tables=[*_tables(found, scene.feedback_before)] if found["tickets"] else [],
        empty="" if found["tickets"] or found["backlog"]["open"] else EMPTY,
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """Volume, what it is about, and what is late."""
    found, before = scene.feedback, scene.feedback_before
    backlog = found["backlog"]
    if backlog["overdue"]:
        text = f"{backlog['overdue']:,} of {counted(backlog['open'], 'open ticket')} are past their clock."
        yield Said(Weight.CONCERN, text, waits=True)
    critical = _of(found["bySeverity"], "severity", "critical")
    if critical:
        yield Said(Weight.CONCERN, f"{counted(critical, 'critical ticket')} came in.")
    if not found["tickets"]:
        yield Said(Weight.STATE, f"No feedback came in (before: {before['tickets']:,}).")
        return
    most = max(found["byCategory"], key=lambda each: each["tickets"])
    median = words.minutes(found["resolutionTime"]["medianMinutes"])
    solved = f"; half of those resolved were within {median}" if found["resolutionTime"]["n"] else ""
    what = CATEGORIES[most["category"]].lower()
    yield Said(
        Weight.STATE,
        f"{counted(found['tickets'], 'ticket')} came in (before: {before['tickets']:,}), "
        f"most of them {what} ({most['tickets']:,}){solved}.",
    )


def by_area(scene: Scene) -> Sequence[Document]:
    """The feature areas with the most tickets."""
    found: Sequence[Document] = scene.feedback["byFeatureArea"]
    return found


def _days(found: Document) -> str:
    return f"Tickets received {words.days(found['startDate'], found['endDate'])}, whole days."


def _figures(scene: Scene) -> Iterator[Figure]:
    now, before = scene.feedback, scene.feedback_before
    yield Figure("tickets", "Tickets", now["tickets"], previous=before["tickets"])
    critical, earlier = (_of(each["bySeverity"], "severity", "critical") for each in (now, before))
    state = State.BAD if critical else State.GOOD
    yield Figure("critical", "Critical tickets", critical, previous=earlier, state=state)
    yield quality.satisfaction(scene)
    for name, title in (("usability", "Usability"), ("performance", "Performance"), ("csat", "Resolutions")):
        yield _mean(f"{name}_rating", f"{title}, as rated", now[name], before[name])
    for name, short, title, done in (
        ("resolutionTime", "resolution", "Resolution", "resolved."),
        ("firstResponseTime", "response", "First response, business hours", "answered."),
    ):
        for column, part, key in (
            ("median", "median", "medianMinutes"),
            ("p90", "90th percentile", "p90Minutes"),
        ):
            value = _hours(now[name][key])
            yield Figure(
                f"{short}_{column}",
                f"{title}, {part}",
                value,
                "h",
                _hours(before[name][key]),
                state=State.UNKNOWN if value is None else State.NEUTRAL,
                n=now[name]["n"],
                unknown="" if value is not None else f"{NO_TIME} {done}",
            )
    for name, title in (("answered", "Answered in time"), ("resolved", "Resolved in time")):
        yield _kept(name, title, now[name], before[name])
    yield Figure("reopened", "Reopened", now["reopened"], previous=before["reopened"])
    yield Figure("merged", "Merged into another", now["merged"], previous=before["merged"])
    backlog = now["backlog"]
    yield Figure("backlog", "Open now, of whatever day", backlog["open"])
    late = State.WARNING if backlog["overdue"] else State.GOOD
    yield Figure("backlog_overdue", "Overdue now", backlog["overdue"], state=late)


def _mean(name: str, title: str, now: Document, before: Document) -> Figure:
    state = State.UNKNOWN if now["mean"] is None else State.NEUTRAL
    return Figure(
        name,
        title,
        now["mean"],
        "",
        before["mean"],
        "",
        state,
        now["n"],
        "" if now["n"] else "Nobody rated it.",
    )


def _kept(name: str, title: str, now: Document, before: Document) -> Figure:
    value, earlier = _percent(now["share"]), _percent(before["share"])
    state = State.UNKNOWN if value is None else State.GOOD if value >= GOOD_SHARE else State.WARNING
    unknown = "" if value is not None else "No ticket of this time had such a clock that ran out or was kept."
    return Figure(
        f"{name}_in_time", title, value, "%", earlier, f"≥ {GOOD_SHARE} %", state, now["n"], unknown
    )


def _series(found: Document) -> Iterator[Series]:
    """Tickets and ratings over time, in the steps of the summary."""
    if not found["tickets"]:
        return
    volume = found["volume"]
    yield Series("tickets", "Tickets", [Point(f"{each['from']}", each["tickets"]) for each in volume])
    yield Series(
        "critical", "Critical tickets", [Point(f"{each['from']}", each["critical"]) for each in volume]
    )
    ratings = [Point(f"{each['from']}", each["satisfaction"]["mean"]) for each in found["ratingsOverTime"]]
    if any(point.value is not None for point in ratings):
        yield Series("satisfaction", "Satisfaction", ratings)


def _tables(found: Document, before: Document) -> Iterator[Table]:
    for title, key, name, labels in (
        ("By category", "byCategory", "category", CATEGORIES),
        ("By severity", "bySeverity", "severity", SEVERITIES),
    ):
        rows = [
            (labels[each[name]], each["tickets"], _percent(each["share"]), _of(before[key], name, each[name]))
            for each in found[key]
        ]
        yield Table(title, (name.capitalize(), "Tickets", "Share, %", "Before"), rows)
    areas = [
        (
            each["featureArea"],
            each["tickets"],
            each["critical"],
            each["satisfaction"]["mean"],
            each["satisfaction"]["n"],
        )
        for each in found["byFeatureArea"]
    ]
    if areas:
        columns = ("Feature area", "Tickets", "Critical", "Satisfaction", "Ratings")
        yield Table("By feature area", columns, areas)


def _of(rows: Sequence[Document], name: str, value: str) -> int:
    return next((int(each["tickets"]) for each in rows if each[name] == value), 0)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _hours(minutes: int | None) -> float | None:
    return None if minutes is None else round(minutes / 60, 2)
