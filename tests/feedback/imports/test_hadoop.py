"""2,503 real reports: imported, they count as in the file."""

from calendar import monthrange
from collections import Counter
from datetime import date
from typing import Any

import pytest

from feedback.imports import importing
from feedback.imports.importing import Options
from feedback.models import Ticket
from feedback.summary import documents
from feedback.summary.selection import Selection
from tests.builders import ROOT
from tests.feedback.imports.hadoop import HADOOP, count, needs_hadoop

pytestmark = [pytest.mark.django_db, needs_hadoop]

OPTIONS = Options(preset="jira", time_zone="UTC")
EVER = Selection(first=date(2000, 1, 1), last=date(2026, 12, 31))


@pytest.fixture(autouse=True)
def _utc(settings: Any) -> None:
    settings.TIME_ZONE = "UTC"


def test_the_summary_of_an_imported_file_equals_what_another_program_counts() -> None:
    with HADOOP.open("rb") as file:
        result = importing.import_csv(file, source="hadoop_bugs.csv", actor=ROOT, options=OPTIONS)
    wanted = count()
    assert (result.created, result.kept, result.error_count) == (2503, 0, 0)
    assert wanted.reports == 2503

    summary = documents.summary_of(EVER)
    assert summary["tickets"] == wanted.reports
    assert _by(summary["byCategory"], "category") == {"bug_report": wanted.reports}
    assert _by(summary["bySeverity"], "severity") == wanted.severities
    assert summary["resolutionTime"] == {
        "medianMinutes": wanted.percentile(50),
        "p90Minutes": wanted.percentile(90),
        "n": len(wanted.minutes),
    }
    months = {month: documents.summary_of(_month(month)) for month in wanted.months}
    assert {month: found["tickets"] for month, found in months.items()} == wanted.months
    critical = {month: _by(found["bySeverity"], "severity") for month, found in months.items()}
    assert {month: found.get("critical", 0) for month, found in critical.items()} == wanted.critical_by_month
    states = Counter(Ticket.objects.values_list("state", flat=True))
    assert states == wanted.states
    assert summary["open"] == sum(states[state] for state in ("new", "in_progress", "reopened"))


def _month(text: str) -> Selection:
    year, month = map(int, text.split("-"))
    return Selection(first=date(year, month, 1), last=date(year, month, monthrange(year, month)[1]))


def _by(rows: list[dict[str, object]], name: str) -> dict[object, object]:
    return {row[name]: row["tickets"] for row in rows if row["tickets"]}
