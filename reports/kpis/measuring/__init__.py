"""What the portal can measure of the KPIs, from vitals, tickets and cohorts, by the catalogue's names."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from monitoring.sources.base import SourceFailed
from reports.kpis.measuring import technical, use
from reports.kpis.measuring.engagement import interactions
from reports.kpis.measuring.measured import Measured
from reports.kpis.measuring.seen import Seen
from reports.kpis.measuring.technical import performance
from reports.kpis.measuring.use import counted, quality
from rollout.models import Module, Plan

__all__ = ["MEASURES", "Measured", "live_plan", "measure"]

NO_PLAN = "The module has no plan: nobody has it."

MEASURES: Mapping[str, Callable[[Seen], Measured]] = {
    "api_p95": performance("api_response_time_p95"),
    "api_mean": performance("api_response_time"),
    "error_rate": performance("error_rate"),
    "timeout_rate": performance("timeout_rate"),
    "database_mean": performance("database_response_time", platform=True),
    "memory": performance("memory_usage", platform=True),
    "cpu": performance("cpu_usage", platform=True),
    "database_p95": technical.database_p95,
    "database_failures": technical.database_failures,
    "whole_error_rate": technical.whole_error_rate,
    "busiest_hour": technical.busiest_hour,
    "hours_served": technical.hours_served,
    "critical_reports": technical.critical_reports,
    "open_critical": technical.open_critical,
    "active_workspaces": technical.active_workspaces,
    "workspace_adoption": use.workspace_adoption,
    "daily_share": use.daily_share,
    "weekly_share": use.weekly_share,
    "monthly_share": use.monthly_share,
    "records_per_user": use.records_per_user,
    "retention": use.retention,
    "appointments_created": counted("appointments_created_today"),
    "followups_completed": counted("follow_ups_completed_today"),
    "appointment_completion": quality(
        "appointment_completion_rate", "appointments_due", "No appointment was due in the last 24 hours."
    ),
    "no_shows": quality("no_show_rate", "appointments_due", "No appointment was due in the last 24 hours."),
    "followup_completion": quality(
        "follow_up_completion_rate", "follow_ups_due", "No follow-up was due in the last 24 hours."
    ),
    "reminder_delivery": quality(
        "reminder_delivery_success_rate", "reminders_sent", "No reminder was sent in the last 24 hours."
    ),
    "satisfaction": use.satisfaction,
    "support_requests": use.support_requests,
    "interactions": interactions,
}


def measure(
    module: Module, names: Iterable[str], *, now: datetime, until: datetime | None = None
) -> dict[str, Measured]:
    """These measures of a module, in a bounded number of queries.

    Over the time that ends at `until`; without it, with the newest hour of which the source can tell
    anything. A source that does not answer leaves what it measures unknown and is named.
    """
    plan = live_plan(module)
    if plan is None:
        return {name: Measured(unknown=NO_PLAN) for name in names}
    seen = Seen(plan, now=now, until=until)
    return {name: _ask(name, seen) for name in dict.fromkeys(names)}


def live_plan(module: Module) -> Plan | None:
    """The plan that is rolled out now."""
    return Plan.objects.live().filter(module=module).select_related("module__part_of").first()


def _ask(name: str, seen: Seen) -> Measured:
    try:
        return MEASURES[name](seen)
    except SourceFailed as failure:
        return Measured(unknown=str(failure))
