"""A flag ready to be asked: what is the same for every unit is worked out once. Pure and quick.

One `Switch` answers hundreds of thousands of questions a second, so its classes are plain ones with slots.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from rollout.rules import splits
from rollout.rules.ordering import NONE, Ordering, order_key, user_cutoff
from rollout.rules.reach import Environment, FlagFacts, PlanFacts, RuleFacts, UnitFacts, beta_share, reach

ON, OFF = "on", "off"


class Decision(NamedTuple):
    """What a flag answers: whether it is on, which variant, and the standard reason of OpenFeature."""

    on: bool
    variant: str
    reason: str


@cache
def decision(on: bool, variant: str, reason: str) -> Decision:
    """The one Decision of these words."""
    return Decision(on, variant, reason)


class Asked:
    """Who asks, what the product told, and when.

    `unit` is None where the request names none; `context` is None where targeting rules are not to be
    looked at. `decided` keeps the decisions of flags that others need. `now` is read from the clock where it
    is not given, once, when a rule asks for it.
    """

    __slots__ = ("_key", "_now", "context", "decided", "unit")

    def __init__(
        self, unit: UnitFacts | None, context: Mapping[str, Any] | None, now: datetime | None = None
    ) -> None:
        self.unit, self.context, self._now = unit, context, now
        self.decided: dict[str, Decision] = {}
        self._key: str | None = None

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = datetime.now(UTC)
        return self._now

    def order_key(self, plan: PlanFacts) -> str:
        """The unit's key in the order of `plan`, the one plan of the module that is asked about."""
        if self._key is None:
            self._key = order_key(plan.ordering, plan.salt, self.unit.id if self.unit else "")
        return self._key


class Share:
    """A targeting rule with its share ready to be compared."""

    __slots__ = ("last", "rule")

    def __init__(self, rule: RuleFacts) -> None:
        self.rule = rule
        self.last = splits.share_limit(rule.share) if rule.share < 100 else ""

    def takes(self, unit: UnitFacts | None) -> bool:
        """Whether the unit is within the rule's share; without a unit only a full share takes."""
        if not self.last:
            return True
        return unit is not None and order_key(Ordering.HASH, self.rule.salt, unit.id) <= self.last


class Switch:
    """A flag within its plan and environment."""

    __slots__ = (
        "_bounds",
        "_values",
        "_variants",
        "beta",
        "by_user",
        "cutoff",
        "environment",
        "flag",
        "kept",
        "key",
        "nobody",
        "plan",
        "prerequisite",
        "rules",
        "selected",
        "targeting",
    )

    def __init__(
        self, flag: FlagFacts, plan: PlanFacts, environment: Environment, prerequisite: "Switch | None"
    ) -> None:
        self.flag, self.plan, self.environment, self.prerequisite = flag, plan, environment, prerequisite
        self.key, self.by_user = flag.key, flag.by_user
        found = reach(flag, plan, environment)
        self.cutoff, self.selected = found.cutoff, found.selected
        self.nobody = plan.phase is None or found.cutoff == NONE
        self.beta = user_cutoff(beta_share(flag, plan, environment)) if flag.by_user else NONE
        self.targeting = tuple(Share(rule) for rule in flag.rules)
        self._variants = tuple(each.key for each in flag.variants)
        self._bounds = splits.bounds(flag.ranges())
        self._values = {each.key: each.value for each in flag.variants}
        # What a door makes once of each decision, such as the text it sends.
        self.kept: dict[Decision, Any] = {}
        self.rules: tuple[Callable[[Switch, Asked], Decision | None], ...] = ()

    def on(self, unit: UnitFacts | None, reason: str) -> Decision:
        """On, for a flag with variants with the one that the unit's hash falls on."""
        if not self._bounds:
            return decision(True, ON, reason)
        key = order_key(Ordering.HASH, self.flag.salt, unit.id if unit else "")
        return decision(True, self._variants[splits.pick(self._bounds, key)], reason)

    def served(self, serve: str, unit: UnitFacts | None, reason: str) -> Decision:
        """What a rule or an override says: off, one variant, or (empty) one by weight."""
        if not serve:
            return self.on(unit, reason)
        return decision(serve != OFF, serve, reason)

    def needs_unit(self, serve: str) -> bool:
        """Whether answering `serve` depends on who asks."""
        return not serve and bool(self._bounds)

    def value_of(self, found: Decision) -> Any:
        """The value that goes with a decision; None where the product's own default holds."""
        return found.on if self.flag.boolean else self._values.get(found.variant)
