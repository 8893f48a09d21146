"""Keeps what this process knows up to date: one thread that asks the change feed, and swaps the snapshot.

Until it is started nothing is read. While the database does not answer, what is known stays as it is.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import Error

from operations import feed
from rollout.serving import snapshot, usage
from rollout.serving.known_workspaces import KnownWorkspaces, check_connection, drop_connection
from rollout.serving.snapshot import Snapshot
from rollout.topics import FLAGS, WORKSPACES

logger = logging.getLogger(__name__)

# After a change of one of these the snapshot is read anew.
OF_SNAPSHOT = (feed.KEYS, feed.WINDOWS, FLAGS)

# Seconds between two looks; a change is heard within a second, the time to read it included.
EVERY = 0.3
# Seconds after which everything is read anew, should the feed ever have missed something.
ANEW = 300.0
# Seconds in which the database is not asked again after the first answer did not come.
PAUSE = 1.0
# Seconds between two writings of how often flags were asked for.
WRITE_EVERY = 10.0


class NotReady(Exception):
    """Nothing was read yet, because the database does not answer."""


class Follower:
    """What one process knows: the snapshot, the workspaces, and how often flags were asked for."""

    def __init__(self, most_workspaces: int) -> None:
        self.workspaces = KnownWorkspaces(most_workspaces)
        self.usage = usage.Counter()
        self._snapshot: Snapshot | None = None
        self._reader: feed.Reader | None = None
        self._lock = threading.Lock()
        self._pid = 0
        self._connected = True
        self._read_at = self._wrote_at = self._tried_at = 0.0

    @property
    def snapshot(self) -> Snapshot:
        """What is known now. Raises NotReady."""
        found = self._snapshot
        if found is None:
            raise NotReady
        return found

    def start(self, *, follow: bool = True) -> None:
        """Read what there is, once in each process, and follow it from now on. Raises NotReady.

        Without `follow`, `look` and `usage.write` are the caller's to call.
        """
        if self._pid == os.getpid():
            return
        # Whoever finds another trying, after one tried in vain, does not wait for the same.
        if not self._lock.acquire(blocking=not self._tried_at):
            raise NotReady
        try:
            self._start(follow)
        finally:
            self._lock.release()

    def _start(self, follow: bool) -> None:
        if self._pid == os.getpid():
            return
        if self._tried_at and time.monotonic() < self._tried_at + PAUSE:
            raise NotReady
        if not self._in_touch(self.look):
            self._tried_at = time.monotonic()
            raise NotReady
        if follow:
            atexit.register(self._in_touch, self.usage.write)
            threading.Thread(target=self._follow, name="follow-flags", daemon=True).start()
        self._pid = os.getpid()

    def look(self) -> None:
        """Ask the feed once and take in what changed. Raises what the database raises."""
        if self._reader is None:
            reader = feed.Reader([*OF_SNAPSHOT, WORKSPACES])
            self._swap(snapshot.read())
            self._reader, self._read_at = reader, time.monotonic()
            return
        changed = self._reader.poll()
        try:
            if any(topic in changed for topic in OF_SNAPSHOT):
                self._swap(snapshot.read())
            if pks := changed.get(WORKSPACES):
                if feed.EVERYTHING in pks:
                    self.workspaces.forget_all(frozenset(self.snapshot.paused))
                else:
                    self.workspaces.forget(pks)
        except Error:
            # The feed has told it once and will not again: begin anew with the next look.
            self._reader = None
            raise

    def _swap(self, found: Snapshot) -> None:
        if self._snapshot is None or self._reader is None or found.paused != self._snapshot.paused:
            self.workspaces.forget_all(frozenset(found.paused))
        self._snapshot = found

    def _follow(self) -> None:
        while True:
            began = time.monotonic()
            try:
                self._in_touch(self._turn, began)
            except Exception:
                # Rows that changed while they were read may not fit together: read them anew.
                logger.exception("the flags could not be followed, trying again")
                self._reader = None
            time.sleep(max(0.0, began + EVERY - time.monotonic()))

    def _turn(self, began: float) -> None:
        # First, because in an outage nothing after it is reached.
        self.usage.collect()
        self.look()
        if began - self._read_at > ANEW:
            self._swap(snapshot.read())
            self.workspaces.read_again()
            self._read_at = began
        self.workspaces.fill(began + EVERY)
        if began - self._wrote_at > WRITE_EVERY:
            self._wrote_at = began
            self.usage.write()

    def _in_touch(self, act: Callable[..., None], *arguments: Any) -> bool:
        """Do something that needs the database, and say once when it is lost and once when it is back."""
        try:
            check_connection()
            act(*arguments)
        except Error as error:
            if self._connected:
                logger.warning("the database does not answer; flags are answered from memory: %s", error)
            self._connected = False
            drop_connection()
            return False
        if not self._connected:
            logger.warning("the database answers again")
        self._connected = True
        return True
