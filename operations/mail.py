"""How an outbox message of the kind "mail" is delivered."""

from django.conf import settings
from django.core.mail import EmailMessage

from operations.models import OutboxMessage

KIND = "mail"


def deliver(message: OutboxMessage) -> None:
    """Send `{"to": [address], "subject", "body"}`; a repeat has the same Message-ID and can be dropped.

    Raises what the mail backend raises; the outbox tries again.
    """
    payload = message.payload
    EmailMessage(
        subject=payload["subject"],
        body=payload["body"],
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=payload["to"],
        headers={"Message-ID": f"<{message.pk}@ops-portal>"},
    ).send()
