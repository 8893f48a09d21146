"""Who could be told: channels that routes lead to, and the contacts of the escalation levels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitoring.models import Contact, Route
from operations import channels
from operations.models import Channel

MAIL = Channel.Kind.MAIL.value


@dataclass(frozen=True)
class Receiver:
    """A channel, or a contact's own mail address. `key` is its lane in the outbox.

    `addresses` are those that get mail by it, in lower case.
    """

    key: str
    name: str = field(compare=False)
    kind: str = field(compare=False)
    channel: Channel | None = field(compare=False, default=None)
    addresses: frozenset[str] = field(compare=False, default=frozenset())


def of_channel(channel: Channel) -> Receiver:
    mailed = channel.address.lower().split(",") if channel.kind == MAIL else ()
    addresses = frozenset(address.strip() for address in mailed)
    return Receiver(channels.lane_of(channel), channel.name, channel.kind, channel, addresses)


def of_contact(contact: Contact) -> Receiver | None:
    """A contact's channel, or else their mail address; None for one that only has a telephone."""
    if contact.channel is not None and contact.channel.disabled_at is None:
        return of_channel(contact.channel)
    if not contact.email:
        return None
    own = frozenset((contact.email.lower(),))
    return Receiver(channels.mail_lane(contact.email), contact.email, MAIL, addresses=own)


def one_mail_each(receivers: Iterable[Receiver]) -> list[Receiver]:
    """Without the contacts whose address is one of a mail channel's among these receivers."""
    found = list(receivers)
    covered = frozenset[str]().union(*(each.addresses for each in found if each.channel))
    return [each for each in found if each.channel or not each.addresses <= covered]


class Directory:
    """The routes and contacts as they stand, read once for a round."""

    def __init__(self, routes: Sequence[Route], contacts: Sequence[Contact]) -> None:
        self._routes = [(route, of_channel(route.channel)) for route in routes]
        self._contacts = [(contact, of_contact(contact)) for contact in contacts]
        reached = [receiver for _, receiver in [*self._routes, *self._contacts] if receiver]
        self._by_key = {receiver.key: receiver for receiver in reached}
        self._by_routes: dict[tuple[str, int | None], tuple[Receiver, ...]] = {}
        self._by_contacts: dict[tuple[int, str], tuple[Receiver, ...]] = {}

    @classmethod
    def read(cls) -> "Directory":
        """What holds now: enabled routes to enabled channels, and all contacts. Two queries."""
        routes = Route.objects.filter(enabled=True, channel__disabled_at=None).select_related("channel")
        return cls(list(routes), list(Contact.objects.select_related("channel")))

    def receiver(self, key: str) -> Receiver | None:
        """The receiver that somebody names now by this key."""
        return self._by_key.get(key)

    def by_routes(self, level: str, module_id: int | None) -> tuple[Receiver, ...]:
        """The channels that are told of alerts of a level and module, each once."""
        key = (level, module_id)
        if key not in self._by_routes:
            self._by_routes[key] = _once(
                receiver for route, receiver in self._routes if route.takes(level, module_id)
            )
        return self._by_routes[key]

    def by_contacts(self, number: int, level: str) -> tuple[Receiver, ...]:
        """How the contacts of an escalation level are reached in writing for an alert of a level."""
        key = (number, level)
        if key not in self._by_contacts:
            self._by_contacts[key] = _once(
                receiver
                for contact, receiver in self._contacts
                if receiver and contact.is_called(number, level)
            )
        return self._by_contacts[key]

    def contacts(self, number: int, level: str) -> list[Contact]:
        """The contacts of an escalation level for an alert of a level, those with only a telephone too."""
        return [contact for contact, _ in self._contacts if contact.is_called(number, level)]

    def wants_resolved(self, receiver: Receiver, module_id: int | None) -> bool:
        """Whether one that was told of an alert is told when it is over; contacts are, channels as routed."""
        leading = [
            route
            for route, reached in self._routes
            if reached == receiver and route.module_id in (None, module_id)
        ]
        return not leading or any(route.tells_resolved for route in leading)


def _once(receivers: Iterable[Receiver]) -> tuple[Receiver, ...]:
    return tuple(dict.fromkeys(receivers))
