"""Health checks: what a plan's vitals say, written down once a slot, and what the portal does about it."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from monitoring import slots
from monitoring.examining import Finding, examine
from monitoring.judging.findings import BREACH, UNKNOWN
from monitoring.models import HealthCheck, Look
from monitoring.watching import checks
from monitoring.watching.verdicts import Checked
from operations.actor import Actor
from operations.errors import Refused
from rollout import changes, gates, phases, plans
from rollout.models import PhaseRun, Plan

PERMISSION = "monitoring.run_healthcheck"
# Unknown so often in a row, automatic mode stops (SPEC 4.1).
UNKNOWN_CHECKS = 4
LATE_AFTER = timedelta(minutes=15)
# Without any check for so long, whoever makes them is taken for dead (SPEC 4.4).
SILENT_AFTER = timedelta(hours=2)
# A part of a module is checked by itself for so long after it is complete.
CHECKED_WHEN_COMPLETE = timedelta(days=1)
# A breach of a plan in another state has been acted on, or reaches nobody.
CAN_BE_STOPPED = (Plan.Status.RUNNING, Plan.Status.COMPLETE)

logger = logging.getLogger(__name__)


def check(plan: Plan, *, actor: Actor) -> HealthCheck:
    """Check a plan's health at the newest slot, write it down, and act on a breach by the plan's policy.

    A slot has one check, whoever comes first: the others get its row. Raises Refused for a plan that has not
    begun or is archived.
    """
    actor.require(PERMISSION, "check a plan's health")
    made = HealthCheck.objects.filter(plan=plan, slot=slots.newest(timezone.now())).first()
    if made is not None:
        return made
    return record(examine(plan, keep=True), actor=actor)


def check_due(*, actor: Actor) -> list[HealthCheck]:
    """Check every plan that has no check of the newest slot; one that fails does not keep the others.

    Raises the first failure when the others are done.
    """
    failures: list[Exception] = []
    made = []
    for plan in due():
        try:
            made.append(check(plan, actor=actor))
        except Refused as refusal:
            logger.info("health check of %s: %s", plan, refusal.message)
        except Exception as failure:
            logger.exception("the health check of %s failed", plan)
            failures.append(failure)
    if failures:
        raise failures[0]
    return made


def due() -> list[Plan]:
    """The plans that had begun by the newest slot and have no check of it."""
    unchecked = _unchecked(slots.newest(timezone.now()))
    return list(unchecked.select_related("module").prefetch_related("phases"))


def is_late() -> bool:
    """Whether some plan still has no check of a slot that was due a quarter of an hour ago; one query."""
    return _unchecked(slots.newest(timezone.now() - LATE_AFTER)).exists()


def is_silent() -> bool:
    """Whether no check of any plan was made for two hours, though some plan was due for one before that.

    The two hours begin when a first check could have been due, and with each check anew. Two queries.
    """
    since = timezone.now() - SILENT_AFTER
    slot = slots.newest(since)
    # A check that was made since then is one of that slot or of a later one.
    made = HealthCheck.objects.filter(slot__gte=slot, made_at__gt=since)
    return _ought(slot).exists() and not made.exists()


def newest() -> HealthCheck | None:
    """The newest check of any plan."""
    return HealthCheck.objects.first()


def judge(plan: Plan) -> HealthCheck:
    """What a check of the newest slot would find: a row that is not saved; nothing is written.

    Raises Refused for a plan that has not begun or is archived.
    """
    return examine(plan, keep=False).check


def latest(plan: Plan) -> HealthCheck | None:
    """The newest check of a plan."""
    return plan.checks.first()


@transaction.atomic
def record(finding: Finding, *, actor: Actor) -> HealthCheck:
    """Write what was found, with its verdict and its look, act, and raise alerts: all of it or, in a crash,
    nothing.

    A slot that was checked meanwhile keeps its check, which is returned.
    """
    plan = changes.lock(finding.plan, version=None, dry_run=False)
    made = HealthCheck.objects.filter(plan=plan, slot=finding.check.slot).first()
    if made is not None:
        return made
    found, previous = finding.check, latest(plan)
    found.missed = slots.missed(previous.slot if previous else None, found.slot)
    found.made_by = str(actor)
    found.verdict = gates.record_verdict(
        plan,
        found.result,
        found.summary,
        plan_version=found.plan_version,
        measured_at=found.slot,
        details={"criteria": found.details["criteria"]},
    )
    found.save()
    if finding.look is not None:
        Look.objects.create(
            health_check=found,
            plan=plan,
            number=finding.look["number"],
            slot=found.slot,
            plan_version=found.plan_version,
            findings=finding.look,
        )
    found.action = _act(plan, found, actor)
    if found.action:
        found.save(update_fields=["action"])
    if reaches_somebody(plan):
        _raise_alerts(plan, finding)
    return found


def _raise_alerts(plan: Plan, finding: Finding) -> None:
    """Raise the alerts of a check that is written, unless that fails: then the check and its act stand.

    A paused plan of which nobody is told harms fewer than one that goes on. The failure is logged, and the
    next check raises the same alerts, as long as it finds the same.
    """
    found = finding.check
    checked = Checked(
        plan=plan,
        check=found,
        scope=finding.scope,
        readings=finding.readings,
        unknown_too_long=found.result == UNKNOWN and _unknown_too_long(found),
    )
    try:
        with transaction.atomic():
            checks.raise_alerts(checked)
    except Exception:
        logger.exception("the alerts of the health check of %s could not be raised", plan)


def _act(plan: Plan, found: HealthCheck, actor: Actor) -> str:
    """Stop what is in breach; stop automatic mode where nothing is known. Returns what was done."""
    portal = Actor(
        door=actor.door,
        label="health-check",
        on_behalf_of=str(actor),
        grants=frozenset({phases.HALT, "rollout.change_plan"}),
    )
    if plan.version != found.plan_version:
        # What was measured is not what runs now: the next check decides.
        return ""
    if found.result == BREACH and plan.status in CAN_BE_STOPPED:
        if plan.breach_policy == Plan.BreachPolicy.ROLL_BACK:
            phases.roll_back(plan, actor=portal, reason=found.summary)
            return HealthCheck.Action.ROLLED_BACK
        if plan.breach_policy == Plan.BreachPolicy.TURN_OFF:
            phases.roll_back(plan, target=0, all_off=True, actor=portal, reason=found.summary)
            return HealthCheck.Action.TURNED_OFF
        phases.pause(plan, actor=portal, reason=found.summary, version=plan.version)
        return HealthCheck.Action.PAUSED
    if plan.automatic and _unknown_too_long(found):
        reason = f"Nothing is known of the plan's health after {UNKNOWN_CHECKS} checks: {found.summary}"
        plans.configure(plan, actor=portal, version=plan.version, reason=reason, automatic=False)
        return HealthCheck.Action.AUTOMATIC_STOPPED
    return ""


def watched() -> QuerySet[Plan]:
    """The plans that are checked from their first full hour on: they have begun, and reach somebody.

    A part that has been complete for a day is checked with its whole: who has the one has the other.
    """
    reaching = Q(percentage__gt=0) | Q(status=Plan.Status.RUNNING)
    found = Plan.objects.live().exclude(status=Plan.Status.DRAFT).filter(reaching, all_off=False)
    since = timezone.now() - CHECKED_WHEN_COMPLETE
    completed = PhaseRun.objects.filter(
        plan=OuterRef("pk"), operation=PhaseRun.Operation.COMPLETE, at__gt=since
    )
    return found.filter(Q(module__part_of=None) | ~Q(status=Plan.Status.COMPLETE) | Exists(completed))


def reaches_somebody(plan: Plan) -> bool:
    """Whether anybody has the module by this plan. A running one at 0 % reaches its internal list."""
    return not plan.all_off and (plan.percentage > 0 or plan.status == Plan.Status.RUNNING)


def _unchecked(slot: datetime) -> QuerySet[Plan]:
    """The plans that ought to have a check of `slot`, and have none since."""
    checked = HealthCheck.objects.filter(plan=OuterRef("pk"), slot__gte=slot)
    return _ought(slot).exclude(Exists(checked))


def _ought(slot: datetime) -> QuerySet[Plan]:
    """The plans that had begun by `slot`, and reach somebody or are running.

    One that was lifted from 0 % after `slot` reached nobody at it, however long ago it first began.
    """
    begun = Q(started_at__lt=slot) | Q(started_at=None, share_changed_at__lt=slot)
    lifted = PhaseRun.objects.filter(
        plan=OuterRef("pk"), from_percentage=0, to_percentage__gt=0, at__gte=slot
    )
    return watched().filter(begun).exclude(Q(share_changed_at__gte=slot) & Exists(lifted))


def _unknown_too_long(found: HealthCheck) -> bool:
    """Whether this check and those before it are unknown, hours that are always quiet not counted."""
    newest = found.plan.checks.values_list("result", "details__quiet")[:UNKNOWN_CHECKS]
    return len(newest) == UNKNOWN_CHECKS and all(result == UNKNOWN and not quiet for result, quiet in newest)
