"""The change feed: whoever writes announces it, and processes that remember things ask what to forget.

No lock is taken on either side. One locked row that every writer stamps would give a strict order, but each
verb would then wait for the commit of every other, and verbs that call verbs could wait for one another
for ever. Plain inserts wait for nobody, and the price is paid by the reader: a lower id may become visible
after a higher one, because PostgreSQL hands out ids before the commit. So the reader does not remember how
far it read but which ids it saw, and goes on looking for those that are missing. One that stays missing
belongs to a transaction that was rolled back, and is given up after WINDOW.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from operations.models import Change

EVERYTHING = ""
MOST_KEYS = 10_000
KEPT_FOR = timedelta(days=1)

# The topics of `operations.keys` and `operations.windows`; other apps name their own.
KEYS, WINDOWS = "keys", "windows"

# Seconds for which an id that is missing below a visible one is looked for: the longest time that a
# transaction may go on after it announced something.
WINDOW = 600.0

Changes = Mapping[str, frozenset[str]]

TABLE = Change._meta.db_table
_STATE = f"SELECT COUNT(*), (SELECT MAX(id) FROM {TABLE}) FROM {TABLE} WHERE id > %s"  # noqa: S608
_ROWS = f"SELECT id, topic, key FROM {TABLE} WHERE id > %s"  # noqa: S608


def announce(topic: str, keys: Iterable[str] | None = None) -> None:
    """Say in the caller's transaction that `keys` of a topic changed; None: any of it may have.

    More than MOST_KEYS are announced as the whole topic, none as nothing. Nobody hears it before the commit,
    and nobody ever does after a rollback.
    """
    named = {EVERYTHING} if keys is None else set(keys)
    if EVERYTHING in named or len(named) > MOST_KEYS:
        named = {EVERYTHING}
    Change.objects.bulk_create([Change(topic=topic, key=key) for key in sorted(named)])


def purge() -> int:
    """Delete the announcements older than a day, which every reader has seen, and return how many."""
    return Change.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]


class Reader:
    """Tells one process what changed since it asked last. Not for several threads at once.

    Make it before the first read of what is remembered: it then stands at a moment before that read, and
    nothing falls between the two. Use it outside a transaction. It raises what the database raises; nothing
    is lost by that, and the next `poll` that succeeds catches up.
    """

    _polled_at: float

    def __init__(self, topics: Collection[str]) -> None:
        self._everything: Changes = {topic: frozenset({EVERYTHING}) for topic in topics}
        self._start()

    def poll(self) -> Changes:
        """The keys that changed since the last poll, by topic; EVERYTHING among them: any of it may have.

        Everything of every topic when the last poll that succeeded is more than WINDOW ago, or when the
        database was put back to an earlier state. While nothing changes this is one query on the primary
        key, over the few ids above the lowest one that is missing.
        """
        # The clock on the wall goes on while a machine sleeps; where it jumps, everything is read anew.
        now = time.time()
        if abs(now - self._polled_at) > WINDOW:
            self._start()
            return self._everything
        count, top = _fetch(_STATE, self._base)[0]
        if count < len(self._seen) or (top is not None and top < self._top):
            self._start()
            return self._everything
        idle = count == len(self._seen) and top in (self._top, None)
        found = [] if idle else self._unseen(count)
        self._see(number for number, _, _ in found)
        self._give_up_what_stays_missing(now)
        self._polled_at = now
        changed: dict[str, set[str]] = defaultdict(set)
        for _, topic, key in found:
            if topic in self._everything:
                changed[topic].add(key)
        return {topic: frozenset(keys) for topic, keys in changed.items()}

    def _start(self) -> None:
        """Stand at now: what is visible counts as seen, what is missing may still come."""
        now = time.time()
        long_ago = timezone.now() - timedelta(seconds=WINDOW)
        settled = Change.objects.filter(at__lt=long_ago).order_by("-id").values_list("id", flat=True).first()
        # Every id up to `_base` is seen or given up, `_seen` are those above it, `_top` is the highest.
        self._base = self._top = settled or 0
        self._seen: set[int] = set()
        self._see(number for number, _, _ in _fetch(_ROWS, self._base))
        self._mark, self._marked_at = self._top, now
        self._polled_at = now

    def _unseen(self, count: int) -> Sequence[Any]:
        """The rows that were not seen, of `count` above the base."""
        found = _fetch(_ROWS, self._top)
        if len(self._seen) + len(found) < count:
            # One that was missing has come.
            found = [row for row in _fetch(_ROWS, self._base) if row[0] not in self._seen]
        return found

    def _see(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._seen.add(number)
            self._top = max(self._top, number)
        while self._base + 1 in self._seen:
            self._base += 1
            self._seen.remove(self._base)

    def _give_up_what_stays_missing(self, now: float) -> None:
        """Once in each WINDOW, settle what lies below the highest id that was seen one WINDOW ago."""
        if now - self._marked_at < WINDOW:
            return
        self._base = max(self._base, self._mark)
        self._seen = {number for number in self._seen if number > self._base}
        self._see(())
        self._mark, self._marked_at = self._top, now


def _fetch(query: str, base: int) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, [base])
        rows: Sequence[Any] = cursor.fetchall()
    return rows
