"""A hard end for an exchange over sockets."""

import socket
import threading
import time
from contextlib import suppress


class Deadline:
    """Cuts the sockets that it watches when the time is over.

    A socket's own timeout is for each read, and a far end that sends a byte now and then would never end.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.late = False
        self._until = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left(self) -> float:
        """The seconds that are left. Raises TimeoutError when there are none."""
        if not self.has_time():
            raise TimeoutError
        return max(self._until - time.monotonic(), 0.001)

    def has_time(self) -> bool:
        """Whether the time is not over."""
        return not self.late and time.monotonic() < self._until

    def watch(self, watched: socket.socket) -> None:
        """Cut this socket too when the time is over, or now if it is."""
        with self._lock:
            self._sockets.append(watched)
            if self.late:
                _shut(watched)

    def _cut(self) -> None:
        with self._lock:
            self.late = True
            for watched in self._sockets:
                _shut(watched)


def _shut(watched: socket.socket) -> None:
    with suppress(OSError):
        # Not an SSL socket's own shutdown: that changes the object under the reader's hands.
        socket.socket.shutdown(watched, socket.SHUT_RDWR)
