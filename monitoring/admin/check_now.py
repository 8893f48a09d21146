"""Checking a plan's health by hand, between two checks of the schedule."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone
from django.utils.html import format_html

from monitoring import health, slots
from monitoring.admin import links, words
from monitoring.models import HealthCheck
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from rollout.models import Plan

NOT_CHECKED = (Plan.Status.DRAFT, Plan.Status.ARCHIVED)


@dataclass(frozen=True)
class AlreadyChecked:
    """The hours that a check would look at have one."""

    message: str
    can_override: bool = False


def _of_newest_slot(plan: Plan) -> HealthCheck | None:
    return plan.checks.filter(slot=slots.newest(timezone.now())).first()


def _already(check: HealthCheck) -> str:
    following = check.slot + slots.HOUR + slots.SETTLING
    return (
        f"The hours up to {_at(check.slot)} were already checked by {words.by_whom(check.made_by)}: "
        f"{check.get_result_display().lower()}. From {_at(following)} the next hour can be checked."
    )


def _check(plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
    """Check the newest slot, and say whether somebody was there before."""
    before = _of_newest_slot(plan)
    check = health.check(plan, actor=actor)
    if before is not None and before.pk == check.pk:
        said = _already(check)
    else:
        said = f"{check.get_result_display()}, up to {_at(check.slot)}: {check.summary}"
    return format_html('{} <a href="{}">{}</a>', said, links.check(check.pk), "What it found, and why")


def _preview_check(plan: Plan, inputs: Inputs, actor: Actor) -> Preview:
    before = _of_newest_slot(plan)
    context = {
        "slot": slots.newest(timezone.now()),
        "last_check": before or plan.checks.defer("details").order_by("-slot").first(),
        "labels": words.RESULT_LABELS,
    }
    reasons = [AlreadyChecked(_already(before))] if before else []
    return Preview("admin/monitoring/check_preview.html", context, reasons)


def _at(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "H:i")


CHECK_NOW = Operation(
    name="check-health",
    title="Check health now",
    permission=health.PERMISSION,
    perform=_check,
    preview=_preview_check,
    offered=lambda plan: plan.status not in NOT_CHECKED,
    icon="ecg_heart",
    note="Judges the plan as the hourly check does, and acts as that would: a breach stops the rollout.",
)
