"""Feature requests that are still to be built, and the voices for each: its own and its duplicates'."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.lifecycle import OPEN
from feedback.models import Ticket
from rollout.models import Module


@dataclass(frozen=True)
class Range:
    """What a plan is made of: the wishes about a module, as far as they were voiced on these days.

    `objective` shows the enhancements of one objective only; ranks and scores are those of all of them.
    """

    module: Module | None = None
    since: date | None = None
    until: date | None = None
    objective: str = ""

    @property
    def days(self) -> Q:
        """The condition on a voice's day, both ends included."""
        found = Q()
        if self.since:
            found &= Q(received_on__gte=self.since)
        if self.until:
            found &= Q(received_on__lte=self.until)
        return found

    def has(self, day: date) -> bool:
        """Whether `days` takes in this one."""
        return (not self.since or day >= self.since) and (not self.until or day <= self.until)

    @property
    def is_everything(self) -> bool:
        """Whether no wish is left out of it."""
        return not (self.module or self.since or self.until)


def open_wishes(found: Range) -> QuerySet[Ticket]:
    """Feature requests in which somebody waits, about the module: not built, declined, merged or quarantined.

    Whether they were voiced within the days is not asked.
    """
    # A merged ticket is a duplicate, which is no open state.
    wishes = Ticket.objects.heard().filter(category=Ticket.Category.FEATURE_REQUEST, state__in=OPEN)
    return wishes if found.module is None else wishes.filter(module=found.module)


def voiced(wishes: QuerySet[Ticket], found: Range) -> QuerySet[Ticket]:
    """Those of the wishes that somebody voiced within the days, the newest first."""
    if found.days:
        also = Ticket.objects.heard().filter(found.days, merged_into=OuterRef("pk"))
        wishes = wishes.filter(found.days | Q(Exists(also)))
    return wishes.order_by("-received_at", "-pk")


def own_voices(wishes: QuerySet[Ticket], found: Range) -> QuerySet[Ticket]:
    """The wishes that were themselves received within the days."""
    return wishes.filter(found.days).order_by()


def merged_voices(wishes: Iterable[int] | QuerySet[Any], found: Range) -> QuerySet[Ticket]:
    """What was merged into the wishes and received within the days, whatever it was called before.

    The wishes are numbers, or a query of them.
    """
    return Ticket.objects.heard().filter(found.days, merged_into__in=wishes).order_by()
