"""May the next phase run? Monitoring writes verdicts here; a gate reads its own table only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Invalid
from operations.models import Window
from operations.spelling import local_time
from rollout import cohorts
from rollout.cohorts import Shares
from rollout.facts import state_with
from rollout.models import Approval, Module, Phase, Plan, Verdict
from rollout.rules.ordering import MOST_DRIFT

FRESH_FOR = timedelta(minutes=75)


@dataclass(frozen=True)
class Reason:
    """Why a phase may not run, and what to do. Some may be overridden with a written reason."""

    code: str
    message: str
    can_override: bool = False


@dataclass(frozen=True)
class Known:
    """What a gate looks at beside its plan."""

    verdict: Verdict | None
    windows: tuple[Window, ...]
    # Who approved the next phase of the plan's version.
    approved_by: frozenset[int]


def know(plans: Sequence[Plan], *, in_force: Iterable[Window] | None = None) -> dict[int, Known]:
    """What the gates of `plans` look at, in three queries whatever their number; by primary key.

    `in_force` are the windows that hold now, for who has read them.
    """
    verdicts = Verdict.objects.filter(plan=OuterRef("pk")).order_by("-measured_at", "-id")
    newest = Plan.objects.filter(pk__in=[plan.pk for plan in plans]).annotate(
        newest=Subquery(verdicts.values("pk")[:1])
    )
    latest = {verdict.plan_id: verdict for verdict in Verdict.objects.filter(pk__in=newest.values("newest"))}
    windows = tuple(Window.objects.in_force() if in_force is None else in_force)
    asking = {plan.pk: plan for plan in plans if plan.needs_approval}
    approved: dict[int, set[int]] = {}
    given = Approval.objects.filter(plan__in=asking, plan_version=F("plan__version"))
    for approval in given if asking else ():
        following = next_phase(asking[approval.plan_id])
        if following and approval.phase_number == following.number:
            approved.setdefault(approval.plan_id, set()).add(approval.user_id)
    return {
        plan.pk: Known(latest.get(plan.pk), windows, frozenset(approved.get(plan.pk, ()))) for plan in plans
    }


@transaction.atomic
def record_verdict(
    plan: Plan,
    result: str,
    summary: str,
    *,
    plan_version: int,
    measured_at: datetime,
    details: Mapping[str, Any] | None = None,
) -> Verdict:
    """Write down what monitoring found about `plan` at `plan_version`.

    Raises Invalid for an unknown result or a measurement in the future.
    """
    faults = {}
    if result not in Verdict.Result.values:
        faults["result"] = f"must be one of {', '.join(Verdict.Result.values)}"
    if measured_at > timezone.now():
        faults["measured_at"] = "must not lie in the future"
    if faults:
        raise Invalid(faults)
    return Verdict.objects.create(
        plan=plan,
        plan_version=plan_version,
        result=result,
        summary=summary,
        measured_at=measured_at,
        details=dict(details or {}),
    )


def latest_verdict(plan: Plan) -> Verdict | None:
    """The newest verdict on any version of the plan."""
    return plan.verdicts.order_by("-measured_at", "-id").first()


def current_phase(plan: Plan) -> Phase | None:
    """The highest phase at or below the plan's percentage; None before the first one was run."""
    if plan.status == Plan.Status.DRAFT:
        return None
    reached = [phase for phase in plan.phases.all() if phase.percentage <= plan.percentage]
    return max(reached, key=lambda phase: phase.percentage, default=None)


def next_phase(plan: Plan) -> Phase | None:
    """The lowest phase above the plan's percentage; the first one of a draft; None at the top."""
    phases = sorted(plan.phases.all(), key=lambda phase: phase.percentage)
    if plan.status == Plan.Status.DRAFT:
        return phases[0] if phases else None
    return next((phase for phase in phases if phase.percentage > plan.percentage), None)


def may_run(
    plan: Plan,
    number: int,
    *,
    actor: Actor | None = None,
    shares: Shares | None = None,
    known: Known | None = None,
) -> list[Reason]:
    """Every reason why phase `number` may not run now; none: it may.

    In the order of a gate that can be trusted: state, timer, fresh evidence, drift, windows, and the
    approval last. `actor` is whoever would run it: they cannot approve for themselves. `shares` and `known`
    spare the queries of who has read them.
    """
    known = known or know([plan])[plan.pk]
    shares = shares or _counted(plan)
    reasons = _state(plan) + _number(plan, number) + nobody_eligible(plan, shares)
    fresh = plan.status == Plan.Status.DRAFT
    if not fresh:
        reasons += _soak(plan) + _evidence(plan, known.verdict)
    reasons += _drift(plan, shares) + windows(known.windows)
    return reasons + _approval(plan, number, actor, known.approved_by)


def may_complete(plan: Plan, *, shares: Shares | None = None, known: Known | None = None) -> list[Reason]:
    """Every reason why the plan may not be completed now: the last phase's criteria hold for this as well."""
    known = known or know([plan])[plan.pk]
    shares = shares or _counted(plan)
    reasons = _state(plan)
    if plan.status == Plan.Status.DRAFT or next_phase(plan) is not None:
        reasons.append(
            Reason("not_at_the_end", f"{plan} is at {plan.percentage} %: run its last phase first.")
        )
    reasons += _soak(plan) + _evidence(plan, known.verdict) + _drift(plan, shares)
    return reasons + windows(known.windows)


def _counted(plan: Plan) -> Shares:
    """The cohort's size; users are not counted, since no reason speaks of their number."""
    by_user = plan.module.unit == Module.Unit.USER
    return Shares(0, 0) if by_user else cohorts.shares(state_with(plan))


def nobody_eligible(plan: Plan, shares: Shares) -> list[Reason]:
    """The reason that no workspace is eligible; users are not counted."""
    if shares.eligible or plan.module.unit == Module.Unit.USER:
        return []
    message = f"No workspace is eligible for {plan.module}: import workspaces first."
    return [Reason("nobody_eligible", message)]


def _state(plan: Plan) -> list[Reason]:
    ends = plan.module.part_of_id is not None
    said = {
        Plan.Status.PAUSED: "is paused: resume it first.",
        Plan.Status.COMPLETE: "is complete: there is no phase left to run.",
        Plan.Status.ROLLED_BACK: "was rolled back: what is mended ships as the next release."
        if ends
        else "was rolled back: resume it at a percentage to go on.",
    }
    found = said.get(Plan.Status(plan.status))
    return [Reason(plan.status, f"{plan} {found}")] if found else []


def _number(plan: Plan, number: int) -> list[Reason]:
    following = next_phase(plan)
    if following is None:
        return [Reason("no_phase_left", f"{plan} is at {plan.percentage} %: there is no phase left to run.")]
    if following.number == number:
        return []
    message = f"Phase {number} is not the next one: phase {following.number} is."
    return [Reason("not_the_next_phase", message)]


def _soak(plan: Plan) -> list[Reason]:
    current = current_phase(plan)
    if current is None or plan.share_changed_at is None:
        return []
    over = plan.share_changed_at + current.min_soak
    if over <= timezone.now():
        return []
    when = local_time(over)
    message = f"Phase {current.number} lasts {_spelled(current.min_soak)}: wait until {when}."
    return [Reason("soak", message, can_override=True)]


def _evidence(plan: Plan, verdict: Verdict | None) -> list[Reason]:
    if verdict is None:
        code, message = (
            "verdict_missing",
            "There is no health verdict yet: wait for one, or override with a written reason.",
        )
    elif verdict.plan_version != plan.version:
        code = "verdict_outdated"
        message = "The latest health verdict was measured before the plan last changed: wait for a newer one."
    elif timezone.now() - verdict.measured_at > FRESH_FOR:
        minutes = (timezone.now() - verdict.measured_at) // timedelta(minutes=1)
        code = "verdict_stale"
        message = (
            f"The latest health verdict is {minutes} minutes old, at most 75 count: wait for a newer one."
        )
    elif verdict.result != Verdict.Result.PASS:
        code = f"verdict_{verdict.result}"
        message = f"The latest health verdict is {verdict.result}: {verdict.summary}"
    else:
        return []
    return [Reason(code, message, can_override=True)]


def _drift(plan: Plan, shares: Shares) -> list[Reason]:
    if not plan.percentage or plan.cutoff_open or plan.module.unit == Module.Unit.USER:
        return []
    if abs(shares.share - plan.percentage) <= MOST_DRIFT:
        return []
    return [
        Reason(
            "drift",
            f"The share drifted to {shares.share:.1f} % of {shares.eligible} eligible, the target is "
            f"{plan.percentage} %: set {plan.percentage} to count anew.",
            can_override=True,
        )
    ]


def windows(found: Iterable[Window] | None = None) -> list[Reason]:
    """The freezes and maintenance windows in force, unless the caller has `found` them."""
    return [
        Reason(window.kind, f"{window} is on{_until(window.ends_at)}.", can_override=True)
        for window in (Window.objects.in_force() if found is None else found)
    ]


def _approval(plan: Plan, number: int, actor: Actor | None, approved_by: frozenset[int]) -> list[Reason]:
    if not plan.needs_approval:
        return []
    runner = actor.user.pk if actor is not None and actor.user is not None else None
    if approved_by - {runner}:
        return []
    return [Reason("approval_missing", f"Phase {number} needs the approval of a second person.")]


def _spelled(duration: timedelta) -> str:
    hours = duration // timedelta(hours=1)
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _until(at: datetime | None) -> str:
    return f" until {local_time(at)}" if at else ""
