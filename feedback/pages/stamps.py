"""The signed time stamp in the public form: when it was opened, and which opening of it this is."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils import timezone

SALT = "feedback.pages.stamps"
VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Stamp:
    """`number` is this opening's own; `seconds` how long ago it was, None where the form was sent before."""

    number: str
    seconds: float | None


def new(*, again: bool = False) -> str:
    """A stamp of now. `again` for a form that was sent and comes back: it may be sent at once."""
    opened = None if again else timezone.now().timestamp()
    return signing.dumps([secrets.token_urlsafe(9), opened], salt=SALT)


def read(text: str) -> Stamp | None:
    """What a stamp says; None for one that is older than a day, or not of ours."""
    try:
        number, opened = signing.loads(text, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return None
    return Stamp(number, None if opened is None else timezone.now().timestamp() - opened)
