"""The figures of the summary by bare SQL over the tickets alone, without the code that is measured."""

from typing import Any

from django.db import connection

from feedback.summary.periods import periods
from feedback.summary.selection import Selection

_MEANS = """
SELECT
    count(*),
    round(avg(satisfaction_rating), 3), count(satisfaction_rating),
    round(avg(usability_rating), 3), count(usability_rating),
    round(avg(performance_rating), 3), count(performance_rating),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY resolution_minutes),
    percentile_disc(0.9) WITHIN GROUP (ORDER BY resolution_minutes), count(resolution_minutes),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY response_minutes),
    percentile_disc(0.9) WITHIN GROUP (ORDER BY response_minutes), count(response_minutes),
    count(*) FILTER (WHERE responded_at <= respond_by), count(*) FILTER (WHERE responded_at > respond_by),
    count(*) FILTER (WHERE resolved_at <= resolve_by), count(*) FILTER (WHERE resolved_at > resolve_by),
    count(*) FILTER (WHERE merged_into_id IS NOT NULL)
FROM feedback_ticket WHERE {where}
"""
_CSAT = """
SELECT round(avg(score), 3), count(score)
FROM feedback_resolution JOIN feedback_ticket ON feedback_ticket.id = ticket_id WHERE {where}
"""
_REOPENED = """
SELECT count(*) FROM (
    SELECT feedback_ticket.id FROM feedback_ticket
    JOIN feedback_resolution ON feedback_ticket.id = ticket_id WHERE {where}
    GROUP BY feedback_ticket.id, state, resolved_at
    HAVING count(*) > (resolved_at IS NOT NULL OR state = 'duplicate')::int
) AS taken_back
"""
_KINDS = "SELECT {column}, count(*) FROM feedback_ticket WHERE {where} GROUP BY 1"
_AREAS = """
SELECT feature_area, count(*) AS tickets FROM feedback_ticket WHERE {where} AND feature_area <> ''
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""
CATEGORIES = ("bug_report", "feature_request", "usability_issue", "performance_issue", "general_feedback")
SEVERITIES = ("critical", "high", "medium", "low")


def figures(selection: Selection) -> dict[str, Any]:
    """Every figure that does not depend on the moment."""
    where, given = _where(selection)
    with connection.cursor() as cursor:

        def rows(sql: str, **names: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql.format(where=where, **names), given)
            return cursor.fetchall()

        means = [float(each) if hasattr(each, "as_tuple") else each for each in rows(_MEANS)[0]]
        csat = rows(_CSAT)[0]
        days = dict(rows(_KINDS, column="received_on"))
        found = {name: dict(rows(_KINDS, column=name)) for name in ("category", "severity")}
        areas, reopened = rows(_AREAS), rows(_REOPENED)[0][0]
    volume = [
        (step.first, sum(count for day, count in days.items() if step.first <= day <= step.last))
        for step in periods(selection.first, selection.last)
    ]
    return {
        "tickets": means[0],
        "satisfaction": tuple(means[1:3]),
        "usability": tuple(means[3:5]),
        "performance": tuple(means[5:7]),
        "resolutionTime": tuple(means[7:10]),
        "firstResponseTime": tuple(means[10:13]),
        "csat": (None if csat[0] is None else float(csat[0]), csat[1]),
        "merged": means[17],
        "reopened": reopened,
        "volume": [each for each in volume if each[1]],
        "byCategory": [(name, found["category"][name]) for name in CATEGORIES if name in found["category"]],
        "bySeverity": [(name, found["severity"][name]) for name in SEVERITIES if name in found["severity"]],
        "byFeatureArea": areas,
    }


def _where(selection: Selection) -> tuple[str, list[Any]]:
    where = "quarantined_at IS NULL AND received_on BETWEEN %s AND %s"
    given: list[Any] = [selection.first, selection.last]
    for column, value in (
        ("category", selection.category),
        ("module_id", selection.module.pk if selection.module else None),
        ("workspace_id", selection.workspace.pk if selection.workspace else None),
    ):
        if value:
            where, given = f"{where} AND {column} = %s", [*given, value]
    return where, given
