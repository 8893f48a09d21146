"""Health checks as the pages find them: rows with the details that a check writes, made by the hundred."""

import copy
import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from monitoring import slots
from monitoring.judging.findings import Criterion
from monitoring.models import HealthCheck, Review
from rollout import gates
from rollout.models import PhaseRun, Plan, Verdict

HOUR = timedelta(hours=1)
MADE_BY = "beat:hourly-check"
SUMMARIES = {
    "pass": "All that phase 1 asks for holds.",
    "hold": "Too little adoption to go on: 12 of 64 workspaces used the module, 30 % are asked for.",
    "breach": "22 of 64 workspaces with the feature failing, 1 of 567 without.",
    "unknown": "Nothing was measured in the last 3 hours.",
}


def newest_slot() -> datetime:
    """The slot that a check made now would have."""
    return slots.newest(timezone.now())


def criterion(name: str, group: str, met: bool | None, reason: str, **numbers: Any) -> dict[str, Any]:
    """One criterion of a check's details; unless told, what is not met holds."""
    found = Criterion(name=name, group=group, met=met, reason=reason, holds=met is not True)
    return {**found.as_json(), **numbers}


HEALTHY = [
    criterion(
        "hard_stop",
        "hard stop",
        True,
        "0 of 64 workspaces with the feature failing, 1 of 567 without.",
        value=-0.002,
        threshold=0.3,
        n=64,
    ),
    criterion(
        "partial_break",
        "hard stop",
        True,
        "0 of 64 workspaces with the feature failing over the day, 1 of 567 without.",
        value=-0.002,
        threshold=0.15,
        n=64,
    ),
    criterion(
        "guardrail",
        "guardrail",
        True,
        "3 of 64 with the feature unhealthy, 21 of 567 without, p = 0.41. The cohort was not chosen at "
        "random: it is the lowest ids, so equals are compared with equals in size.",
        value=0.41,
        threshold=0.00054,
        n=631,
    ),
    criterion(
        "errors_over_5_percent",
        "triggers",
        True,
        "0.9 % of 10,240 requests failed in the last hour.",
        value=0.009,
        threshold=0.05,
        n=10_240,
        interval=[0.0074, 0.011],
    ),
    criterion(
        "p95_over_2000_ms", "triggers", True, "95 of 100 answers within 212 ms.", value=212.0, threshold=2000
    ),
    criterion("database_failures", "triggers", True, "No connection failed.", value=0, threshold=0),
    criterion("memory_over_95_percent", "triggers", True, "61 % in use.", value=61.2, threshold=95),
    criterion(
        "error_rate",
        "phase",
        True,
        "1.1 % of 241,904 requests: above the target of 1 %, below the maximum of 2 %.",
        value=0.011,
        threshold=0.02,
        n=241_904,
        interval=[0.0106, 0.0114],
        amber=True,
    ),
    criterion("p95", "phase", True, "95 of 100 answers within 231 ms.", value=231.0, threshold=500),
    criterion(
        "adoption",
        "phase",
        True,
        "23 of 64 workspaces used the module in the last week.",
        value=0.359,
        threshold=0.3,
        n=64,
    ),
    criterion("critical_issues", "phase", True, "0 critical issues are open.", value=0, threshold=0),
    criterion(
        "satisfaction",
        "phase",
        None,
        "3 ratings in 7 days: too few to tell. A person may tick this criterion.",
        threshold=4.0,
        n=3,
        holds=False,
    ),
]
CHANGED: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {},
    "hold": {
        "adoption": {
            "met": False,
            "holds": True,
            "value": 0.1875,
            "reason": "12 of 64 workspaces used the module in the last week.",
        },
    },
    "breach": {
        "hard_stop": {
            "met": False,
            "holds": True,
            "breaks": True,
            "cause": "feature",
            "value": 0.342,
            "threshold": 0.3,
            "reason": SUMMARIES["breach"],
        },
        "error_rate": {
            "met": None,
            "holds": True,
            "value": 0.021,
            "interval": [0.0187, 0.0236],
            "n": 14_400,
            "reason": "2.1 % of 14,400 requests: between 1.9 % and 2.4 %, which straddles the maximum of 2 "
            "%.",
        },
    },
    "unknown": {
        "error_rate": {
            "met": None,
            "holds": True,
            "value": None,
            "interval": None,
            "n": 0,
            "reason": "No request in the last 24 hours.",
        },
    },
}
SUMS = {"requests": 241_904, "errors": 2_661, "errorRate": 0.011, "p95Ms": 231.0, "meanMs": 84.2}
DETAILS: dict[str, Any] = {
    "criteria": HEALTHY,
    "deductions": {
        "rollout": [{"group": "errors", "rule": "Error rate 1.1 % against a maximum of 2 %", "points": 8.25}],
        "postLaunch": [
            {"group": "adoption", "rule": "Daily active users below 30 % of enabled users", "points": 15}
        ],
    },
    "unknown": {
        "rollout": [],
        "postLaunch": ["appointment completion", "user satisfaction"],
    },
    "scoringVersion": 1,
    "cohort": {"units": 64, "timeouts": 12, **SUMS},
    "control": {
        "units": 567,
        "timeouts": 88,
        **SUMS,
        "requests": 2_104_332,
        "errors": 19_571,
        "errorRate": 0.0093,
    },
    "adoption": {"used": 23, "settled": 64, "share": 0.359},
    "use": {
        "dailyUsers": 141,
        "weeklyUsers": 402,
        "enabledUsers": 611,
    },
    "gauges": {
        "readings": 60,
        "memory": 61.2,
        "cpu": 33.0,
        "disk": 48.5,
        "databaseMs": 4.1,
        "databaseP95Ms": 11.0,
        "databaseFailures": 0,
    },
    "withoutBaseline": {"count": 3, "first": ["W00007", "W00021", "W00040"]},
    "look": {"number": 3, "planned": 28, "level": 0.00054, "at": "2026-11-20 09:00"},
    "nextLookAt": "2026-11-21T09:00:00+00:00",
    "otherChanges": [],
}


def details(result: str = "pass", **changed: Any) -> dict[str, Any]:
    """What a check of this result writes down."""
    found = copy.deepcopy(DETAILS)
    for each in found["criteria"]:
        each.update(CHANGED[result].get(each["name"], {}))
    if result == "unknown":
        found["cohort"] = {**found["cohort"], "requests": 0, "errors": 0, "errorRate": None, "p95Ms": None}
    return {**found, **changed}


def a_check(plan: Plan, result: str = "pass", *, slot: datetime | None = None, **values: Any) -> HealthCheck:
    """The check of one slot, the newest unless told, and its verdict."""
    [made] = checks(plan, [(slot or newest_slot(), result, values)])
    return made


def checks(plan: Plan, rows: Iterable[tuple[datetime, str, dict[str, Any]]]) -> list[HealthCheck]:
    """A check for each (slot, result, other values), in two statements."""
    rows = list(rows)
    phase = gates.current_phase(plan)
    verdicts = Verdict.objects.bulk_create(
        Verdict(
            plan=plan,
            plan_version=values.get("plan_version", plan.version),
            result=result,
            summary=values.get("summary", SUMMARIES[result]),
            measured_at=slot,
        )
        for slot, result, values in rows
    )
    return HealthCheck.objects.bulk_create(
        HealthCheck(
            **{
                "plan": plan,
                "slot": slot,
                "plan_version": plan.version,
                "percentage": plan.percentage,
                "phase_number": phase.number if phase else None,
                "result": result,
                "summary": SUMMARIES[result],
                "rollout_score": 92,
                "post_launch_score": 85,
                "details": details(result),
                "made_at": slot + timedelta(minutes=12),
                "made_by": MADE_BY,
                "verdict": verdict,
                **values,
            }
        )
        for (slot, result, values), verdict in zip(rows, verdicts, strict=True)
    )


def a_past(plan: Plan, hours: int, *, without: Iterable[int] = (), until: datetime | None = None) -> None:
    """Passing checks for each of the last `hours`, but those so many hours ago that `without` names."""
    newest, gaps = until or newest_slot(), set(without)
    rows = [(newest - ago * HOUR, "pass", _daily(ago)) for ago in range(hours) if ago not in gaps]
    checks(plan, rows[::-1])


def _daily(ago: int) -> dict[str, Any]:
    """A day's tide: a little worse in working hours."""
    tide = math.sin(ago / 24 * 2 * math.pi)
    found = details()
    found["cohort"]["errorRate"] = round(0.010 + 0.002 * tide, 5)
    found["control"]["errorRate"] = round(0.0093 + 0.0015 * tide, 5)
    found["adoption"]["share"] = round(max(0.05, 0.36 - 0.0008 * ago), 4)
    return {"details": found, "rollout_score": round(90 - 4 * tide), "post_launch_score": 85}


def a_run(plan: Plan, at: datetime, before: int, after: int, version: int) -> PhaseRun:
    """That the plan's share was changed at a moment in the past."""
    return PhaseRun.objects.create(
        plan=plan,
        operation="phase" if after > before else "rollback",
        phase_number=1,
        from_percentage=before,
        to_percentage=after,
        gain=0,
        lose=0,
        plan_version=version,
        at=at,
        by="admin:ada",
    )


def reviews(plan: Plan, *, due: int = 1, ahead: int = 2) -> list[Review]:
    """`due` reviews of the plan's last run that are due, one every two hours, and some ahead of now."""
    run = plan.runs.latest("pk")
    now = timezone.now()
    first = Review.objects.filter(run=run).count() + 1
    return Review.objects.bulk_create(
        Review(plan=plan, run=run, number=first + at, due_at=now + (at - due) * 2 * HOUR + HOUR)
        for at in range(due + ahead)
    )
