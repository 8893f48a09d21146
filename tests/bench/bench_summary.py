"""The summary of 1,000,000 tickets of three years, beside the bare SQL of the same figures; and the inbox.

Cold is the first time in a connection of its own, after another query has read the whole table; warm is the
median of ROUNDS. Every number that the summary says is compared with what the bare SQL finds.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from feedback.models import Ticket
from feedback.summary import documents, rolling
from feedback.summary.selection import Asked, Selection, select
from tests import builders
from tests.bench import summary_sql, summary_world
from tests.bench.harness import median, table, timed

ROUNDS = 5
RANGES = {"a day": 1, "a month": 30, "a year": 365, "3 years": 1_096}
KINDS: Sequence[dict[str, str]] = (
    {},
    {"category": "bug_report"},
    {"module": "patient_engagement"},
    {"workspace": "W00031"},
)
LIMIT = 1.0


def main() -> None:
    made = timed(summary_world.fill)
    bare = {days: _bare_seconds(days) for days in RANGES.values()}
    unrolled = timed(lambda: documents.summary_of(_range(RANGES["3 years"])))
    rolled = timed(rolling.roll_up)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _tell_roll_up(made, rolled, unrolled)
    rows = [_measured(name, days, bare[days]) for name, days in RANGES.items()]
    header = [
        "received in",
        "tickets",
        "bare SQL",
        "document cold",
        "warm",
        "page warm",
        "queries",
        "within 1 s",
    ]
    table(f"The summary, ms, medians of {ROUNDS}", header, rows)
    _compare_all()
    _inbox()


def _range(days: int, **kind: str) -> Selection:
    first = timezone.localdate() - timedelta(days=days - 1)
    return select(Asked(start_date=f"{first}", **kind))


def _seconds(operation: Callable[[], object], rounds: int = ROUNDS) -> float:
    return median([timed(operation) for _ in range(rounds)])


def _bare_seconds(days: int) -> float:
    selection = _range(days)
    return _seconds(lambda: summary_sql.figures(selection), 2)


def _tell_roll_up(made: float, rolled: float, unrolled: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM feedback_daycount")
        days = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM feedback_areacount")
        areas = cursor.fetchone()[0]
    row = [f"{made:.0f}", f"{rolled:.1f}", f"{days:,}", f"{areas:,}", f"{unrolled:.1f}"]
    header = ["made in s", "rolled up in s", "rows of kinds", "rows of areas", "3 years before that, s"]
    table(f"{summary_world.TICKETS:,} tickets", header, [row])


def _measured(name: str, days: int, bare: float) -> list[str]:
    _cool()
    cold = timed(lambda: documents.summary_of(_range(days)))
    warm = _seconds(lambda: documents.summary_of(_range(days)))
    with CaptureQueriesContext(connection) as queries:
        tickets = documents.summary_of(_range(days))["tickets"]
        # A request forgets the queries before it.
        asked = len(queries)
    page = _page(f"{reverse('admin:feedback_summary')}?startDate={_range(days).first}")
    page()
    opened = _seconds(page)
    return [
        name,
        f"{tickets:,}",
        *(f"{1e3 * seconds:,.0f}" for seconds in (bare, cold, warm, opened)),
        str(asked),
        "yes" if opened < LIMIT else "NO",
    ]


def _page(address: str) -> Callable[[], None]:
    """Opens a page of the admin, in this process."""
    client = builders.signed_in("Product manager")

    def opened() -> None:
        assert client.get(address, headers={"host": "127.0.0.1"}).status_code == 200

    return opened


def _cool() -> None:
    """A new connection, and other pages in PostgreSQL's own memory."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(length(description)) FROM feedback_ticket")


def _compare_all() -> None:
    compared = 0
    for days in RANGES.values():
        for kind in KINDS:
            selection = _range(days, **kind)
            found, expected = documents.summary_of(selection), summary_sql.figures(selection)
            for figure, value in expected.items():
                assert _figure(found, figure) == value, (selection, figure)
                compared += 1
    table("Beside the bare SQL", ["figures compared", "different"], [[f"{compared:,}", "0"]])


def _figure(found: documents.Document, figure: str) -> Any:
    """A figure of the document in the form in which the bare SQL has it."""
    if figure in ("byCategory", "bySeverity", "byFeatureArea"):
        return [tuple(each.values())[:2] for each in found[figure] if each["tickets"]]
    if figure == "volume":
        return sorted((each["from"], each["tickets"]) for each in found[figure] if each["tickets"])
    value = found[figure]
    return tuple(value.values()) if isinstance(value, dict) else value


def _inbox() -> None:
    def read() -> list[Ticket]:
        return list(Ticket.objects.open().worst_first()[:51])

    query = Ticket.objects.open().worst_first()[:51]
    seconds = _seconds(read, 20)
    plan = query.explain(analyze=True)
    assert "ticket_inbox" in plan, plan
    page = _page(reverse("admin:feedback_ticket_changelist"))
    page()
    opened = _seconds(page)
    with CaptureQueriesContext(connection) as queries:
        page()
    row = [f"{1e3 * seconds:.1f}", "ticket_inbox", f"{1e3 * opened:,.0f}", str(len(queries))]
    table("The inbox", ["query, ms", "index", "page, ms", "queries"], [row])
