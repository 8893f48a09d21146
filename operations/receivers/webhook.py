"""Signed webhooks, as Standard Webhooks has them."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from operations.models import Channel, OutboxMessage
from operations.outbox import LONGEST_RETRY, Failed, TryLater, Undeliverable
from operations.outgoing import exchange, signing


class Gone(Undeliverable):
    """The receiver wants no more messages at all."""


def clean(address: str) -> str:
    """The URL. Raises ValueError with the rule that it breaks.

    Where its name leads to is checked with each message, because that may change.
    """
    url = address.strip()
    if rule := exchange.rule_broken(url):
        raise ValueError(rule)
    return url.partition("#")[0]


def masked(address: str) -> str:
    """The URL's scheme and host: what follows may hold a token."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/" + ("…" if parts.path.strip("/") or parts.query else "")


def deliver(channel: Channel, message: OutboxMessage) -> None:
    """Post the message, signed with the channel's secrets of this moment.

    Raises Gone for 410, TryLater where the receiver says how long, and Failed for all else but 2xx.
    """
    now = timezone.now()
    body = _body(message)
    headers = signing.headers(channel.secrets_at(now), str(message.pk), now, body)
    try:
        answer = exchange.post(
            channel.address,
            body,
            {"Content-Type": "application/json", **headers},
            networks=settings.OUTGOING_ALLOWED_NETWORKS,
        )
    except (exchange.NotAllowed, exchange.Unreachable) as error:
        raise Failed(str(error)) from None
    if 200 <= answer.status < 300:
        return
    said = f"The receiver answered {answer.status}"
    if answer.status == 410:
        raise Gone(f"{said}: it wants no more messages.")
    if 300 <= answer.status < 400:
        raise Failed(f"{said}, a redirect: the channel's address must name its end.")
    said += f": {answer.excerpt}" if answer.excerpt else "."
    if answer.status in {429, 503}:
        after = retry_after(answer.headers.get("retry-after", ""), now)
        if after is not None:
            raise TryLater(after, said)
    raise Failed(said)


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a `Retry-After` of seconds or a date asks to wait, six hours at most; None for neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), LONGEST_RETRY.total_seconds()))
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(value)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max(at - now, timedelta(0)), LONGEST_RETRY)
    return None


def _body(message: OutboxMessage) -> bytes:
    document = {
        "type": message.payload["event"],
        "timestamp": message.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": message.payload["data"],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
