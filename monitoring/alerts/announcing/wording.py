"""Times and lists as they are said in messages: in the portal's zone, with its name."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone

from monitoring.models import Alert, Contact

DASH = "\N{EN DASH}"


def when(at: datetime, now: datetime) -> str:
    """`14:05 CET`; with the day where that is not today's."""
    zone = timezone.get_default_timezone()
    local = timezone.localtime(at, zone)
    same_day = local.date() == timezone.localtime(now, zone).date()
    return f"{local:%H:%M %Z}" if same_day else f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def line(text: str, longest: int) -> str:
    """A text in one line of at most so many characters: a subject with a line break is refused by mail."""
    joined = " ".join(text.split())
    return joined if len(joined) <= longest else joined[: longest - 1].rstrip() + "…"


def block(text: str, longest: int, lines: int) -> str:
    """A text in a few lines, cut where it is longer."""
    kept = [" ".join(each.split()) for each in text.splitlines() if each.strip()]
    joined = "\n".join(kept[:lines])
    if len(joined) > longest:
        return joined[: longest - 1].rstrip() + "…"
    return joined + " …" if len(kept) > lines else joined


def name(alert: Alert) -> str:
    """`Patient Engagement: 12 % of requests fail`, the module said once."""
    title = line(alert.title, 120)
    module = str(alert.module) if alert.module else ""
    return f"{module}: {title}" if module and not title.lower().startswith(module.lower()) else title


def listing(words: Iterable[str], most: int = 8) -> str:
    """`a, b, c`, or `a, b and 3 more`."""
    kept = list(dict.fromkeys(words))
    if len(kept) <= most:
        return ", ".join(kept)
    return f"{', '.join(kept[: most - 1])} and {len(kept) - most + 1:,} more"


def reachable(contacts: Sequence[Contact]) -> str:
    """Contacts with how to call them: `Grace (+1-555-0100), Ada (ada@example.org)`."""
    return listing(f"{each.name} ({_at(each)})" for each in contacts)


def team(number: int) -> str:
    """`level 2 (senior developers and DevOps)`."""
    return f"level {number} ({Contact.Level(number).team})"


def _at(contact: Contact) -> str:
    return contact.phone or contact.email or str(contact.channel)
