"""How long tickets wait: exact medians and ninetieth percentiles, read from an index alone.

Percentiles of days cannot be added up to one of a year. But how often each number of minutes occurs is soon
counted, from `ticket_times`, which has every column that this asks for; the rest is a sum over as many rows
as there are different numbers. (PostgreSQL's percentile_disc, which finds the same value, sorts all tickets.)
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count

from feedback.summary.counting import heard
from feedback.summary.selection import Selection

MEDIAN, P90 = 50, 90


class Times(NamedTuple):
    """Whole minutes, and of how many tickets; None where there is none."""

    n: int
    median: int | None
    p90: int | None


def of(selection: Selection, column: str) -> Times:
    """The times that `column` has of a selection. One query."""
    found = heard(selection.period & selection.kind & selection.place).filter(**{f"{column}__isnull": False})
    return _times(list(found.values_list(column).annotate(n=Count("*")).order_by(column)))


def _times(counted: list[tuple[int, int]]) -> Times:
    n = sum(count for _, count in counted)
    return Times(n, percentile(counted, n, MEDIAN), percentile(counted, n, P90))


def percentile(counted: Iterable[tuple[int, int]], n: int, percent: int) -> int | None:
    """The least of `n` values that so many percent of them do not exceed; None of none.

    `counted` has the values in order, with how often each occurs. It is what percentile_disc finds.
    """
    below = 0
    for value, count in counted:
        below += count
        if 100 * below >= percent * n:
            return value
    return None
