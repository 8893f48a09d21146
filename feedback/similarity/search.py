"""Full-text search in tickets, for a search box: every word must be there, or begin a word that is."""

import re
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q
from django.db.models.expressions import RawSQL

from feedback.models.tickets import PREFIX
from feedback.similarity.candidates import MATCHING_POSTGRESQL, MATCHING_SQLITE, quoted
from feedback.similarity.words import Word, words_of

MOST_CHARACTERS = 300
MOST_WORDS = 16
_REFERENCE = re.compile(rf"{PREFIX}([0-9]{{1,18}})", re.IGNORECASE)


def matching(text: str) -> Q:
    """The condition on tickets that hold all words of `text`: any form of each, or a word that it begins.

    A reference such as FB-12 finds that ticket. Without a text it is true for all; for a text without words,
    such as "?!", for none. Tickets that were not indexed yet, in quarantine or erased are not found. Whatever
    was typed, nothing is raised and nothing is read as an operator.
    """
    text = text.strip()[:MOST_CHARACTERS]
    if not text:
        return Q()
    reference = _REFERENCE.fullmatch(text)
    found = Q(pk=int(reference[1])) if reference else Q(pk__in=())
    words = words_of(text, most=MOST_WORDS)
    if not words:
        return found
    postgresql = connection.vendor == "postgresql"
    query = (" & " if postgresql else " AND ").join(dict.fromkeys(map(_either, words)))
    found_by_words = _Found(F("pk"), RawSQL(MATCHING_POSTGRESQL if postgresql else MATCHING_SQLITE, [query]))  # noqa: S611 - a statement of our own
    return found | Q(found_by_words, quarantined_at=None, erased_at=None)


class _Found(Func):
    """Whether a key is among those that a statement gives.

    As an array on PostgreSQL: a join it may do one by one, where it has not counted a table yet.
    """

    output_field = BooleanField()
    template = "%(expressions)s"
    arg_joiner = " IN "

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(ARRAY", **context
        )


def _either(word: Word) -> str:
    """What begins so, or has the same stem."""
    if connection.vendor == "postgresql":
        return f"({quoted(word.folded)}:* | {quoted(word.stem)})"
    return f"({quoted(word.folded)} * OR {quoted(word.stem)})"
