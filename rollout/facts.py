"""From rows to the plain facts that the rules are written in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from rollout.models import Enrolment, Flag, InternalUnit, Member, Module, Override, Plan, Selection, Workspace
from rollout.ordering import NONE, OPEN, Cutoff
from rollout.reach import Environment, FlagFacts, OverrideFacts, PhaseFacts, PlanFacts, UnitFacts


@dataclass(frozen=True)
class Eligibility:
    """Which workspaces are eligible; an empty list does not restrict."""

    tiers: tuple[str, ...]
    statuses: tuple[str, ...]
    roles: tuple[str, ...]

    def fault(self, workspace: Workspace, roles: Iterable[str]) -> str:
        """Why `workspace`, whose active members have `roles`, is not eligible; "" where it is."""
        if self.tiers and workspace.tier not in self.tiers:
            return f"tier {workspace.tier} is not one of {', '.join(self.tiers)}"
        if self.statuses and workspace.status not in self.statuses:
            return f"subscription status {workspace.status} is not one of {', '.join(self.statuses)}"
        if self.roles and not set(roles) & set(self.roles):
            return f"no active member has one of the roles {', '.join(self.roles)}"
        return ""


@dataclass(frozen=True)
class State:
    """A module with its plan and flags, as far as answers depend on them."""

    module_id: int
    plan_id: int | None
    by_user: bool
    eligibility: Eligibility
    plan: PlanFacts
    flags: tuple[FlagFacts, ...]
    environment: Environment


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


def flags_of(flags: Sequence[Flag], *, by_user: bool) -> tuple[FlagFacts, ...]:
    """The facts of all the flags of a module, prerequisites linked."""
    rows = {flag.pk: flag for flag in flags}
    made: dict[int, FlagFacts] = {}

    def make(flag: Flag) -> FlagFacts:
        if flag.pk not in made:
            needed = rows.get(flag.prerequisite_id) if flag.prerequisite_id else None
            made[flag.pk] = FlagFacts(
                key=flag.key,
                by_user=by_user,
                archived=flag.archived_at is not None,
                killed=flag.killed,
                from_phase=flag.from_phase,
                selected_from_phase=flag.selected_from_phase,
                max_percentage=flag.max_percentage,
                hold=_hold(flag),
                prerequisite=make(needed) if needed else None,
            )
        return made[flag.pk]

    return tuple(make(flag) for flag in flags)


def _hold(flag: Flag) -> Cutoff:
    if flag.max_percentage is None or flag.max_percentage >= 100:
        return OPEN
    return Cutoff(flag.hold_key) if flag.max_percentage else NONE


def state_of(module: Module) -> State:
    """A module's state in three queries, however many flags it has."""
    return _state(module, module.plans.live().prefetch_related("phases").first())


def state_with(plan: Plan) -> State:
    """The state of a plan's module, by the plan as it was read: no query where `changes.lock` read it."""
    return _state(plan.module, plan)


def _state(module: Module, plan: Plan | None) -> State:
    by_user = module.unit == Module.Unit.USER
    return State(
        module_id=module.pk,
        plan_id=plan.pk if plan else None,
        by_user=by_user,
        eligibility=eligibility_of(module),
        plan=plan_of(plan),
        flags=flags_of(list(module.flags.all()), by_user=by_user),
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
            ineligible = "no workspace has this id"
        else:
            was_in = workspace.was_in
            roles = Member.objects.filter(workspace=workspace, active=True).values_list("role", flat=True)
            ineligible = eligibility_of(module).fault(workspace, roles.distinct())
            selections = Selection.objects.filter(workspace=workspace, removed_at=None, flag__module=module)
            selected = frozenset(selections.values_list("flag__key", flat=True))
    return UnitFacts(
        id=unit_id,
        ineligible=ineligible,
        was_in_at_pause=was_in,
        internal=internal.exists(),
        overrides={row.flag.key: OverrideFacts(row.value, row.reason, row.expires_at) for row in overrides},
        selected=selected,
    )
