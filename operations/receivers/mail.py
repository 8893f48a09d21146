"""Mail addresses."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from operations import mail
from operations.models import Channel, OutboxMessage

MOST_ADDRESSES = 20


def clean(address: str) -> str:
    """The addresses between commas, each once. Raises ValueError with the rule that they break."""
    found = list(dict.fromkeys(filter(None, map(str.strip, address.replace("\n", ",").split(",")))))
    if not 0 < len(found) <= MOST_ADDRESSES:
        raise ValueError(f"must hold 1 to {MOST_ADDRESSES} mail addresses, with commas between them")
    for each in found:
        try:
            validate_email(each)
        except ValidationError:
            raise ValueError(f"{each!r} is no mail address") from None
    return ", ".join(found)


def masked(address: str) -> str:
    """The addresses as they are: they hold no secret."""
    return address


def deliver(channel: Channel, message: OutboxMessage) -> None:
    """Send the message to each address."""
    payload = message.payload
    mail.send(message, channel.address.split(", "), payload["subject"], payload["text"])
