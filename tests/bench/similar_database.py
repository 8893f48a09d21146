"""One run of the bench `similar` on the database of DATABASE_URL; as a program, on an empty one, as JSON."""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

from tests.bench.harness import timed

TICKETS = 100_000
QUESTIONS = 200
SEARCHES = ("upgrade jetty", "namenode", "s3a time", "error", "cve-2021", "filesyst", "test fail read")


def measure() -> dict[str, Any]:
    """Recall on the Hadoop reports alone, then with as many more as make 100,000, and the times there."""
    from feedback.models import Ticket
    from feedback.similarity import index, likeness
    from tests.feedback.similarity.hadoop import recombined, reports

    _fill(report.ticket() for report in reports())
    small = timed(lambda: index.index_new(seconds=3_600))
    found: dict[str, Any] = {"places": _places(), "small_rate": len(reports()) / small}
    _fill(report.ticket() for report in recombined(TICKETS - len(reports())))
    seconds = timed(lambda: index.index_new(seconds=3_600))
    found["rate"] = (TICKETS - len(reports())) / seconds
    assert Ticket.objects.exclude(search_entry=None).count() > TICKETS * 0.99
    found["places_among_all"] = _places()
    found["times"] = _times()
    begun = time.perf_counter()
    found["compared_rate"] = likeness.compare_new(seconds=10) / (time.perf_counter() - begun)
    return found


def _fill(tickets: Iterable[Any]) -> None:
    from feedback.models import Ticket

    rows = iter(tickets)
    while batch := list(islice(rows, 1_000)):
        Ticket.objects.bulk_create(batch)


def _places() -> list[int]:
    """Of each report with known duplicates the place of the first among the ten that are found."""
    from feedback.models import Ticket
    from feedback.similarity.finding import similar
    from tests.feedback.similarity.hadoop import duplicates, reports

    numbers = [report.number for report in reports()]
    tickets = {row.external_id: row for row in Ticket.objects.filter(external_id__in=numbers)}
    places = []
    for asked, known in duplicates().items():
        wanted = {tickets[numbers[other]].pk for other in known}
        found = [one.ticket_id for one in similar(tickets[numbers[asked]])]
        places.append(next((place for place, pk in enumerate(found) if pk in wanted), len(numbers)))
    return places


def _times() -> dict[str, list[float]]:
    """The milliseconds of questions of each kind: the median, the 95th of 100, the most."""
    from feedback.models import Ticket
    from feedback.similarity.finding import similar

    chosen = random.Random(2).sample(range(TICKETS), 2 * QUESTIONS)
    pks = list(Ticket.objects.order_by("pk").values_list("pk", flat=True))
    tickets = list(Ticket.objects.filter(pk__in=[pks[index] for index in chosen]))
    new, old = tickets[:QUESTIONS], tickets[QUESTIONS:]
    texts = [f"{ticket.title}\n{ticket.description[:300]}" for ticket in old]
    return {
        "a ticket": _spread(partial(similar, ticket) for ticket in new),
        "a text at intake": _spread(partial(similar, text) for text in texts),
        "a search, first page": _spread(partial(_first_page, text) for text in SEARCHES * 10),
    }


def _first_page(text: str) -> None:
    from feedback.models import Ticket
    from feedback.similarity.search import matching

    list(Ticket.objects.filter(matching(text))[:50])


def _spread(questions: Iterable[Callable[[], object]]) -> list[float]:
    spent = [timed(question) * 1e3 for question in questions]
    return [statistics.median(spent), statistics.quantiles(spent, n=20)[-1], max(spent)]


def main() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    json.dump(measure(), sys.stdout)


if __name__ == "__main__":
    main()
