"""A health check's page: the verdict explained from the details that the check wrote down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from monitoring import health, reviews
from monitoring.admin import advice, criteria, links, numbers, scores, words
from monitoring.models import CriterionTick, HealthCheck
from operations.actor import Actor
from operations.doors.admin import actor_of
from rollout import gates
from rollout.models import Module


@dataclass(frozen=True)
class Measure:
    """One row of the table of both arms."""

    name: str
    cohort: str
    control: str


COUNTS = (("requests", "Requests"), ("errors", "Errors"), ("timeouts", "Timeouts"))
TIMES = (("p95Ms", "95 of 100 answers within"), ("meanMs", "Mean answer"))
GAUGES = (
    ("memory", "Memory", "share"),
    ("cpu", "CPU", "share"),
    ("disk", "Disk", "share"),
    ("databaseMs", "Database, mean", "ms"),
    ("databaseP95Ms", "Database, 95 of 100 within", "ms"),
    ("databaseFailures", "Failed connections", "number"),
)
USE = (
    ("dailyUsers", "Users of the day"),
    ("weeklyUsers", "Users of the week"),
    ("enabledUsers", "Users who have it"),
)


def context(request: HttpRequest, check: HealthCheck) -> dict[str, Any]:
    """What the template shows, in four queries beside the check."""
    actor, details = actor_of(request), check.details
    newest = health.latest(check.plan)
    is_newest = newest is not None and newest.pk == check.pk
    by_user = check.plan.module.unit == Module.Unit.USER
    groups = criteria.groups(details.get("criteria", ()), vouching(check, actor) if is_newest else {})
    return {
        "check": check,
        "result_label": words.RESULT_LABELS[check.result],
        "advice": advice.of_check(check, newest, actor),
        "made_by": words.by_whom(check.made_by),
        "groups": groups,
        "deciding": criteria.deciding(groups),
        "ticks": _ticks(check),
        "scores": scores.of_details(check.rollout_score, check.post_launch_score, details),
        "measures": measures(details, by_user=by_user),
        "units": "users" if by_user else "workspaces",
        "adoption": details.get("adoption") or {},
        "use": _use(details.get("use") or {}),
        "gauges": _gauges(details.get("gauges") or {}),
        "readings": (details.get("gauges") or {}).get("readings"),
        "without_baseline": details.get("withoutBaseline") or {},
        "look": details.get("look"),
        "look_at": _moment((details.get("look") or {}).get("at")),
        "next_look_at": _moment(details.get("nextLookAt")),
        "other_changes": details.get("otherChanges") or (),
        "history_url": links.history(check.plan),
        **_neighbours(check),
    }


def vouching(check: HealthCheck, actor: Actor) -> dict[str, str]:
    """Where this person may vouch for what the check could not judge, by the criterion's name."""
    phase = gates.current_phase(check.plan)
    if not actor.may(reviews.PERMISSION) or phase is None or phase.number != check.phase_number:
        return {}
    return {
        name: links.of_plan(check.plan, "vouch", criterion=name) for name in sorted(reviews.CAN_BE_TICKED)
    }


def measures(details: Mapping[str, Any], *, by_user: bool) -> Sequence[Measure]:
    """Those with the feature beside those without it, over the last 24 hours; empty where none was measured.

    Nobody counts the users of an arm.
    """
    if not details.get("cohort"):
        return ()
    arms = [details.get(arm) or {} for arm in ("cohort", "control")]
    rows = [] if by_user else [Measure("Workspaces", *(_count(arm.get("units")) for arm in arms))]
    rows += [Measure(title, *(_count(arm.get(name)) for arm in arms)) for name, title in COUNTS]
    rows.append(Measure("Error rate", *(_spelled(arm.get("errorRate"), "percent") for arm in arms)))
    rows += [Measure(title, *(_spelled(arm.get(name), "ms") for arm in arms)) for name, title in TIMES]
    return rows


def _ticks(check: HealthCheck) -> list[tuple[str, CriterionTick]]:
    """What persons vouched for in the check's phase before it was made."""
    if check.phase_number is None:
        return []
    found = CriterionTick.objects.filter(
        plan=check.plan_id, phase_number=check.phase_number, at__lte=check.made_at
    )
    return [(words.word(tick.criterion).title, tick) for tick in found]


def _neighbours(check: HealthCheck) -> dict[str, Any]:
    """The plan's checks before and after this one."""
    of_plan = HealthCheck.objects.filter(plan=check.plan_id).only("pk", "slot")
    return {
        "previous_check": of_plan.filter(slot__lt=check.slot).order_by("-slot").first(),
        "next_check": of_plan.filter(slot__gt=check.slot).order_by("slot").first(),
    }


def _use(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    users = [(title, _count(found[name])) for name, title in USE if found.get(name) is not None]
    counters = found.get("counters") or {}
    return [*users, *((name, _count(value)) for name, value in sorted(counters.items()))]


def _gauges(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (title, numbers.spelled(found[name], unit))
        for name, title, unit in GAUGES
        if found.get(name) is not None
    ]


def _count(number: int | None) -> str:
    return "not known" if number is None else f"{number:,}"


def _spelled(value: float | None, unit: str) -> str:
    return numbers.spelled(value, unit) or "not known"


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
