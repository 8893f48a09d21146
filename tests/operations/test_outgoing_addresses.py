"""Where a request may go, range by range."""

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from operations.outgoing import addresses, exchange
from operations.outgoing.addresses import NotAllowed

PUBLIC = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a00::1"]
REFUSED = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fd12::1"],
    "link-local": ["169.254.0.1", "fe80::1", "febf::1", "fec0::1"],
    "carriers' NAT": ["100.64.0.0", "100.127.255.255"],
    "metadata of clouds": [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "fd00:ec2::254",
    ],
    "protocol assignments": ["192.0.0.0", "192.0.0.8", "192.0.0.255", "2001::1", "2001:1ff:ffff::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved and broadcast": ["240.0.0.1", "255.255.255.255", "4000::1", "e000::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "examples": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "relays": ["192.88.99.1", "192.52.193.1"],
    "discard": ["100::1"],
    "NAT64": ["64:ff9b::8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1"],
    "6to4": ["2002:0808:0808::1", "2002:7f00:0001::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"],
    "compatible": ["::127.0.0.1", "::8.8.8.8"],
}


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text: str) -> None:
    assert addresses.is_allowed(ip_address(text))


@pytest.mark.parametrize("text", [each for texts in REFUSED.values() for each in texts])
def test_no_other_address_is_allowed(text: str) -> None:
    assert not addresses.is_allowed(ip_address(text))


def test_a_network_that_the_operator_names_is_allowed_and_nothing_beside_it() -> None:
    networks = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]
    assert addresses.is_allowed(ip_address("10.1.2.3"), networks)
    assert addresses.is_allowed(ip_address("fd00:1::5"), networks)
    for text in ("10.2.0.1", "::ffff:10.1.2.3", "127.0.0.1", "fd00:2::1"):
        assert not addresses.is_allowed(ip_address(text), networks)


def played(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server that gives these answers in turn; what it was asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played(monkeypatch, ["8.8.8.8", "10.0.0.7"])
    with pytest.raises(NotAllowed, match=r"^receiver\.example leads to 10\.0\.0\.7, where"):
        addresses.resolve("receiver.example", 443)


@pytest.mark.parametrize("host", ["localhost", "0x7f000001", "2130706433", "127.1", "0177.0.0.1"])
def test_other_spellings_of_an_address_are_that_address(host: str) -> None:
    with pytest.raises(NotAllowed, match="leads to"):
        addresses.resolve(host, 80)


def test_a_name_is_looked_up_once_for_a_request_and_again_for_the_next(
    monkeypatch: pytest.MonkeyPatch, receive: Any
) -> None:
    """What is called rebinding: the first look-up says an allowed address, the second a private one."""
    receiver = receive("HTTP/1.1 204 No\r\n\r\n")
    networks = [ip_network("127.0.0.0/8")]
    asked = played(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    url = f"http://rebinding.example:{receiver.port}/latest/meta-data"
    assert exchange.post(url, b"", {}, networks=networks).status == 204
    assert asked == ["rebinding.example"]
    assert receiver.got[0].headers["host"] == f"rebinding.example:{receiver.port}"
    with pytest.raises(NotAllowed, match=r"169\.254\.169\.254"):
        exchange.post(url, b"", {}, networks=networks)
    assert receiver.connections == 1


def test_an_unknown_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, [])
    with pytest.raises(exchange.Unreachable, match="host name is unknown"):
        exchange.post("https://nowhere.example/", b"", {})
