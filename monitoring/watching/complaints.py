"""Several similar tickets are one warning (SPEC 5): many complain of the same.

What users wrote stays in the tickets: the alert names them, and quotes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from feedback.models import Ticket
from feedback.models.tickets import PREFIX
from feedback.similarity import grouping
from monitoring.alerts.signals import Signal, take
from monitoring.levels import WARNING
from monitoring.models import Alert
from operations.spelling import local_time
from rollout.models import Module

LEAST = 3
WITHIN = timedelta(days=7)
# As many tickets as an alert remembers, and as many as it names.
MOST_KEPT, MOST_NAMED = 200, 12
ADVICE = (
    "See whether they have one cause. Merge those that say the same, and tell the reporters what is done."
)

Tickets = Mapping[int, Ticket]


class Watched(NamedTuple):
    """How many groups of similar tickets there are, and how many are none any more."""

    groups: int
    cleared: int


@dataclass(frozen=True)
class Known:
    """An alert about a group, named after its `first` ticket for good, and the newest that it spoke of."""

    alert: Alert
    first: int
    tickets: frozenset[int]

    @property
    def is_open(self) -> bool:
        return self.alert.resolved_at is None

    def further(self, group: Collection[int]) -> int:
        """How many of the group came after all that it spoke of."""
        newest = max(self.tickets)
        return sum(pk > newest for pk in group)


@transaction.atomic
def watch() -> Watched:
    """Raise one alert for each group of three or more open tickets of a week that are alike.

    The alert stays the same while its group grows or ages, and clears when fewer than three of its tickets
    are open. What a person resolved is raised again by further tickets alone. The number of queries does not
    depend on how many tickets there are.
    """
    now = timezone.now()
    found = grouping.groups(since=now - WITHIN, least=LEAST)
    known = _known(now)
    tickets = _open({pk for each in known if each.is_open for pk in each.tickets}.union(*found))
    groups = [group for each in found if len(group := tickets.keys() & each) >= LEAST]
    alike = {pk for group in groups for pk in group}
    firing, matched = [], set()
    for group in sorted(groups, key=min):
        match = _match(group, [each for each in known if each.alert.pk not in matched])
        if match is not None:
            matched.add(match.alert.pk)
        if match is None or not match.alert.resolved_by or match.further(group):
            firing.append(_firing(group, match, tickets, alike))
    gone = [
        _gone(each)
        for each in known
        if each.is_open
        and each.alert.pk not in matched
        and len((each.tickets & tickets.keys()) - alike) < LEAST
    ]
    take([*firing, *gone])
    return Watched(len(firing), len(gone))


def _known(now: datetime) -> list[Known]:
    """Alerts that are open, and those whose tickets may still be of this week; the open ones first."""
    recent = Q(resolved_at=None) | Q(resolved_at__gt=now - WITHIN)
    rows = Alert.objects.filter(recent, source=Alert.Source.TICKETS).select_related("module").order_by("-pk")
    found = [
        Known(alert, _number(alert.labels["first"]), frozenset(map(_number, alert.labels["tickets"].split())))
        for alert in rows
    ]
    return sorted(found, key=lambda each: not each.is_open)


def _match(group: Collection[int], known: Sequence[Known]) -> Known | None:
    """The alert that speaks of most of the group's tickets: an open one if there is one, else the newest."""
    return max(
        (each for each in known if not each.tickets.isdisjoint(group)),
        key=lambda each: (each.is_open, len(each.tickets.intersection(group))),
        default=None,
    )


def _open(pks: Collection[int]) -> Tickets:
    rows = Ticket.objects.open().filter(pk__in=pks).select_related("module")
    return {ticket.pk: ticket for ticket in rows.only("received_at", "workspace", "module")}


def _firing(group: Collection[int], match: Known | None, tickets: Tickets, alike: Collection[int]) -> Signal:
    # Those that came before this week are still complained of, while nobody has closed them.
    older = match.tickets.difference(alike) if match and match.is_open else frozenset()
    ours = sorted(older.union(group) & tickets.keys())
    said = [tickets[pk] for pk in ours]
    module = match.alert.module if match else _module(said)
    first = match.first if match else min(group)
    return Signal(
        source=Alert.Source.TICKETS,
        module=module,
        cause=_cause(first),
        firing=True,
        level=WARNING,
        title=f"{len(ours)} similar tickets{f' about {module}' if module else ''}",
        summary=_summary(said),
        affected=_affected(said),
        advice=ADVICE,
        labels={"first": _name(first), "tickets": " ".join(map(_name, ours[-MOST_KEPT:]))},
        url=f"{settings.PORTAL_URL}{reverse('admin:feedback_ticket_change', args=[min(group)])}",
        # A group that is known is not counted again with each minute.
        counts=match.further(group) if match and match.is_open else len(group),
    )


def _gone(known: Known) -> Signal:
    return Signal(
        source=Alert.Source.TICKETS, module=known.alert.module, cause=_cause(known.first), firing=False
    )


def _module(said: Sequence[Ticket]) -> Module | None:
    """The module that all of them are about, as far as they name one."""
    found = {ticket.module for ticket in said if ticket.module is not None}
    return found.pop() if len(found) == 1 else None


def _summary(said: Sequence[Ticket]) -> str:
    names = ", ".join(ticket.reference for ticket in said[:MOST_NAMED])
    more = f" and {len(said) - MOST_NAMED} more" if len(said) > MOST_NAMED else ""
    first, last = (local_time(each(ticket.received_at for ticket in said)) for each in (min, max))
    return f"{names}{more} are alike and open. The first was received {first}, the newest {last}."


def _affected(said: Sequence[Ticket]) -> str:
    count = len({ticket.workspace_id for ticket in said} - {None})
    return f"{count} workspace{'' if count == 1 else 's'}" if count else "Nobody said of which workspace."


def _cause(first: int) -> str:
    return f"alike:{first}"


def _name(pk: int) -> str:
    return f"{PREFIX}{pk}"


def _number(name: str) -> int:
    return int(name.removeprefix(PREFIX))
