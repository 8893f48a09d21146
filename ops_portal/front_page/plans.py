"""The plans of whole modules as cards: how far, how well, and what the next phase waits for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Value, When

from monitoring.admin import links
from operations.actor import Actor
from operations.models import Window
from ops_portal.front_page import health
from ops_portal.front_page.health import Week
from ops_portal.front_page.waiting import moment
from rollout import gates
from rollout.admin import shares
from rollout.admin.plans import STATUS_LABELS, VERDICT_LABELS
from rollout.cohorts import Shares
from rollout.gates import Known, Reason
from rollout.models import Module, Phase, Plan, Verdict

MOST = 12
# What goes on stands first, what is over last.
RANKS = {Plan.Status.DRAFT: 1, Plan.Status.COMPLETE: 2}
GOING_ON = (Plan.Status.RUNNING, Plan.Status.PAUSED, Plan.Status.ROLLED_BACK)
OF_TIME = frozenset({"soak", Window.Kind.FREEZE.value, Window.Kind.MAINTENANCE.value})


@dataclass(frozen=True)
class Rung:
    """One phase of the ladder: done, here, next or later."""

    phase: Phase
    state: str
    word: str


@dataclass(frozen=True)
class Card:
    """One plan. `refused` is what stands against its next step: its next phase, or its completion."""

    plan: Plan
    status: str
    status_label: str
    shares: Shares | None
    ladder: Sequence[Rung]
    current: Phase | None
    following: Phase | None
    refused: Sequence[Reason]
    earliest: datetime | None
    known: Known
    now: datetime
    week: Week | None
    history_url: str

    @property
    def verdict(self) -> Verdict | None:
        return self.known.verdict

    @property
    def is_fresh(self) -> bool:
        """Whether the verdict is of the plan as it stands, and young enough for its gate."""
        verdict = self.verdict
        if verdict is None or verdict.plan_version != self.plan.version:
            return False
        return self.now - verdict.measured_at <= gates.FRESH_FOR

    @property
    def verdict_label(self) -> str:
        """The kind of label: what was measured before says nothing of how it is now."""
        return VERDICT_LABELS[self.verdict.get_result_display()] if self.verdict and self.is_fresh else ""

    @property
    def measured(self) -> str:
        """When a verdict was measured that does not count any more, in words."""
        if self.verdict is None or self.is_fresh:
            return ""
        if self.verdict.plan_version != self.plan.version:
            return "before the plan last changed"
        return f"last at {moment(self.verdict.measured_at, self.now)}"

    @property
    def filled(self) -> float:
        """The share that has it now, in percent; of users, whom nobody counts, the target."""
        return self.shares.share if self.shares else float(self.plan.percentage)

    @property
    def may_go_on(self) -> bool:
        """Whether a person may run the next phase, or complete the plan, now."""
        if self.plan.status not in (Plan.Status.DRAFT, Plan.Status.RUNNING):
            return False
        return not self.refused and (self.following is not None or self.plan.status == Plan.Status.RUNNING)

    @property
    def reasons(self) -> Sequence[Reason]:
        """What keeps the gate closed beside the time that must pass."""
        if self.earliest is None:
            return self.refused
        return [reason for reason in self.refused if reason.code not in OF_TIME]

    @property
    def opens(self) -> str:
        """When the gate opens at the earliest, in words."""
        return moment(self.earliest, self.now) if self.earliest else ""


def read(actor: Actor, in_force: Iterable[Window], now: datetime) -> list[Card]:
    """The cards of MOST plans and perhaps one more, which says that there are more; in seven queries."""
    rank = Case(*(When(status=status, then=Value(at)) for status, at in RANKS.items()), default=Value(0))
    found = Plan.objects.live().whole().select_related("module").prefetch_related("phases")
    plans = list(found.order_by(rank, "module__name", "-created_at")[: MOST + 1])
    counted, known = shares.of_plans(plans), gates.know(plans, in_force=in_force)
    weeks = health.of_plans(plans, now) if actor.may("monitoring.view_healthcheck") else {}
    return [
        _card(plan, counted.get(plan.pk), known[plan.pk], weeks.get(plan.pk), actor, now) for plan in plans
    ]


def _card(
    plan: Plan, share: Shares | None, known: Known, week: Week | None, actor: Actor, now: datetime
) -> Card:
    following, current = gates.next_phase(plan), gates.current_phase(plan)
    # Whoever runs a phase does not approve it for themselves; a reader is told what anybody would be.
    runner = actor if actor.may("rollout.run_phase") else None
    refused: Sequence[Reason]
    if following is not None:
        refused = gates.may_run(plan, following.number, actor=runner, shares=share, known=known)
    else:
        refused = gates.may_complete(plan, shares=share, known=known)
    status = plan.get_status_display()
    return Card(
        plan=plan,
        status=status,
        status_label=STATUS_LABELS[status],
        shares=share if plan.module.unit == Module.Unit.WORKSPACE else None,
        ladder=[_rung(plan, phase, current, following) for phase in plan.phases.all()],
        current=current,
        following=following,
        refused=refused,
        earliest=earliest(plan, current, refused, known.windows),
        known=known,
        now=now,
        week=week,
        history_url=links.history(plan, "week") if week else "",
    )


def earliest(
    plan: Plan, current: Phase | None, refused: Iterable[Reason], windows: Iterable[Window]
) -> datetime | None:
    """When the time is over that keeps a gate closed: the soak, a freeze, maintenance.

    None where no time keeps it closed, where nobody knows until when, and for a plan that stands still.
    """
    codes = {reason.code for reason in refused} & OF_TIME
    if not codes or plan.status not in (Plan.Status.DRAFT, Plan.Status.RUNNING):
        return None
    ends = [window.ends_at for window in windows]
    if "soak" in codes and current is not None and plan.share_changed_at is not None:
        ends.append(plan.share_changed_at + current.min_soak)
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _rung(plan: Plan, phase: Phase, current: Phase | None, following: Phase | None) -> Rung:
    if plan.status == Plan.Status.COMPLETE:
        return Rung(phase, "done", "Done")
    if current is not None and phase.pk == current.pk:
        return Rung(phase, "here", "Now")
    if following is not None and phase.pk == following.pk:
        return Rung(phase, "next", "Next")
    if current is not None and phase.percentage < current.percentage:
        return Rung(phase, "done", "Done")
    return Rung(phase, "later", "Later")
