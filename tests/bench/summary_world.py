"""A million tickets of three years, made in the database: as `bench_summary` finds them."""

from django.db import connection
from django.utils import timezone

from feedback.models import Ticket
from tests import builders

TICKETS = 1_000_000
DAYS = 3 * 365
WORKSPACES = 2_000

# What differs from ticket to ticket. The chances are independent of one another, so that the daily counts
# are as many as can be; one ticket in a hundred looks like spam.
_COLUMNS = {
    "id": "told.id",
    "category": "told.category",
    "severity": "told.severity",
    "title": "'Ticket ' || told.id",
    "description": "repeat(md5(told.id::text), 12)",
    "feature_area": "told.area",
    "satisfaction_rating": "CASE WHEN r1 < 0.6 THEN 1 + (told.id * 7) %% 5 END",
    "usability_rating": "CASE WHEN r2 < 0.4 THEN 1 + (told.id * 11) %% 5 END",
    "performance_rating": "CASE WHEN r3 < 0.4 THEN 1 + (told.id * 13) %% 5 END",
    "workspace_id": "CASE WHEN r4 < 0.9 THEN 'W' || lpad((told.id * 31 %% %(workspaces)s)::text, 5, '0') END",
    "module_id": "CASE WHEN r5 < 0.5 THEN %(engagement)s WHEN r5 < 0.8 THEN %(health)s END",
    "received_at": "told.at",
    "received_on": "(told.at AT TIME ZONE 'UTC')::date",
    "clock_at": "told.at",
    "changed_at": "told.at",
    "state": "told.state",
    "merged_into_id": "CASE WHEN told.state = 'duplicate' THEN told.id - 1 + 2 * (told.id = 1)::int END",
    "quarantined_at": "CASE WHEN spam THEN told.at END",
    "respond_by": "told.at + interval '8 hours'",
    "responded_at": "CASE WHEN answered THEN told.at + response * interval '1 minute' END",
    "response_minutes": "CASE WHEN answered THEN response END",
    "resolve_by": "told.at + interval '10 days'",
    "resolved_at": "CASE WHEN told.state = 'closed' THEN told.at + resolution * interval '1 minute' END",
    "resolution_minutes": "CASE WHEN told.state = 'closed' THEN resolution END",
    "due_at": "CASE WHEN told.state = 'triaged' AND NOT spam THEN told.at + interval '10 days' END",
}
# Most old tickets are closed, of those of the last two months two in five are open.
_TICKETS = """
INSERT INTO feedback_ticket ({columns})
SELECT {values} FROM feedback_ticket AS one CROSS JOIN (
    SELECT
        *,
        CASE
            WHEN age > 60 AND chance < 0.93 OR chance < 0.5 THEN 'closed'
            WHEN age > 60 AND chance < 0.96 OR chance < 0.55 THEN 'declined'
            WHEN age > 60 AND chance < 0.99 OR chance < 0.6 THEN 'duplicate'
            ELSE 'triaged'
        END AS state,
        (-500 * ln(1 - r2))::int AS response, (-4000 * ln(1 - r3))::int AS resolution
    FROM (
        SELECT
            id, now() - age * interval '1 day' AS at, age, random() AS chance,
            random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5,
            random() < 0.9 AS answered, random() < 0.01 AS spam,
            (ARRAY['bug_report', 'feature_request', 'usability_issue', 'performance_issue',
                   'general_feedback'])[1 + floor(random() * 5)::int] AS category,
            (ARRAY['critical', 'high', 'medium', 'low'])[1 + floor(random() * 4)::int] AS severity,
            CASE WHEN random() < 0.9 THEN 'Area ' || floor(60 * random() ^ 2)::int ELSE '' END AS area
        FROM (
            SELECT id, %(days)s * (1 - id::float / %(tickets)s) AS age
            FROM generate_series(1, %(tickets)s) AS id
        ) AS numbered
    ) AS drawn
) AS told WHERE one.id = %(one)s
"""
# One in five is rated; one ticket in twenty-five was resolved twice.
_RESOLUTIONS = """
INSERT INTO feedback_resolution (ticket_id, at, by, score, comment, rated_at)
SELECT
    id, resolved_at - again * interval '1 hour', 'bench',
    CASE WHEN id %% 5 = 0 THEN 1 + id %% 7 %% 5 END, '', CASE WHEN id %% 5 = 0 THEN resolved_at END
FROM feedback_ticket CROSS JOIN generate_series(0, 1) AS again
WHERE resolved_at IS NOT NULL AND (again = 0 OR id %% 25 = 3)
"""


def fill(tickets: int = TICKETS) -> None:
    """Make the tickets and their resolutions, and let PostgreSQL look at them as autovacuum would."""
    builders.modules()
    builders.workspaces(builders.numbered(WORKSPACES))
    now = timezone.now()
    # Has what all of them have alike.
    one = Ticket.objects.create(
        pk=tickets + 1, category="bug_report", source="api", received_on=now.date(), clock_at=now
    )
    columns = [str(field.column) for field in Ticket._meta.concrete_fields if not field.generated]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    values = ", ".join(_COLUMNS.get(column, f'one."{column}"') for column in columns)
    given = {
        "tickets": tickets,
        "days": DAYS,
        "workspaces": WORKSPACES,
        "engagement": builders.engagement().module_id,
        "health": builders.health().module_id,
        "one": one.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_TICKETS.format(columns=names, values=values), given)
        cursor.execute(_RESOLUTIONS, ())
        one.delete()
        cursor.execute("SELECT setval(pg_get_serial_sequence('feedback_ticket', 'id'), %s)", [tickets])
        cursor.execute("VACUUM ANALYZE")
