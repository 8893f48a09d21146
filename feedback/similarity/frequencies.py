"""In how many tickets each stem stands. One row a stem, changed in sorted order so that nobody deadlocks."""

import json
from collections.abc import Collection, Mapping

from django.db import connection, transaction

from feedback.models import SearchEntry, Word
from feedback.similarity import scoring

# Stands in every ticket: its count is theirs.
EVERY = ""
# So many may be missing, or be too many, before all are counted again: one in so many. Erasing a ticket drops
# its words at once and leaves the counts.
TOLERATED = 20


def add(changes: Mapping[str, int]) -> None:
    """Add to the counts of stems, in one statement."""
    rows = sorted((stem, change) for stem, change in changes.items() if change)
    if not rows:
        return
    stems, counts = [stem for stem, _ in rows], [count for _, count in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_ADD_POSTGRESQL, [stems, counts])
        else:
            cursor.execute(_ADD_SQLITE, [json.dumps(rows)])


def rarities(stems: Collection[str]) -> tuple[dict[str, float], dict[str, int], int]:
    """How rare each stem is, in how many tickets it stands, and how many tickets there are; in one query."""
    wanted = [*stems, EVERY]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_COUNTS_POSTGRESQL, [wanted])
        else:
            cursor.execute(_COUNTS_SQLITE, [json.dumps(wanted)])
        counts = dict(cursor.fetchall())
    among = max(counts.get(EVERY, 0), 0)
    found = {stem: counts.get(stem, 0) for stem in stems}
    return {stem: scoring.rarity(tickets, among) for stem, tickets in found.items()}, found, among


@transaction.atomic
def recount() -> bool:
    """Count all anew where the number of tickets is wrong by a twentieth; whether it was."""
    known = Word.objects.filter(pk=EVERY).values_list("tickets", flat=True).first() or 0
    there = SearchEntry.objects.count()
    if abs(known - there) * TOLERATED <= there:
        return False
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Whoever indexes waits; whoever reads sees the old counts.
            cursor.execute("LOCK TABLE feedback_word IN EXCLUSIVE MODE")
        Word.objects.all().delete()
        cursor.execute(_RECOUNT_POSTGRESQL if connection.vendor == "postgresql" else _RECOUNT_SQLITE)
        Word.objects.create(text=EVERY, tickets=SearchEntry.objects.count())
    return True


_ADD_POSTGRESQL = """
    INSERT INTO feedback_word AS had (text, tickets) SELECT * FROM unnest(%s::varchar[], %s::integer[])
    ON CONFLICT (text) DO UPDATE SET tickets = had.tickets + EXCLUDED.tickets
"""
_ADD_SQLITE = """
    INSERT INTO feedback_word AS had (text, tickets)
    SELECT value ->> 0, value ->> 1 FROM json_each(%s) WHERE true
    ON CONFLICT (text) DO UPDATE SET tickets = had.tickets + excluded.tickets
"""
_COUNTS_POSTGRESQL = "SELECT text, tickets FROM feedback_word WHERE text = ANY(%s)"
_COUNTS_SQLITE = "SELECT text, tickets FROM feedback_word WHERE text IN (SELECT value FROM json_each(%s))"
_RECOUNT_POSTGRESQL = """
    INSERT INTO feedback_word (text, tickets)
    SELECT stem, count(*) FROM feedback_searchentry, unnest(string_to_array(stems, ' ')) AS stem
    GROUP BY stem ORDER BY stem
"""
# It has no function that splits a text; a stem has no character that JSON would escape.
_RECOUNT_SQLITE = """
    INSERT INTO feedback_word (text, tickets)
    SELECT value, count(*)
    FROM feedback_searchentry, json_each('["' || replace(stems, ' ', '","') || '"]')
    WHERE stems <> '' GROUP BY value
"""
