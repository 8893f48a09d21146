"""Parts of a module that are rolled out by themselves: a release's share, asked about as one flag.

A part is a module of its own with `part_of`, one flag and one plan. What is measured, routed and complained
about is that of the whole module.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import flags, phases, plans
from rollout.changes import lock
from rollout.models import Flag, Module, Phase, PhaseRun, Plan
from rollout.models.flags import FLAG_KEY
from rollout.topics import FLAGS

LONGEST_KEY = 60
LONGEST_NAME = 100
MAX_ERROR_RATE = Decimal("0.05")
MAX_P95_MS = 500

# A complete part may be retired this long after it was: as long as somebody still reviews it.
KEPT_COMPLETE = timedelta(days=30)

# Who is eligible.
LISTS = ("tiers", "statuses", "roles")
Status = Plan.Status


@transaction.atomic
def create(
    module: Module, *, key: str, name: str, percentages: Sequence[int], dwell: timedelta, actor: Actor
) -> Plan:
    """Create a part of `module` with the flag `key` and a draft plan that is off at once when it hurts.

    The plan is ordered by hash, a phase for each of `percentages`, each lasting at least `dwell`. Eligible
    is who is eligible for the module now. Where the part is there and its plan has not begun, its phases are
    laid anew. Raises Invalid for a bad key, name, percentage or dwell, Refused when the module is itself a
    part, or the key is taken by anything else.
    """
    actor.require("rollout.add_module", "create a part of a module")
    if faults := _faults(key, name, percentages, dwell):
        raise Invalid(faults)
    if module.part_of_id is not None:
        raise Refused("part_of_a_part", f"{module} is itself a part of {module.part_of}: name the module.")
    plan, is_new = _plan(module, key, name.strip()), False
    if plan is None:
        plan, is_new = _created(module, key, name.strip()), True
    plan.phases.all().delete()
    Phase.objects.bulk_create(_phases(plan, percentages, dwell))
    hours = f"{dwell / timedelta(hours=1):g} h"
    data = {"module": module.key, "part": key, "percentages": list(percentages), "dwell": hours}
    action = "rollout.part_created" if is_new else "rollout.part_laid_anew"
    audit.record(action, actor=actor, subject=plan, data=data)
    feed.announce(FLAGS)
    return plan


@transaction.atomic
def retire(plan: Plan, *, actor: Actor) -> Plan:
    """Put a part away for good: its flags and its plan are archived, and the flags answer off.

    For what was rolled back, and what was complete a month ago and has left the product's code. Raises
    Refused for anything else: it is yet to begin and was not set to 0, under way, still new, or no part.
    """
    actor.require("rollout.archive_plan", "retire a part of a module")
    plan = lock(plan, version=None, dry_run=False)
    if plan.module.part_of_id is None:
        raise Refused("not_a_part", f"{plan} is the plan of a whole module: archive it instead.")
    if plan.status == Status.DRAFT and not plan.all_off:
        raise Refused("draft", f"{plan} has not begun: set it to 0 % first, so that it cannot.")
    if plan.status in (Status.RUNNING, Status.PAUSED):
        state = plan.get_status_display().lower()
        raise Refused(plan.status, f"{plan} is {state}: complete it or roll it back first.")
    if plan.status == Status.COMPLETE:
        _check_old(plan)
    if plan.percentage:
        plan = phases.set_percentage(plan, 0, actor=actor, reason="Retired").plan
    for flag in plan.module.flags.live():
        flags.archive(flag, actor=actor)
    return plans.archive(plan, actor=actor)


def _faults(key: str, name: str, percentages: Sequence[int], dwell: timedelta) -> dict[str, str]:
    faults = {}
    try:
        FLAG_KEY(key)
    except ValidationError as error:
        faults["key"] = error.messages[0]
    if len(key) > LONGEST_KEY:
        faults["key"] = f"must have at most {LONGEST_KEY} characters"
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        faults["name"] = f"must have 1 to {LONGEST_NAME} characters"
    rising = list(percentages) == sorted(set(percentages))
    if not percentages or not rising or percentages[0] < 1 or percentages[-1] > 100:
        faults["percentages"] = "must be whole numbers from 1 to 100 that rise"
    if dwell < timedelta(0):
        faults["dwell"] = "must not be negative"
    return faults


def _plan(module: Module, key: str, name: str) -> Plan | None:
    """The draft of the part that is there already, locked, with its part as `_created` would make it."""
    found = Plan.objects.filter(module__key=key, module__part_of=module, status=Status.DRAFT)
    plan = Plan.objects.select_for_update().filter(pk__in=found.values("pk"), status=Status.DRAFT).first()
    if plan is None:
        return None
    fields = {"name": name, **{each: getattr(module, each) for each in LISTS}}
    Module.objects.filter(pk=plan.module_id).update(**fields)
    plan.name, plan.version = name, plan.version + 1
    plan.save(update_fields=["name", "version"])
    return plan


def _created(module: Module, key: str, name: str) -> Plan:
    lists = {each: getattr(module, each) for each in LISTS}
    try:
        with transaction.atomic():
            part = Module.objects.create(key=key, name=name, part_of=module, unit=module.unit, **lists)
            Flag.objects.create(module=part, key=key, name=name, description=f"A part of {module}.")
    except IntegrityError:
        raise Refused("exists", f"There is a module or a flag {key} already.") from None
    return Plan.objects.create(module=part, name=name, breach_policy=Plan.BreachPolicy.TURN_OFF)


def _phases(plan: Plan, percentages: Sequence[int], dwell: timedelta) -> list[Phase]:
    return [
        Phase(
            plan=plan,
            number=number,
            name="Everybody" if percentage == 100 else "Share",
            percentage=percentage,
            min_soak=dwell,
            max_error_rate=MAX_ERROR_RATE,
            max_p95_ms=MAX_P95_MS,
        )
        for number, percentage in enumerate(percentages, 1)
    ]


def _check_old(plan: Plan) -> None:
    done = plan.runs.filter(operation=PhaseRun.Operation.COMPLETE).values_list("at", flat=True).first()
    if done is not None and timezone.now() - done < KEPT_COMPLETE:
        days = KEPT_COMPLETE.days
        raise Refused(
            "still_new", f"{plan} was completed less than {days} days ago: its flag must stay on so long."
        )
