"""One request to a receiver that does not do as it should."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from operations.outgoing import addresses, exchange
from operations.outgoing.addresses import Place
from operations.outgoing.exchange import LONGEST_ANSWER, Answer, NotAllowed, Unreachable
from tests.operations.receiver import Receiver, answer

LOOPBACK = [ip_network("127.0.0.0/8")]
# Seconds, instead of ten.
SOON = 0.4

Receive = Callable[..., Receiver]


def post(url: str, body: bytes = b"{}", seconds: float = 5, **headers: str) -> Answer:
    return exchange.post(url, body, headers, networks=LOOPBACK, seconds=seconds)


def fault(url: str, seconds: float = SOON) -> str:
    began = time.monotonic()
    with pytest.raises(Unreachable) as raised:
        post(url, seconds=seconds)
    # A busy machine may add to it.
    assert time.monotonic() - began < seconds + 5
    return str(raised.value)


def test_a_body_arrives_with_its_headers(receive: Receive) -> None:
    receiver = receive(answer(200, "not read"))
    assert post(f"{receiver.url}?a=1#part", b"\x00body", kind="test") == (200, {"content-length": "8"}, b"")
    request = receiver.got[0]
    assert request.line == "POST /hook?a=1 HTTP/1.1"
    assert request.body == b"\x00body"
    assert {name: request.headers[name] for name in ("host", "kind", "user-agent", "connection")} == {
        "host": receiver.host,
        "kind": "test",
        "user-agent": "ops-portal",
        "connection": "close",
    }
    assert "cookie" not in request.headers


def test_without_the_operators_leave_nothing_goes_to_this_machine(receive: Receive) -> None:
    receiver = receive(answer(200))
    with pytest.raises(NotAllowed, match=r"leads to 127\.0\.0\.1, where the portal may not send to"):
        exchange.post(receiver.url, b"", {})
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "https:///path",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://ada:secret@example.org/",
        "https://example.org@10.0.0.1/",
        "https://[::1/",
        "https://example.org\\@10.0.0.1/",
        "https://example.org/a b",
        "https://exämple.org/",
        "//example.org/",
        "",
    ],
)
def test_what_is_no_good_url_is_refused_before_anything_is_sent(url: str) -> None:
    assert exchange.rule_broken(url).startswith("must ")
    with pytest.raises(NotAllowed):
        post(url)


def test_a_receiver_that_says_nothing_costs_the_deadline_and_no_more(receive: Receive) -> None:
    assert fault(receive(None).url) == "The receiver did not answer within 0.4 seconds."


def test_a_receiver_that_drips_costs_the_deadline_and_no_more(receive: Receive) -> None:
    dripping = receive(["H", "T", "T", "P", "/", *repeat("1", 50)], pause=0.1)
    assert "did not answer within" in fault(dripping.url)


def test_an_answer_whose_body_drips_is_its_status(receive: Receive) -> None:
    dripping = receive(["HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n", *repeat("x", 50)], pause=0.1)
    assert post(dripping.url, seconds=SOON).status == 500


def test_headers_without_end_are_not_read_to_the_end(receive: Receive) -> None:
    assert "cannot be reached" in fault(receive(["HTTP/1.1 200 OK\r\n", *repeat("a: b\r\n", 500)]).url, 5)


def test_a_name_server_that_says_nothing_costs_the_deadline_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addresses, "resolve", lambda *_: time.sleep(2))
    assert "did not answer within" in fault("https://example.org/")


def test_a_redirect_is_not_followed(receive: Receive) -> None:
    elsewhere = receive(answer(200))
    found = post(receive(answer(307, Location=elsewhere.url)).url)
    assert (found.status, elsewhere.connections) == (307, 0)


def test_an_address_that_takes_no_connection_leaves_time_for_the_next(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = receive(answer(204))
    full = socket.create_server(("127.0.0.2", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        # So many callers that the machine takes no further one.
        each.setblocking(False)
        each.connect_ex(full.getsockname())
    places = [Place(socket.AF_INET, full.getsockname()), Place(socket.AF_INET, ("127.0.0.1", receiver.port))]
    monkeypatch.setattr(addresses, "resolve", lambda *_: places)
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.2)
    assert post("http://two.example/").status == 204
    monkeypatch.setattr(addresses, "resolve", lambda *_: places[:1])
    assert fault("http://one.example/", 5) == "No connection to the receiver within 4 seconds."
    for each in (*waiting, full):
        each.close()


def test_no_proxy_of_the_environment_is_used(receive: Receive, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = receive(answer(200)), receive(answer(204))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{proxy.host}")
    assert post(receiver.url).status == 204
    assert proxy.connections == 0


def test_an_error_of_a_gigabyte_is_read_up_to_the_limit(receive: Receive) -> None:
    mebibyte = b"x" * 2**20

    def endless() -> Iterator[bytes]:
        yield b"HTTP/1.1 500 No\r\nContent-Length: 1073741824\r\n\r\n"
        yield from repeat(mebibyte, 1024)

    found = post(receive(endless()).url)
    assert (found.status, len(found.content)) == (500, LONGEST_ANSWER)
    assert found.excerpt == "x" * 100


def test_an_excerpt_is_one_printable_line(receive: Receive) -> None:
    assert post(receive(answer(400, "no\r\n\x1b[31m\tsuch ö")).url).excerpt == "no [31m such ö"


def test_who_closes_early_or_is_not_there_is_unreachable(receive: Receive) -> None:
    assert fault(receive("HTTP/1.1 2").url, 5) == "The receiver cannot be reached: BadStatusLine."
    assert fault(receive("").url, 5) == "The receiver cannot be reached: RemoteDisconnected."
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        said = fault(f"http://127.0.0.1:{bound.getsockname()[1]}/", 5)
    assert said == "The receiver cannot be reached: Connection refused."


def test_a_certificate_that_nobody_signed_is_refused(receive: Receive, secured: ssl.SSLContext) -> None:
    receiver = receive(answer(200), tls=secured)
    said = fault(f"https://localhost:{receiver.port}/", 5)
    assert said == "The receiver's certificate is not trusted: self-signed certificate."
    assert receiver.got == []


def test_a_certificate_must_be_trusted_and_name_the_host(
    receive: Receive, secured: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[Any] = []
    secured.sni_callback = lambda socket, name, context: names.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    receiver = receive(answer(200), tls=secured)
    assert post(f"https://localhost:{receiver.port}/").status == 200
    assert names == ["localhost"]
    assert "IP address mismatch" in fault(receiver.url, 5)
    assert len(receiver.got) == 1


def test_a_handshake_that_never_ends_costs_the_deadline_and_no_more(receive: Receive) -> None:
    silent = receive(None)
    assert "did not answer within" in fault(silent.url.replace("http:", "https:"))
