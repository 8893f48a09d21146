"""A document by hand, with every feature of the shape that reports have."""

from datetime import UTC, datetime
from typing import Any

from reports.documents.plain import plain
from reports.shape import Content, Figure, Point, Section, Series, State, Table, document_of

SINCE, UNTIL = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
DAYS = [f"2026-03-{day:02}" for day in range(2, 9)]
HOSTILE = '<script>alert("x")</script>'

FIGURES = (
    Figure("error_rate", "Error rate", 1.8, "%", 1.2, "< 1 %", State.WARNING, 12_345),
    Figure("p95", "p95 of responses", 640, "ms", 420, "< 500 ms", State.BAD, 12_345),
    Figure("adoption", "Adoption", 62.5, "%", 62.5, "> 60 %", State.GOOD, 40),
    Figure("satisfaction", "Satisfaction", None, "", None, "≥ 4.0", State.UNKNOWN, 2, "fewer than 5 ratings"),
    Figure("phase", "Phase", "2 of 4"),
    Figure("tickets", "Tickets", 1_234, "", 2_000),
)


def content() -> Content:
    """A report with all that one can have."""
    health = Section(
        "health",
        "Health",
        text=("The error rate is above its target.", HOSTILE),
        figures=FIGURES,
        series=(
            _series(
                "error_rate_on", "Error rate, with the feature", "%", [1.0, 1.2, None, 1.6, 1.8, 2.0, 1.8]
            ),
            _series("error_rate_off", "Error rate, without it", "%", [0.8, 0.9, 0.9, None, 0.8, 0.9, 0.8]),
            _series("tickets", "Tickets by day", "", [3, 0, 4, 1, 0, 2, 5]),
            _series("nothing", "Measured by nobody", "ms", [None] * 7),
        ),
    )
    tables = Section(
        "workspaces",
        "Workspaces",
        tables=(
            Table("The worst", ("Workspace", "Requests", "Error rate, %"), _rows()),
            Table("None of them", ("Workspace",), ()),
        ),
    )
    empty = Section("roi", "Return on investment", empty="No cost is entered yet: enter it on the ROI page.")
    return Content(
        summary=("1 plan is paused.", "The p95 of responses is 640 ms, above 500 ms.", HOSTILE),
        sections=(health, tables, empty),
        data={"module": "patient_engagement"},
    )


def document(**changes: Any) -> dict[str, Any]:
    """The document as the archive has it."""
    found: dict[str, Any] = plain(
        {
            "kind": "weekly",
            "title": "Weekly summary: Patient Engagement",
            "module": "patient_engagement",
            "since": SINCE,
            "until": UNTIL,
            "madeAt": datetime(2026, 3, 9, 7, tzinfo=UTC),
            "timeZone": "UTC",
            **document_of(content()),
        }
    )
    return {**found, **changes}


def _series(name: str, title: str, unit: str, values: list[Any]) -> Series:
    return Series(name, title, [Point(day, value) for day, value in zip(DAYS, values, strict=True)], unit)


def _rows() -> list[list[Any]]:
    return [["=cmd()", 12_000, 4.25], [HOSTILE, 800, None]]
