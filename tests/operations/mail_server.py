"""A mail server on this machine, which refuses whom a test says."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email import message_from_string
from email.message import Message
from typing import NamedTuple


class Mail(NamedTuple):
    """One mail as it was taken: for whom, and what."""

    recipients: list[str]
    message: Message


class MailServer:
    """`refuses` maps an address to what it is refused with: "450 busy". It may be changed at any time."""

    def __init__(self, refuses: Mapping[str, str] | None = None) -> None:
        self.refuses = dict(refuses or {})
        self.took: list[Mail] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                self.connections += 1
                with caller, suppress(OSError):
                    self._talk(caller)

    def _talk(self, caller: socket.socket) -> None:
        lines = iter(caller.makefile("r", encoding="utf-8", newline="\r\n"))
        recipients: list[str] = []

        def say(text: str) -> None:
            caller.sendall(f"{text}\r\n".encode())

        say("220 here")
        for line in lines:
            verb = line[:4].upper().strip()
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                refusal = self.refuses.get(address)
                recipients += [] if refusal else [address]
                say(refusal or "250 ok")
            elif verb == "DATA":
                say("354 go on")
                self.took.append(Mail(recipients, message_from_string("".join(_until_dot(lines)))))
                recipients = []
                say("250 ok")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                recipients = []
                say("250 ok")


def _until_dot(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == ".\r\n":
            return
        yield line
