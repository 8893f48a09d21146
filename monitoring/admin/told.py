"""Who is told of an alert: the routes that take it, and the contacts of each escalation level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.text import get_text_list

from monitoring.admin.alert_words import span
from monitoring.deadlines import ESCALATES_AFTER
from monitoring.levels import LEVELS, ORDER, at_least
from monitoring.models import Contact, Route


@dataclass(frozen=True)
class Rung:
    """One escalation level: from when it holds an alert that nobody acknowledges, and whom it tells."""

    level: int
    name: str
    when: str
    contacts: Sequence[Contact]


def all_routes() -> list[Route]:
    """Every route with its channel, in one query: there are a few dozen at most."""
    return list(Route.objects.select_related("channel", "module"))


def works(route: Route) -> bool:
    """Whether what it takes goes out: it is on, and its channel takes messages."""
    return route.enabled and route.channel.disabled_at is None


def taking(routes: Iterable[Route], level: str, module: int | None) -> list[Route]:
    """The routes that an alert of this level and module belongs to, working or not."""
    return [route for route in routes if level in route.levels and route.module_id in (None, module)]


def ladder(level: str, contacts: Iterable[Contact]) -> list[Rung]:
    """The escalation levels of an alert, in order; none for one that does not escalate."""
    starts = LEVELS[level].starts_at
    if not starts:
        return []
    found = list(contacts)
    return [
        Rung(
            number,
            Contact.Level(number).label.partition(": ")[2],
            _from_when(after, first=number == starts),
            [each for each in found if each.level == number and level in at_least(each.least_level)],
        )
        for number, after in ESCALATES_AFTER.items()
        if number >= starts
    ]


def _from_when(after: timedelta, *, first: bool) -> str:
    return "at once" if first else f"after {span(after)} without an acknowledgement"


def gaps(routes: Iterable[Route]) -> list[str]:
    """What nobody is told of, in sentences; empty where a working route takes each level of all modules."""
    working = [route for route in routes if works(route)]
    nothing, said = [], []
    for level in ORDER:
        taken = [route for route in working if level in route.levels]
        if not taken:
            nothing.append(level)
        elif all(route.module_id for route in taken):
            names = sorted({str(route.module) for route in taken})
            said.append(
                f"Of {level} alerts, only those of {get_text_list(names, 'and')} are told. Nobody is told of "
                "the others."
            )
    if nothing:
        said.insert(0, f"Nobody is told of {get_text_list(nothing, 'and')} alerts: no route takes them.")
    return said
