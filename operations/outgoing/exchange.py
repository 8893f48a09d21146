"""One request to a URL that a person entered: to a checked address only, and over after a fixed time.

No redirect is followed, no proxy of the environment used, no cookie kept, and an answer read up to a limit.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from operations.outgoing import addresses
from operations.outgoing.addresses import Network, NotAllowed, Place
from operations.outgoing.deadline import Deadline

WHOLE_SECONDS = 10.0
# For each address of a host, so that one which says nothing leaves time for the next.
CONNECT_SECONDS = 4.0
LONGEST_ANSWER = 64 * 2**10
LONGEST_EXCERPT = 100
NO_CONNECTION = f"No connection to the receiver within {CONNECT_SECONDS:g} seconds."
HEADERS = {"User-Agent": "ops-portal", "Connection": "close"}


class Unreachable(Exception):
    """There was no answer; the text says why and holds nothing secret."""


class Answer(NamedTuple):
    """What came back, headers by their names in lower case; of a good answer the content is not read."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def excerpt(self) -> str:
        """The beginning of the content as one printable line."""
        text = self.content[: 4 * LONGEST_EXCERPT].decode(errors="replace")
        line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
        return line[:LONGEST_EXCERPT]


def rule_broken(url: str) -> str:
    """The rule that a URL breaks; "" for one that a request can go to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must be a URL such as https://receiver.example.org/path"
    if not url.isascii() or not url.isprintable() or set(url) & set(" \\"):
        return "must hold ASCII letters only, and no blanks or backslashes"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return "must be a URL that begins with https:// or http:// and names a host"
    if "@" in parts.netloc:
        return "must not hold a user or a password: messages are signed instead"
    return ""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    networks: Sequence[Network] = (),
    seconds: float = WHOLE_SECONDS,
) -> Answer:
    """Send a body and return the answer, whatever its status. `networks`: private ones that are allowed.

    Raises NotAllowed for an address that nothing may go to, and Unreachable when no answer came in time.
    """
    return _asked("POST", url, body, headers, networks, seconds)


def get(url: str, *, networks: Sequence[Network] = (), seconds: float = WHOLE_SECONDS) -> Answer:
    """Ask for a URL and return the answer, whatever its status. Raises as `post`."""
    return _asked("GET", url, None, {}, networks, seconds)


def _asked(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    networks: Sequence[Network],
    seconds: float,
) -> Answer:
    if rule := rule_broken(url):
        raise NotAllowed(f"The address {rule}.")
    parts = urlsplit(url)
    with Deadline(seconds) as deadline:
        try:
            return _exchange(method, parts, body, headers, networks, deadline)
        except (OSError, HTTPException, ValueError) as error:
            raise Unreachable(_why(error, deadline)) from None


def _exchange(
    method: str,
    parts: SplitResult,
    body: bytes | None,
    headers: Mapping[str, str],
    networks: Sequence[Network],
    deadline: Deadline,
) -> Answer:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    places = _resolve(host, port, networks, deadline)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(host, port)
    try:
        # With a socket in place, the connection makes none of its own and asks for the name no second time.
        connection.sock = _connect(places, deadline)
        if parts.scheme == "https":
            connection.sock = _secured(connection.sock, host, deadline)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, {**HEADERS, **headers})
        answer = connection.getresponse()
        headed = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headed, _content(answer))
    finally:
        connection.close()


def _resolve(host: str, port: int, networks: Sequence[Network], deadline: Deadline) -> list[Place]:
    """In a thread, because nothing else limits how long a name server takes."""
    found: queue.SimpleQueue[list[Place] | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found.put(addresses.resolve(host, port, networks))
        except Exception as error:  # noqa: BLE001 - raised again below
            found.put(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        places = found.get(timeout=deadline.left())
    except queue.Empty:
        deadline.left()
        raise TimeoutError from None
    if isinstance(places, Exception):
        raise places
    return places


def _connect(places: Sequence[Place], deadline: Deadline) -> socket.socket:
    fault: Exception = OSError("no address")
    for place in places:
        connected = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            connected.settimeout(min(CONNECT_SECONDS, deadline.left()))
            connected.connect(place.address)
            connected.settimeout(deadline.left())
        except TimeoutError:
            connected.close()
            # Of the whole time, where less than for a connection was left.
            fault = Unreachable(NO_CONNECTION) if deadline.has_time() else TimeoutError()
        except OSError as error:
            connected.close()
            fault = error
        else:
            deadline.watch(connected)
            return connected
    raise fault


def _secured(connected: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    secured = context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
    deadline.watch(secured)
    secured.do_handshake()
    return secured


def _content(answer: HTTPResponse) -> bytes:
    if 200 <= answer.status < 300:
        return b""
    # The status is the answer: what is lost of the rest is lost.
    with suppress(OSError, HTTPException, ValueError):
        return answer.read(LONGEST_ANSWER)
    return b""


def _why(error: Exception, deadline: Deadline) -> str:
    if isinstance(error, TimeoutError) or not deadline.has_time():
        return f"The receiver did not answer within {deadline.seconds:g} seconds."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The receiver's certificate is not trusted: {error.verify_message.rstrip('.')}."
    if isinstance(error, socket.gaierror):
        return "The receiver's host name is unknown."
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return f"The receiver cannot be reached: {reason}."


__all__ = ["Answer", "NotAllowed", "Unreachable", "post", "rule_broken"]
