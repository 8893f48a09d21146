"""Which addresses a request may go to.

Python's `is_private` misses 100.64/10, multicast, NAT64, 6to4 and 192.0.0.192, and `is_global` passes the
last four: both are asked, and a list of our own, which names the special registries of the IANA and what
clouds put their metadata on.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DENIED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host, this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' NAT, and Alibaba's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's host, public by its looks
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments, and Oracle's metadata (.192)
            "192.0.2.0/24",  # examples
            "192.52.193.0/24",  # multicast tunnels
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # examples
            "203.0.113.0/24",  # examples
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "2001::/23",  # protocol assignments, with Teredo and ORCHID
            "2001:db8::/32",  # examples
            "2002::/16",  # 6to4: holds an IPv4 address
            "2620:4f:8000::/48",  # a sink for private addresses
            "3fff::/20",  # examples
        ),
    )
)
# All other IPv6 is loopback, link-local, unique local, multicast, discard, or holds an IPv4 address (mapped,
# compatible, translated, NAT64).
GLOBAL_IPV6 = IPv6Network("2000::/3")


class NotAllowed(Exception):
    """A request may not go there; the text says why and names the address."""


class Place(NamedTuple):
    """What a socket connects to: a family, and its address with the port."""

    family: int
    address: tuple[str, int] | tuple[str, int, int, int]


def is_allowed(address: Address, networks: Sequence[Network] = ()) -> bool:
    """Whether a request may go to an address: a public one, or one of the operator's `networks`."""
    if any(address in network for network in networks):
        return True
    if isinstance(address, IPv6Address) and address not in GLOBAL_IPV6:
        return False
    special = (
        address.is_private,
        not address.is_global,
        address.is_loopback,
        address.is_link_local,
        address.is_multicast,
        address.is_reserved,
        address.is_unspecified,
    )
    return not any(special) and not any(address in network for network in DENIED)


def resolve(host: str, port: int, networks: Sequence[Network] = ()) -> list[Place]:
    """The places of a host, each of which was checked: connect to these, never to the name again.

    All of them must be allowed. A name that leads to a public and to a private address is a mistake or an
    attack, and which of the two it was asked for must not decide whether it is heard of. Raises NotAllowed,
    and OSError where the name is unknown.
    """
    places = []
    for family, _, _, _, sockaddr in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        text = str(sockaddr[0]).partition("%")[0]
        if not is_allowed(ip_address(text), networks):
            raise NotAllowed(f"{host} leads to {text}, where the portal may not send to.")
        places.append(Place(family, sockaddr))  # type: ignore[arg-type]
    return places
