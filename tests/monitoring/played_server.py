"""A server on this machine that answers each request with the same bytes, and keeps what it was asked."""

import re
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"


class PlayedServer:
    """Sends its `parts` with a `pause` before each, and closes; without parts it listens and says nothing."""

    def __init__(self, *parts: str, pause: float = 0) -> None:
        self._parts: Sequence[str] = parts
        self._pause = pause
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.asked = ""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        with caller, suppress(OSError, UnicodeDecodeError):
            self.asked = caller.recv(65_536).decode()
            while not _is_whole(self.asked):
                self.asked += caller.recv(65_536).decode()
            for part in self._parts:
                time.sleep(self._pause)
                caller.sendall(part.encode())
            if not self._parts:
                caller.recv(1)


def _is_whole(asked: str) -> bool:
    """Whether the body has come, as long as the request's head says it is."""
    head, _, body = asked.partition("\r\n\r\n")
    length = re.search(r"(?i)^content-length: (\d+)", head, re.MULTILINE)
    return length is not None and len(body.encode()) >= int(length[1])
