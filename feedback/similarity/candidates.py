"""The tickets that are worth comparing, from the database's own index: those that share the rarest words."""

from collections.abc import Mapping, Sequence

from django.db import connection

MOST = 300
# Rows of the index that one question may touch: a word that stands in more tickets is passed over.
MOST_POSTINGS = 6_000
MOST_WORDS = 32
LAST = 2**63 - 1


def candidates(
    weights: Mapping[str, float], tickets: Mapping[str, int], *, before: int | None = None
) -> list[int]:
    """The ids of up to 300 tickets, those first that share most weight of the words that are looked up.

    `weights` is what each stem would add to the product with a ticket that says it as strongly, `tickets` in
    how many it stands; only tickets with a smaller number than `before`.
    """
    before = LAST if before is None else before
    chosen = _chosen(weights, tickets)
    if not chosen:
        common = sorted((stem for stem in weights if tickets[stem]), key=tickets.__getitem__)
        return _of_common_words(common, before)
    postgresql = connection.vendor == "postgresql"
    part = _POSTING_POSTGRESQL if postgresql else _POSTING_SQLITE
    parts = " UNION ALL ".join([part] * len(chosen))
    values = [value for stem in chosen for value in (weights[stem], quoted(stem), before)]
    return _ids(_SHARED.format(parts=parts), [*values, MOST])


def _chosen(weights: Mapping[str, float], tickets: Mapping[str, int]) -> list[str]:
    """The stems that may add most, as many as the index may be asked for."""
    left, chosen = MOST_POSTINGS, []
    for stem in sorted(weights, key=lambda stem: (-weights[stem], stem)):
        if 0 < tickets[stem] <= left:
            left -= tickets[stem]
            chosen.append(stem)
            if len(chosen) == MOST_WORDS:
                break
    return chosen


def _of_common_words(stems: Sequence[str], before: int) -> list[int]:
    """The newest of those that hold the rarest four, where every word stands in very many tickets."""
    if not stems:
        return []
    postgresql = connection.vendor == "postgresql"
    both = (" & " if postgresql else " AND ").join(quoted(stem) for stem in stems[:4])
    return _ids(_COMMON_POSTGRESQL if postgresql else _COMMON_SQLITE, [both, before, MOST])


def quoted(token: str) -> str:
    """A token as both query languages take it. Tokens have letters, digits and `._-$` alone."""
    return f"'{token}'" if connection.vendor == "postgresql" else f'"{token}"'


def _ids(query: str, values: Sequence[float | str]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [pk for (pk,) in cursor.fetchall()]


MATCHING_POSTGRESQL = """
    SELECT ticket_id FROM feedback_searchentry WHERE feedback_tokens(tokens) @@ %s::tsquery
"""
MATCHING_SQLITE = "SELECT rowid FROM feedback_search WHERE feedback_search MATCH %s"
_COMMON_POSTGRESQL = f"{MATCHING_POSTGRESQL} AND ticket_id < %s ORDER BY ticket_id DESC LIMIT %s"
_COMMON_SQLITE = f"{MATCHING_SQLITE} AND rowid < %s ORDER BY rowid DESC LIMIT %s"
_POSTING_POSTGRESQL = """
    SELECT ticket_id, %s::float8 AS weight FROM feedback_searchentry
    WHERE feedback_tokens(tokens) @@ %s::tsquery AND ticket_id + 0 < %s
"""
_POSTING_SQLITE = """
    SELECT rowid AS ticket_id, %s AS weight FROM feedback_search
    WHERE feedback_search MATCH %s AND rowid < %s
"""
_SHARED = """
    SELECT ticket_id FROM ({parts}) AS found
    GROUP BY ticket_id ORDER BY sum(weight) DESC, ticket_id DESC LIMIT %s
"""
