"""The plans with their latest verdict and check: one query."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from monitoring.models import HealthCheck, WorkspaceHour
from rollout.models import Phase, Plan, Verdict

# The plans of releases pile up: those at rest for so long are left out.
KEPT_AT_REST = timedelta(days=7)
AT_WORK = (Plan.Status.RUNNING, Plan.Status.PAUSED)
STOPPED = (Plan.Status.PAUSED, Plan.Status.ROLLED_BACK)
STOPS = (HealthCheck.Action.PAUSED, HealthCheck.Action.ROLLED_BACK, HealthCheck.Action.TURNED_OFF)


def read(now: datetime) -> list[Plan]:
    """The live plans of modules, and of releases as long as they move; each with what `_facts` adds."""
    moving = Q(status__in=AT_WORK) | Q(share_changed_at__gt=now - KEPT_AT_REST)
    plans = Plan.objects.live().filter(Q(module__part_of=None) | moving)
    return list(plans.select_related("module__part_of").annotate(**_facts()).order_by("module__key"))


def _facts() -> dict[str, Any]:
    verdicts = Verdict.objects.filter(plan=OuterRef("pk"))
    checks = HealthCheck.objects.filter(plan=OuterRef("pk")).order_by("-slot")
    reached = Phase.objects.filter(plan=OuterRef("pk"), percentage__lte=OuterRef("percentage"))
    # The version after the one that was measured: nobody has decided anything since.
    stop = Exists(checks.filter(plan_version=OuterRef("version") - 1, action__in=STOPS))
    hours = WorkspaceHour.objects.filter(module=OuterRef("whole_id")).order_by("-hour")
    return {
        "whole_id": Coalesce("module__part_of_id", "module_id"),
        "phase_number": _first(reached.order_by("-percentage"), "number"),
        "verdict_result": _first(verdicts, "result"),
        "verdict_at": _first(verdicts, "measured_at"),
        "checked_at": _first(checks, "made_at"),
        "rollout_score": _first(checks, "rollout_score"),
        "post_launch_score": _first(checks, "post_launch_score"),
        "stopped": Case(When(status__in=STOPPED, then=stop), default=Value(False)),
        "vitals_hour": _first(hours, "hour"),
        "source": F("vitals_source__kind"),
    }


def _first(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.values(field)[:1])
