"""The units of a module as a query: who is eligible, in which order, within which cutoff."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Expression, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import SHA256, Collate, Concat, Substr
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from rollout import facts
from rollout.facts import Eligibility, State
from rollout.models import Enrolment, Member, Selection, Workspace
from rollout.models.workspaces import UNNAMED
from rollout.rules.ordering import HASH_DIGITS, NONE, Cutoff, Ordering
from rollout.rules.reach import PlanFacts, Reach, Slice

# A set of units: a condition, or None for nobody. (Django drops an empty Q, negated or not.)
Units = Q | None


@dataclass(frozen=True)
class Unit:
    """One unit by name; a user has no other name than their id."""

    id: str
    name: str


class _Sha256(SHA256):
    """sha256 in hex; PostgreSQL's own function, where Django's would need the pgcrypto extension."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
        return Func.as_sql(self, compiler, connection, template=template, **context)


class _Bytewise(Collate):
    """Compares by byte: the C collation of PostgreSQL, which is BINARY in SQLite."""

    def __init__(self, expression: Any) -> None:
        super().__init__(expression, "C")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return Func.as_sql(self, compiler, connection, template="%(expressions)s COLLATE BINARY", **context)


def hash_key(salt: str, unit: str) -> Expression:
    """The SQL of `ordering.order_key` for a hash-ordered plan over the column `unit`."""
    return Substr(_Sha256(Concat(Value(f"{salt}:"), F(unit))), 1, HASH_DIGITS)


def within_slice(found: Slice, unit: str) -> Q:
    """The rows whose column `unit` holds a unit of the slice."""
    key = _Bytewise(hash_key(found.salt, unit))
    return Q(GreaterThanOrEqual(key, Value(found.first))) & Q(LessThanOrEqual(key, Value(found.last)))


class Population:
    """All units of a module: workspaces, or the known users (named members)."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.unit = "member" if state.by_user else "id"

    def all(self) -> QuerySet[Any]:
        """Every unit, with its `order_key`; a user once for each workspace they are in."""
        plan = self.state.plan
        by_id = plan.ordering == Ordering.WORKSPACE_ID
        key = F(self.unit) if by_id else _Bytewise(hash_key(plan.salt, self.unit))
        if self.state.by_user:
            return (
                Member.objects.filter(active=True).exclude(member__startswith=UNNAMED).annotate(order_key=key)
            )
        return Workspace.objects.annotate(order_key=key)

    def eligible(self) -> QuerySet[Any]:
        """The eligible units, with their `order_key`."""
        return self.all().filter(self.is_eligible(self.state.eligibility))

    def is_eligible(self, eligibility: Eligibility) -> Q:
        """The condition of `facts.Eligibility.fault`; users are all eligible."""
        found = self.everybody()
        if self.state.by_user:
            return found
        if eligibility.tiers:
            found &= Q(tier__in=eligibility.tiers)
        if eligibility.statuses:
            found &= Q(status__in=eligibility.statuses)
        if eligibility.roles:
            members = Member.objects.filter(workspace=OuterRef("pk"), active=True, role__in=eligibility.roles)
            found &= Q(Exists(members))
        return found

    def reached(self, state: State, reach: Reach) -> Units:
        """The eligible units that `reach` takes in, eligibility itself left to the caller."""
        if reach.cutoff == NONE:
            return None
        found = self._within(reach.cutoff)
        for each in reach.slices:
            found &= within_slice(each, self.unit)
        if self.state.by_user:
            return found
        if state.plan.paused:
            found &= Q(Exists(enrolled_at_pause(state)))
        for flag in reach.selected:
            selected = Selection.objects.filter(flag__key=flag, workspace=OuterRef("pk"), removed_at=None)
            found &= Q(Exists(selected))
        return found

    def everybody(self) -> Q:
        """Every unit; an empty Q would vanish when negated."""
        return Q(**{f"{self.unit}__isnull": False})

    def count(self, units: QuerySet[Any], wanted: Mapping[str, Units]) -> dict[str, int]:
        """How many of `units` are in each of the `wanted` sets, in one query."""
        somebody = {name: found for name, found in wanted.items() if found is not None}
        counted = units.order_by().aggregate(
            **{
                name: Count(self.unit, distinct=self.state.by_user, filter=found)
                for name, found in somebody.items()
            }
        )
        return {name: counted.get(name, 0) for name in wanted}

    def in_order(self, units: QuerySet[Any]) -> QuerySet[Any]:
        """`units` in the plan's order, each user once."""
        if self.state.by_user:
            return units.order_by("order_key", "member").values("order_key", "member").distinct()
        return units.order_by("order_key")

    def named(self, units: QuerySet[Any]) -> Iterator[Unit]:
        """The units of a query made by `in_order`, by id and name."""
        rows = units if self.state.by_user else units.values("id", "name")
        for row in rows:
            yield Unit(row[self.unit], row.get("name", row[self.unit]))

    def _within(self, cutoff: Cutoff) -> Q:
        return self.everybody() if cutoff.is_open else Q(order_key__lte=cutoff.key)


def enrolled_at_pause(state: State) -> QuerySet[Enrolment]:
    """The enrolment of the outer workspace that was open when the plan was paused."""
    return Enrolment.objects.filter(facts.was_in_at_pause(), plan=state.plan_id, workspace=OuterRef("pk"))


def minus(units: Units, others: Units) -> Units:
    """Those of `units` that are not among `others`."""
    return units if units is None or others is None else units & ~others


def plan_reach(plan: PlanFacts) -> Reach:
    """The cohort itself, whatever its flags."""
    return Reach(NONE if plan.all_off else plan.cutoff)
