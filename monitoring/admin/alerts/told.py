"""Who is told of an alert: the routes that take it, and the contacts of each escalation level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.text import get_text_list

from monitoring.admin.alerts.wording import span
from monitoring.alerts import routes
from monitoring.deadlines import ESCALATES_AFTER
from monitoring.levels import LEVELS
from monitoring.models import Contact, Route

MOST_NAMES = 4
NO_MODULE = "no module"


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


def taking(found: Iterable[Route], level: str, module: int | None) -> list[Route]:
    """The routes that an alert of this level and module belongs to, working or not."""
    return [route for route in found if route.takes(level, module)]


def ladder(level: str, contacts: Iterable[Contact]) -> list[Rung]:
    """The escalation levels of an alert, in order; none for one that does not escalate."""
    starts = LEVELS[level].starts_at
    if not starts:
        return []
    found = list(contacts)
    return [
        Rung(
            number,
            Contact.Level(number).team,
            _from_when(after, first=number == starts),
            called(number, level, found),
        )
        for number, after in ESCALATES_AFTER.items()
        if number >= starts
    ]


def called(number: int, level: str, contacts: Iterable[Contact]) -> list[Contact]:
    """The contacts of one escalation level that an alert of this level is for."""
    return [each for each in contacts if each.is_called(number, level)]


def _from_when(after: timedelta, *, first: bool) -> str:
    return "at once" if first else f"after {span(after)} without an acknowledgement"


def gaps() -> list[str]:
    """The grave alerts that nobody would be told of, in sentences; in the queries of the rule itself."""
    levels_of: dict[str, list[str]] = {}
    for gap in routes.gaps():
        levels_of.setdefault(str(gap.module) if gap.module else NO_MODULE, []).append(gap.level)
    names_of: dict[tuple[str, ...], list[str]] = {}
    for name, found in levels_of.items():
        names_of.setdefault(tuple(found), []).append(name)
    return [
        f"Nobody is told of {get_text_list(list(found), 'and')} alerts of {_shortened(names)}."
        for found, names in names_of.items()
    ]


def _shortened(names: list[str]) -> str:
    shown = names[:MOST_NAMES]
    others = len(names) - len(shown)
    return get_text_list([*shown, *([f"{others} others"] if others else [])], "and")
