"""Keeping the index up to date: tickets that are new or changed, in batches, by a job."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from django.db import connection, transaction
from django.db.models import F

from feedback.models import Likeness, SearchEntry, Ticket
from feedback.similarity import frequencies, scoring
from feedback.similarity.reading import read

BATCH = 200
SECONDS = 2.0
# A norm is computed anew when there are so many times as many tickets as when it was.
GROWN = 2
SAID = ("tokens", "stems", "strengths")


def index_new(*, seconds: float = SECONDS) -> int:
    """Index the tickets that are new or changed, the newest first; stop after `seconds`; how many there were.

    Drops those that were put in quarantine or erased. Several processes at once share the work.
    """
    ends, indexed = time.monotonic() + seconds, 0
    frequencies.recount()
    while count := _index_batch():
        indexed += count
        if time.monotonic() > ends:
            break
    while time.monotonic() < ends and _renew_norms():
        pass
    return indexed


@transaction.atomic
def _index_batch() -> int:
    due = Ticket.objects.select_for_update(skip_locked=True, of=("self",))
    tickets = list(due.exclude(indexed_version=F("version")).order_by("-pk")[:BATCH])
    pks = [ticket.pk for ticket in tickets]
    known = SearchEntry.objects.in_bulk(pks)
    entries = [entry for ticket in tickets if (entry := _entry(ticket))]
    _drop([known[pk] for pk in known.keys() - {entry.pk for entry in entries}])
    _put([entry for entry in entries if not _same(entry, known.get(entry.pk))], known)
    Ticket.objects.filter(pk__in=pks).update(indexed_version=F("version"))
    return len(tickets)


def _entry(ticket: Ticket) -> SearchEntry | None:
    """What the index keeps of a ticket, without its norm; None for one that must not be found."""
    if ticket.quarantined_at is not None or ticket.erased_at is not None:
        return None
    reading = read(ticket)
    if not reading.tokens:
        return None
    return SearchEntry(
        ticket=ticket,
        tokens=" ".join(reading.tokens),
        stems=" ".join(reading.strengths),
        strengths=" ".join(map(str, reading.strengths.values())),
        received_at=ticket.received_at,
    )


def _same(entry: SearchEntry, known: SearchEntry | None) -> bool:
    return known is not None and all(getattr(entry, name) == getattr(known, name) for name in SAID)


def _put(entries: Sequence[SearchEntry], known: Mapping[int, SearchEntry]) -> None:
    """Write the entries of tickets that are new to the index or say something else than before."""
    changes: Counter[str] = Counter()
    for entry in entries:
        changes.update(_counted(entry))
        if entry.pk in known:
            changes.subtract(_counted(known[entry.pk]))
    frequencies.add(changes)
    vectors = {entry.pk: _strengths(entry) for entry in entries}
    rarities, _, among = frequencies.rarities(set(chain.from_iterable(vectors.values())))
    for entry in entries:
        entry.norm, entry.among = scoring.norm(vectors[entry.pk], rarities), among
    SearchEntry.objects.bulk_create(
        sorted(entries, key=lambda entry: entry.pk),
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=[*SAID, "norm", "among", "compared"],
    )
    # What later tickets have in common with these is no longer what it was.
    alike = Likeness.objects.filter(other__in=[entry.pk for entry in entries if entry.pk in known])
    SearchEntry.objects.filter(pk__in=alike.values("ticket")).update(compared=False)


def _drop(entries: Sequence[SearchEntry]) -> None:
    changes: Counter[str] = Counter()
    for entry in entries:
        changes.subtract(_counted(entry))
    frequencies.add(changes)
    SearchEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()


def _counted(entry: SearchEntry) -> list[str]:
    return [*entry.stems.split(), frequencies.EVERY]


@transaction.atomic
def _renew_norms() -> int:
    """Compute the norms of entries anew that were made among far fewer tickets; how many."""
    _, _, among = frequencies.rarities(())
    old = SearchEntry.objects.select_for_update(skip_locked=True).filter(among__lt=among / GROWN)
    entries = list(old.order_by("among").only("stems", "strengths")[:BATCH])
    vectors = {entry.pk: _strengths(entry) for entry in entries}
    rarities, _, _ = frequencies.rarities(set(chain.from_iterable(vectors.values())))
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE feedback_searchentry SET norm = %s, among = %s WHERE ticket_id = %s",
            [(scoring.norm(strengths, rarities), among, pk) for pk, strengths in vectors.items()],
        )
    return len(entries)


def _strengths(entry: SearchEntry) -> dict[str, int]:
    return dict(zip(entry.stems.split(), map(int, entry.strengths.split()), strict=True))
