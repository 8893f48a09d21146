"""What a process knows of flags, plans and keys, so that an answer needs no query.

A snapshot is read whole and never changed: `follower` replaces it when the change feed says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from django.utils import timezone

from operations.models import ApiKey
from operations.models.keys import Scope
from rollout import facts
from rollout.facts import UNKNOWN_WORKSPACE, Eligibility
from rollout.models import Flag, InternalUnit, Module, Override, Plan, Selection
from rollout.rules import evaluation
from rollout.rules.reach import OverrideFacts, UnitFacts
from rollout.rules.switches import Switch
from rollout.serving import maintenance
from rollout.serving.maintenance import Maintenance

NO_OVERRIDES: Mapping[str, OverrideFacts] = MappingProxyType({})
OUT_OF_REACH = "the workspace could not be looked up"


class WorkspaceFacts(NamedTuple):
    """A workspace as far as answers depend on it.

    `roles` are those of its active members, `held` the paused plans it was enrolled in when they paused.
    """

    tier: str
    status: str
    roles: frozenset[str]
    held: frozenset[int]


class KeyFacts(NamedTuple):
    """An API key. `modules` empty: all; `origins` None for a server's key."""

    pk: int
    digest: str
    evaluates: bool
    expires_at: datetime | None
    modules: frozenset[str]
    origins: frozenset[str] | None


@dataclass(frozen=True)
class ModuleFacts:
    """A module with its flags ready to be asked, and the units that it treats apart."""

    key: str
    by_user: bool
    plan_id: int | None
    eligibility: Eligibility
    switches: tuple[Switch, ...]
    live: tuple[Switch, ...]
    internal: frozenset[str]
    overrides: Mapping[str, Mapping[str, OverrideFacts]]
    selected: Mapping[str, frozenset[str]]
    # Whether any flag looks at what the product tells.
    targets: bool

    def user(self, unit_id: str) -> UnitFacts:
        """A user, of whom nothing else is kept."""
        return UnitFacts(
            unit_id, "", False, unit_id in self.internal, self.overrides.get(unit_id, NO_OVERRIDES)
        )

    def workspace(self, unit_id: str, found: WorkspaceFacts | None) -> UnitFacts:
        """A workspace as this module sees it; None: there is none of this id."""
        if found is None:
            return self._unit(unit_id, UNKNOWN_WORKSPACE, False)
        fault = self.eligibility.fault(found.tier, found.status, found.roles)
        return self._unit(unit_id, fault, self.plan_id in found.held)

    def out_of_reach(self, unit_id: str) -> UnitFacts:
        """A workspace that cannot be looked up now."""
        return self._unit(unit_id, OUT_OF_REACH, False)

    def _unit(self, unit_id: str, ineligible: str, was_in: bool) -> UnitFacts:
        return UnitFacts(
            unit_id,
            ineligible,
            was_in,
            unit_id in self.internal,
            self.overrides.get(unit_id, NO_OVERRIDES),
            self.selected.get(unit_id, frozenset()),
        )


@dataclass(frozen=True)
class Snapshot:
    """Everything that answers follow from, beside the workspaces."""

    modules: Mapping[str, ModuleFacts]
    flags: Mapping[str, tuple[ModuleFacts, Switch]]
    keys: Mapping[str, KeyFacts]
    paused: Mapping[int, datetime | None]
    origins: frozenset[str] = field(default_factory=frozenset)
    maintenance: Maintenance = field(default_factory=Maintenance)


def read() -> Snapshot:
    """Read the snapshot in a dozen queries, however many modules and flags there are."""
    plans = {plan.module_id: plan for plan in Plan.objects.live().prefetch_related("phases")}
    modules = [*_modules(plans)]
    keys = _keys()
    return Snapshot(
        modules={module.key: module for module in modules},
        flags={switch.key: (module, switch) for module in modules for switch in module.switches},
        keys=keys,
        paused={plan.pk: plan.paused_at for plan in plans.values() if plan.is_paused},
        origins=frozenset(origin for key in keys.values() for origin in key.origins or ()),
        maintenance=maintenance.read(timezone.now()),
    )


def _modules(plans: Mapping[int, Plan]) -> Iterable[ModuleFacts]:
    rows = list(Flag.objects.order_by("module", "from_phase", "id"))
    targeting = facts.targeting_of(rows)
    flags: dict[int, list[Flag]] = defaultdict(list)
    for row in rows:
        flags[row.module_id].append(row)
    internal, overrides, selected = _internal(), _overrides(), _selected()
    for module in Module.objects.order_by("key"):
        plan = plans.get(module.pk)
        by_user = module.unit == Module.Unit.USER
        switches = evaluation.switches(
            facts.flags_of(flags[module.pk], by_user=by_user, targeting=targeting),
            facts.plan_of(plan),
            facts.environment_of(module.key),
        )
        yield ModuleFacts(
            key=module.key,
            by_user=by_user,
            plan_id=plan.pk if plan else None,
            eligibility=facts.eligibility_of(module),
            switches=switches,
            live=tuple(switch for switch in switches if not switch.flag.archived),
            internal=frozenset(internal[module.pk]),
            overrides=overrides[module.pk],
            selected={unit: frozenset(keys) for unit, keys in selected[module.pk].items()},
            targets=any(switch.targeting for switch in switches),
        )


def _internal() -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for module, unit in InternalUnit.objects.order_by().values_list("module", "unit_id"):
        found[module].add(unit)
    return found


def _overrides() -> dict[int, dict[str, dict[str, OverrideFacts]]]:
    found: dict[int, dict[str, dict[str, OverrideFacts]]] = defaultdict(dict)
    for row in Override.objects.in_force().select_related("flag").order_by():
        found[row.flag.module_id].setdefault(row.unit_id, {})[row.flag.key] = facts.override_of(row)
    return found


def _selected() -> dict[int, dict[str, set[str]]]:
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = Selection.objects.filter(removed_at=None).order_by()
    for module, unit, flag in rows.values_list("flag__module", "workspace", "flag__key"):
        found[module][unit].add(flag)
    return found


def _keys() -> dict[str, KeyFacts]:
    return {
        key.prefix: KeyFacts(
            key.pk,
            key.digest,
            Scope.EVALUATE in key.scopes,
            key.expires_at,
            frozenset(key.modules),
            frozenset(key.origins) if key.kind == ApiKey.Kind.BROWSER else None,
        )
        for key in ApiKey.objects.active()
    }
