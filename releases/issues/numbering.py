"""The next number of an issue: one after the other, without gaps and without collisions."""

from django.db import connection
from django.db.models import Max

from releases.models import Issue

NUMBER_LOCK = 0xB06


def take() -> int:
    """The next number, for this transaction alone until it ends.

    Another one that raises an issue waits for it, so that a number that is given back by a rollback goes to
    the next. A sequence of the database would leave a gap there. SQLite has one writer, which waits before
    its first read.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    return following()


def following() -> int:
    """The number that the next issue would get, as far as is known now."""
    highest: int | None = Issue.objects.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1
