"""From rows to the plain facts that the rules are written in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from rollout.models import (
    Enrolment,
    Flag,
    InternalUnit,
    Member,
    Module,
    Override,
    Plan,
    Rule,
    Segment,
    Selection,
    Variant,
    Workspace,
)
from rollout.rules import conditions, evaluation
from rollout.rules.conditions import Matcher
from rollout.rules.ordering import NONE, OPEN, Cutoff
from rollout.rules.reach import (
    Environment,
    FlagFacts,
    OverrideFacts,
    PhaseFacts,
    PlanFacts,
    Reach,
    RuleFacts,
    UnitFacts,
    VariantFacts,
    full_reach,
)
from rollout.rules.switches import Switch

UNKNOWN_WORKSPACE = "no workspace has this id"


@dataclass(frozen=True)
class Eligibility:
    """Which workspaces are eligible; an empty list does not restrict."""

    tiers: tuple[str, ...]
    statuses: tuple[str, ...]
    roles: tuple[str, ...]

    def fault(self, tier: str, status: str, roles: Collection[str]) -> str:
        """Why a workspace, whose active members have `roles`, is not eligible; "" where it is."""
        if self.tiers and tier not in self.tiers:
            return f"tier {tier} is not one of {', '.join(self.tiers)}"
        if self.statuses and status not in self.statuses:
            return f"subscription status {status} is not one of {', '.join(self.statuses)}"
        if self.roles and frozenset(roles).isdisjoint(self.roles):
            return f"no active member has one of the roles {', '.join(self.roles)}"
        return ""


@dataclass(frozen=True)
class State:
    """A module with its plan and flags at the moment `now`, as far as answers depend on them."""

    module_id: int
    plan_id: int | None
    by_user: bool
    eligibility: Eligibility
    plan: PlanFacts
    flags: tuple[FlagFacts, ...]
    environment: Environment
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def switches(self) -> tuple[Switch, ...]:
        """The flags ready to be asked."""
        return evaluation.switches(self.flags, self.plan, self.environment)

    def reach_of(self, flag: FlagFacts) -> Reach:
        """How far `flag` goes with everything counted in but overrides, internal lists and rules."""
        return full_reach(flag, self.plan, self.environment, self.now)


def environment_of(module_key: str) -> Environment:
    """The live overrides of a module from the environment (SPEC 3.2)."""
    found = settings.ENVIRONMENT_OVERRIDES.get(module_key)
    if not found:
        return Environment()
    return Environment(
        enabled=bool(found["enabled"]),
        internal=frozenset(found["internal"]),
        beta_percentage=found["beta_percentage"],
        rollout_percentage=found["rollout_percentage"],
    )


def eligibility_of(module: Module) -> Eligibility:
    return Eligibility(tuple(module.tiers), tuple(module.statuses), tuple(module.roles))


def plan_of(plan: Plan | None) -> PlanFacts:
    """The facts of a plan; of none, those of a plan that has not begun."""
    if plan is None or plan.status == Plan.Status.ARCHIVED:
        return PlanFacts()
    phases = tuple(PhaseFacts(p.number, p.percentage, p.audience) for p in plan.phases.all())
    return PlanFacts(
        started=plan.status != Plan.Status.DRAFT,
        paused=plan.is_paused,
        all_off=plan.all_off,
        percentage=plan.percentage,
        cutoff=plan.cutoff,
        ordering=plan.ordering,
        salt=plan.salt,
        phases=tuple(sorted(phases, key=lambda phase: phase.number)),
    )


@dataclass(frozen=True)
class Targeting:
    """The variants and the rules of flags, by the flag's primary key."""

    variants: Mapping[int, tuple[VariantFacts, ...]] = field(default_factory=dict)
    rules: Mapping[int, tuple[RuleFacts, ...]] = field(default_factory=dict)


def variants_of(flags: Iterable[int]) -> Targeting:
    """The variants of the flags with these primary keys; no query for none."""
    found: dict[int, list[VariantFacts]] = defaultdict(list)
    if ids := list(flags):
        for row in Variant.objects.filter(flag__in=ids).order_by("flag", "position"):
            found[row.flag_id].append(VariantFacts(row.key, row.value, row.weight))
    return Targeting(variants={pk: tuple(rows) for pk, rows in found.items()})


def variants_for_sets(flags: Sequence[Flag]) -> Targeting:
    """The variants that sets of units depend on: those of flags of which another needs one variant."""
    return variants_of(
        {flag.prerequisite_id for flag in flags if flag.prerequisite_id and flag.prerequisite_variant}
    )


def targeting_of(flags: Sequence[Flag]) -> Targeting:
    """The variants and the rules of `flags`, ready to match, in at most three queries."""
    found: dict[int, list[RuleFacts]] = defaultdict(list)
    rows = list(Rule.objects.filter(flag__in=[flag.pk for flag in flags]).order_by("flag", "position"))
    segments = segment_matchers() if rows else {}
    for row in rows:
        found[row.flag_id].append(rule_of(row, segments))
    varying = [flag.pk for flag in flags if flag.value_type != Flag.ValueType.BOOLEAN]
    return replace(variants_of(varying), rules={pk: tuple(rules) for pk, rules in found.items()})


def rule_of(row: Rule, segments: Mapping[str, Matcher]) -> RuleFacts:
    groups = conditions.parse(row.groups, segments=segments)
    return RuleFacts(row.name, conditions.compiled(groups, segments), row.serve, row.share, row.salt)


def segment_matchers() -> dict[str, Matcher]:
    """Every segment ready to match; a segment may use others."""
    rows = {row.key: row for row in Segment.objects.all()}
    made: dict[str, Matcher] = {}

    def make(key: str) -> None:
        groups = conditions.parse(rows[key].groups, segments=rows)
        for needed in conditions.segments_named(rows[key].groups):
            if needed not in made:
                make(needed)
        made[key] = conditions.compiled(groups, made)

    for key in rows:
        if key not in made:
            make(key)
    return made


def flags_of(
    flags: Sequence[Flag], *, by_user: bool, targeting: Targeting | None = None
) -> tuple[FlagFacts, ...]:
    """The facts of all the flags of a module, prerequisites linked; without `targeting`, those for sets."""
    rows = {flag.pk: flag for flag in flags}
    known = variants_for_sets(flags) if targeting is None else targeting
    made: dict[int, FlagFacts] = {}

    def make(flag: Flag) -> FlagFacts:
        if flag.pk not in made:
            needed = rows.get(flag.prerequisite_id) if flag.prerequisite_id else None
            made[flag.pk] = FlagFacts(
                key=flag.key,
                by_user=by_user,
                boolean=flag.value_type == Flag.ValueType.BOOLEAN,
                salt=flag.salt,
                archived=flag.is_archived,
                killed=flag.killed,
                on_from=flag.on_from,
                off_at=flag.off_at,
                from_phase=flag.from_phase,
                selected_from_phase=flag.selected_from_phase,
                max_percentage=flag.max_percentage,
                hold=_hold(flag),
                prerequisite=make(needed) if needed else None,
                prerequisite_variant=flag.prerequisite_variant,
                variants=known.variants.get(flag.pk, ()),
                rules=known.rules.get(flag.pk, ()),
            )
        return made[flag.pk]

    return tuple(make(flag) for flag in flags)


def _hold(flag: Flag) -> Cutoff:
    if flag.max_percentage is None or flag.max_percentage >= 100:
        return OPEN
    return Cutoff(flag.hold_key) if flag.max_percentage else NONE


def state_of(module: Module) -> State:
    """A module's state in three queries, four where a flag needs a variant, however many flags it has.

    Without targeting rules: sets of units cannot follow what a request tells.
    """
    return _state(module, _live_plan(module), list(module.flags.all()))


def state_for_answers(module: Module) -> State:
    """A module's state with its variants and targeting rules."""
    flags = list(module.flags.all())
    return _state(module, _live_plan(module), flags, targeting_of(flags))


def state_with(plan: Plan) -> State:
    """The state of a plan's module, by the plan as it was read: no query where `changes.lock` read it."""
    return _state(plan.module, plan, list(plan.module.flags.all()))


def _live_plan(module: Module) -> Plan | None:
    return module.plans.live().prefetch_related("phases").first()


def _state(
    module: Module, plan: Plan | None, flags: Sequence[Flag], targeting: Targeting | None = None
) -> State:
    by_user = module.unit == Module.Unit.USER
    return State(
        module_id=module.pk,
        plan_id=plan.pk if plan else None,
        by_user=by_user,
        eligibility=eligibility_of(module),
        plan=plan_of(plan),
        flags=flags_of(flags, by_user=by_user, targeting=targeting),
        environment=environment_of(module.key),
    )


def was_in_at_pause() -> Q:
    """Enrolments that were open when their plan was paused."""
    paused_at = F("plan__paused_at")
    return Q(entered_at__lte=paused_at) & (Q(left_at=None) | Q(left_at__gt=paused_at))


def unit_of(module: Module, plan_id: int | None, unit_id: str) -> UnitFacts:
    """What is known of one unit, in at most five queries. An unknown workspace is not eligible."""
    overrides = Override.objects.filter(flag__module=module, unit_id=unit_id).select_related("flag")
    internal = InternalUnit.objects.filter(module=module, unit_id=unit_id)
    ineligible, was_in = "", False
    selected: frozenset[str] = frozenset()
    if module.unit == Module.Unit.WORKSPACE:
        enrolled = Enrolment.objects.filter(was_in_at_pause(), plan=plan_id, workspace=OuterRef("pk"))
        workspace = Workspace.objects.filter(pk=unit_id).annotate(was_in=Exists(enrolled)).first()
        if workspace is None:
            ineligible = UNKNOWN_WORKSPACE
        else:
            was_in = workspace.was_in
            roles = Member.objects.filter(workspace=workspace, active=True).values_list("role", flat=True)
            ineligible = eligibility_of(module).fault(workspace.tier, workspace.status, set(roles.distinct()))
            selections = Selection.objects.filter(workspace=workspace, removed_at=None, flag__module=module)
            selected = frozenset(selections.values_list("flag__key", flat=True))
    return UnitFacts(
        id=unit_id,
        ineligible=ineligible,
        was_in_at_pause=was_in,
        internal=internal.exists(),
        overrides={row.flag.key: override_of(row) for row in overrides},
        selected=selected,
    )


def override_of(row: Override) -> OverrideFacts:
    return OverrideFacts(row.value, row.reason, row.expires_at, row.variant)
