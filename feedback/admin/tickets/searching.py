"""Finding tickets from the inbox: by a reference, by a reporter's e-mail, by words."""

import re
from typing import Any

from django.db.models import QuerySet

from feedback.models import Ticket
from feedback.similarity import search
from feedback.tickets import finding
from operations.errors import NotFound

_REFERENCE = re.compile(r"\s*#?(?:FB-)?[0-9]{1,18}\s*", re.IGNORECASE)


def reference(text: str) -> Ticket | None:
    """The ticket that "FB-12" or "12" names; None for other words, and where there is none of that number."""
    if not _REFERENCE.fullmatch(text):
        return None
    try:
        return finding.by_reference(text.strip().removeprefix("#"))
    except NotFound:
        return None


def found(tickets: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of `tickets` that a reporter's address or the words of `text` name; all of them for none."""
    text = text.replace("\0", " ").strip()
    if not text:
        return tickets
    if "@" in text and " " not in text:
        return tickets.filter(reporter_email__in={text, text.lower()})
    return tickets.filter(search.matching(text))
