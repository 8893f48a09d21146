"""How many ask for each thing: distinct workspaces and people, for all things in a few queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, F, Max, Min, Q, QuerySet, Value, When

from feedback.models import Ticket
from feedback.planning import wishes
from feedback.planning.ranking import Everybody, Evidence
from feedback.planning.wishes import Range
from rollout import facts
from rollout.models import Member, Module, Workspace
from rollout.models.workspaces import UNNAMED
from rollout.populations import Population

# From so many on, reading the members of all workspaces is quicker than naming those that are meant.
MOST_NAMED = 5_000
# Who wrote, where the workspace does not say it.
REPORTER = Case(
    When(workspace__isnull=False, then=Value("")),
    When(~Q(reporter_email=""), then=F("reporter_email")),
    default=F("reporter_name"),
    output_field=CharField(),
)
# What is read of a wish, so that its own voice is known without asking again.
OF_WISH = ("pk", "title", "received_on", "workspace", "reporter")

Members = Mapping[str, Collection[str]]


@dataclass
class Heard:
    """What was heard of one thing so far."""

    tickets: int = 0
    anonymous: int = 0
    workspaces: set[str] = field(default_factory=set)
    reporters: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in a row of `voices`."""
        self.tickets += row["count"]
        self.days += (row["first"], row["last"])
        if row["workspace"]:
            self.workspaces.add(row["workspace"])
        elif reporter := " ".join(row["reporter"].casefold().split()):
            self.reporters.add(reporter)
        else:
            self.anonymous += row["count"]

    def join(self, other: "Heard") -> None:
        """Take in what was heard of another thing that turned out to be the same."""
        self.tickets += other.tickets
        self.anonymous += other.anonymous
        self.workspaces |= other.workspaces
        self.reporters |= other.reporters
        self.days += other.days

    def evidence(self, members: Members) -> Evidence:
        """The counts; a person who is in several of the workspaces is one user."""
        people = {person for workspace in self.workspaces for person in members.get(workspace, ())}
        return Evidence(
            tickets=self.tickets,
            workspaces=len(self.workspaces),
            users=len(people) + len(self.reporters),
            reporters=len(self.reporters),
            anonymous=self.anonymous,
            first=min(self.days, default=None),
            last=max(self.days, default=None),
        )


def by_enhancement(found: Range) -> dict[int, Heard]:
    """What was heard of each enhancement, in two queries; nothing of those that nobody waits for."""
    grouped = wishes.open_wishes(found).filter(enhancement__isnull=False)
    own = voices(wishes.own_voices(grouped, found), "enhancement")
    merged = voices(wishes.merged_voices(grouped.order_by().values("pk"), found), "merged_into__enhancement")
    return heard_of(own, merged)


def by_wish(rows: Sequence[Mapping[str, Any]], found: Range) -> dict[int, Heard]:
    """What was heard of each of these wishes, rows of OF_WISH; the duplicates in one query."""
    own = (
        {**row, "about": row["pk"], "count": 1, "first": row["received_on"], "last": row["received_on"]}
        for row in rows
        if found.has(row["received_on"])
    )
    merged = voices(wishes.merged_voices([row["pk"] for row in rows], found), "merged_into")
    return heard_of(own, merged)


def voices(tickets: QuerySet[Ticket], of: str) -> Iterable[Mapping[str, Any]]:
    """One row for each thing (the column `of`) and each workspace, or person without one, that asks."""
    return (
        tickets.annotate(about=F(of), reporter=REPORTER)
        .values("about", "workspace", "reporter")
        .annotate(count=Count("pk"), first=Min("received_on"), last=Max("received_on"))
    )


def heard_of(*sources: Iterable[Mapping[str, Any]]) -> dict[int, Heard]:
    """The rows of `voices`, put together for each thing."""
    found: dict[int, Heard] = {}
    for rows in sources:
        for row in rows:
            found.setdefault(row["about"], Heard()).add(row)
    return found


def members_of(workspaces: Collection[str]) -> Members:
    """The active people of these workspaces, in one query.

    An unnamed member is a person of that workspace alone; a named one may be in several.
    """
    rows = Member.objects.filter(active=True).order_by()
    if len(workspaces) <= MOST_NAMED:
        rows = rows.filter(workspace__in=workspaces)
    found: dict[str, set[str]] = {}
    for workspace, member in rows.values_list("workspace_id", "member"):
        if workspace in workspaces:
            person = f"{workspace} {member}" if member.startswith(UNNAMED) else member
            found.setdefault(workspace, set()).add(person)
    return found


def everybody(module: Module | None) -> Everybody:
    """The workspaces that could ask, and their active people: those that the module is for, or all."""
    reach = Workspace.objects.order_by() if module is None else _eligible(module)
    people = Member.objects.filter(active=True).order_by()
    if module is not None:
        people = people.filter(workspace__in=reach.values("pk"))
    unnamed = Q(member__startswith=UNNAMED)
    counted = people.aggregate(
        named=Count("member", distinct=True, filter=~unnamed), unnamed=Count("pk", filter=unnamed)
    )
    return Everybody(reach.count(), counted["named"] + counted["unnamed"])


def _eligible(module: Module) -> QuerySet[Workspace]:
    by_user = module.unit == Module.Unit.USER
    if by_user:
        return Workspace.objects.order_by()
    state = facts.State(
        module_id=module.pk,
        plan_id=None,
        by_user=False,
        eligibility=facts.eligibility_of(module),
        plan=facts.plan_of(None),
        flags=(),
        environment=facts.environment_of(module.key),
    )
    found: QuerySet[Workspace] = Workspace.objects.filter(Population(state).is_eligible(state.eligibility))
    return found.order_by()
