"""How outbox messages go out by mail."""

import time
from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from operations import outbox
from operations.models import OutboxMessage

KIND = "mail"
# After which no further address is begun: a message must end before its lease does.
SECONDS = 20.0
LONGEST_REASON = 80


def deliver(message: OutboxMessage) -> None:
    """Send `{"to": [address], "subject", "body"}`, the payload of the kind "mail". Raises as `send` does.

    With "html", which says the same as the body, a mail program shows that.
    """
    payload = message.payload
    send(message, payload["to"], payload["subject"], payload["body"], payload.get("html", ""))


def send(message: OutboxMessage, addresses: Sequence[str], subject: str, body: str, html: str = "") -> None:
    """Send one mail to several addresses, to each by itself; a repeat has the same Message-ID.

    By itself, because of one mail to all of them smtplib reports nothing when a server refuses some: an
    address with a slip would be lost for ever, and nobody would know. All see the same mail and the same
    recipients. Whom it reached is noted, and a further attempt leaves them out.

    Raises Undeliverable when only such are left as were refused for good, Failed when others are, and what
    the mail backend raises.
    """
    done = outbox.parts_done(message)
    later: list[str] = []
    never: list[str] = []
    until = time.monotonic() + SECONDS
    with get_connection() as connection:
        for address in addresses:
            if address in done:
                continue
            if time.monotonic() > until:
                later.append(f"{address} (no time was left)")
                continue
            mail = EmailMultiAlternatives(
                # One line, or it would be refused for ever.
                subject=" ".join(subject.split()),
                body=body,
                from_email=settings.DEFAULT_FROM_EMAIL,
                to=[address],
                headers={"Message-ID": f"<{message.pk}@ops-portal>", "To": ", ".join(addresses)},
                connection=connection,
            )
            if html:
                mail.attach_alternative(html, "text/html")
            try:
                mail.send()
            except SMTPRecipientsRefused as refusal:
                code, reason = next(iter(refusal.recipients.values()), (0, b""))
                (never if 500 <= code < 600 else later).append(f"{address} ({code} {_line(reason)})")
            else:
                outbox.note_done(message, address)
    if later:
        raise outbox.Failed(f"The mail server did not take {', '.join([*later, *never])}.")
    if never:
        raise outbox.Undeliverable(f"The mail server refused {', '.join(never)}.")


def _line(reason: bytes | str) -> str:
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:LONGEST_REASON]
