"""Flag answers take some microseconds each, beside Django: noted at once, and counted once a second.

What a process answered in the second before it was killed is not counted.
"""

import atexit
import os
import threading
import time
from collections import deque

from ops_portal.exposition import instruments

# Seconds between two countings.
EVERY = 1.0
# Of one kind, between two countings; more than that are not counted.
MOST_WAITING = 200_000

Kind = tuple[str, str, int]


class Answers:
    """Takes down how long answers took. `note` takes no lock."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, deque[float]] = {}
        self._one_at_a_time = threading.Lock()

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one answer."""
        try:
            self._waiting[method, route, status].append(seconds)
        except KeyError:
            # Anybody can send any word: what waits is kept by it.
            known = method if method in instruments.METHODS else instruments.OTHER
            empty: deque[float] = deque(maxlen=MOST_WAITING)
            self._waiting.setdefault((known, route, status), empty).append(seconds)

    def count(self) -> None:
        """Count what was noted since the last time."""
        with self._one_at_a_time:
            for (method, route, status), waiting in list(self._waiting.items()):
                taken = [waiting.popleft() for _ in range(len(waiting))]
                instruments.note_requests(method, route, status, taken)

    def start(self) -> None:
        """Count from now on in this process, and in those that a server forks from it."""
        if instruments.ENABLED:
            self._start()
            os.register_at_fork(after_in_child=self._start)

    def _start(self) -> None:
        atexit.register(self.count)
        threading.Thread(target=self._go_on, name="count-answers", daemon=True).start()

    def _go_on(self) -> None:
        while True:
            time.sleep(EVERY)
            self.count()


ANSWERS = Answers()
