"""How far the portal's clock is ahead: eight bytes of a file that all processes of the portal map.

A read costs about 100 ns, so `timezone.now` may be asked as often as before. Nothing of Django's or the
portal's is imported but the module whose function is replaced: settings do that before any model is read.
"""

import mmap
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone

# Microseconds, little-endian: read and written as one word, so that nobody sees half of a number.
SIZE = 8


class Clock:
    """Says how far ahead the portal's clock is; never back."""

    def __init__(self) -> None:
        self._map: mmap.mmap | None = None
        self._seen = b""
        self._ahead = timedelta(0)
        self.path: Path | None = None

    def attach(self, path: Path) -> None:
        """Follow the number in this file, which is made where it is missing: then nothing is added."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < SIZE:
                # Fills up with zeros; the same for whoever comes second.
                os.ftruncate(descriptor, SIZE)
            self.detach()
            self._map, self.path = mmap.mmap(descriptor, SIZE), path
        finally:
            os.close(descriptor)

    def detach(self) -> None:
        """Follow no file any more: the machine's time is the portal's."""
        if self._map is not None:
            self._map.close()
        self._map, self.path, self._seen, self._ahead = None, None, b"", timedelta(0)

    def ahead(self) -> timedelta:
        """How much is added to the machine's time; nothing without a file."""
        if self._map is None:
            return self._ahead
        found = self._map[:SIZE]
        if found != self._seen:
            # In this order: whoever sees the new number in another thread sees what it means.
            self._ahead = timedelta(microseconds=int.from_bytes(found, "little"))
            self._seen = found
        return self._ahead

    def move(self, by: timedelta) -> None:
        """Go ahead by so much, in every process. The caller holds the lock of `steady.still`."""
        if self._map is None or by < timedelta(0):
            raise ValueError("the clock has no file, or would go back")
        moved = (self.ahead() + by) // timedelta(microseconds=1)
        self._map[:SIZE] = moved.to_bytes(SIZE, "little")


CLOCK = Clock()


def now() -> datetime:
    """The present moment as the portal sees it, in UTC."""
    return datetime.now(tz=UTC) + CLOCK.ahead()


# Migrations name the function by these: none of them may see a change.
now.__module__, now.__qualname__ = timezone.now.__module__, timezone.now.__qualname__


def install(path: Path) -> None:
    """Let `timezone.now` tell the portal's time, in this process; before any model is imported."""
    CLOCK.attach(path)
    timezone.now = now
