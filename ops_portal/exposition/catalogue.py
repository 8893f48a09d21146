"""The gauges of the portal's state: each with its labels and what it says. docs/prometheus.md lists them."""

from collections.abc import Mapping
from typing import NamedTuple

PREFIX = "ops_portal_"


class Gauge(NamedTuple):
    """What a gauge says, and by which labels."""

    help: str
    labels: tuple[str, ...] = ()


_module = ("module",)

GAUGES: Mapping[str, Gauge] = {
    "build_info": Gauge("Always 1: what runs here", ("version", "python", "django", "database")),
    "database_up": Gauge("Whether the database answered this scrape; without it there is no state"),
    "processes": Gauge("Processes of the portal that count requests or jobs in this folder"),
    "state_read_seconds": Gauge("How long this scrape read the state from the database"),
    # Plans.
    "plan_info": Gauge("Always 1: what a plan rolls out", ("module", "part_of", "unit")),
    "plan_status": Gauge("1 for the status that the plan has", ("module", "status")),
    "plan_percentage": Gauge("Target, from 0 to 100", _module),
    "plan_share_ratio": Gauge("Share of the eligible units that are in", _module),
    "plan_eligible": Gauge("Units that may get it; of user modules, those that the portal knows", _module),
    "plan_enabled": Gauge("Units that are in: the cohort", _module),
    "plan_control": Gauge("Eligible units that are not in", _module),
    "plan_phase": Gauge("Number of the phase that was reached, 0 before the first", _module),
    "plan_automatic": Gauge("Whether the portal runs the next phase by itself", _module),
    "plan_stopped": Gauge("1 while it is paused or taken back because of a breach", _module),
    "plan_verdict": Gauge("1 for the result of the latest verdict", ("module", "result")),
    "plan_verdict_age_seconds": Gauge("Since the hour that the latest verdict is about", _module),
    "plan_rollout_score": Gauge("Of the latest health check, from 0 to 100", _module),
    "plan_post_launch_score": Gauge("Of the latest health check, from 0 to 100", _module),
    "health_check_age_seconds": Gauge("Since the latest health check was made", _module),
    "plan_unchecked_seconds": Gauge("For how long nobody has checked what reaches somebody", _module),
    # Vitals.
    "vitals_age_seconds": Gauge("Since the end of the newest hour with pushed vitals", _module),
    "vitals_requests": Gauge("Pushed requests of the last full hour", _module),
    "vitals_errors": Gauge("Pushed requests of the last full hour that failed", _module),
    "vitals_timeouts": Gauge("Pushed timeouts of the last full hour", _module),
    "vitals_module_requests": Gauge("Pushed requests of the module itself, of the last full hour", _module),
    "vitals_module_errors": Gauge("Those of the module itself that failed", _module),
    "vitals_p95_seconds": Gauge("95th percentile of the API response, of the last full hour", _module),
    "vitals_mean_seconds": Gauge("Mean API response of the last full hour", _module),
    # Alerts and tickets.
    "alerts_open": Gauge("Open alerts", ("level", "module")),
    "alerts_unacknowledged": Gauge("Open alerts that nobody acknowledged", ("level", "origin")),
    "alerts_overdue": Gauge("Open alerts whose next response is late", ("level", "origin")),
    "alert_oldest_unacknowledged_seconds": Gauge(
        "Since the oldest open alert fired that nobody acknowledged; 0 where there is none",
        ("level", "origin"),
    ),
    "tickets_open": Gauge("Tickets of which somebody owes something", ("severity", "category", "state")),
    "tickets_overdue": Gauge("Open tickets whose next clock ran out", ("severity",)),
    # Releases.
    "releases": Gauge("Releases by state", ("state",)),
    "deployments": Gauge("Deployments by state", ("environment", "state")),
    "deployments_30d": Gauge("Deployments that ended within 30 days", ("environment", "state")),
    "deployment_step_age_seconds": Gauge(
        "Since the step of a deployment began that runs now", ("environment", "release", "step")
    ),
    # The portal's own work.
    "outbox_waiting": Gauge("Messages that wait to be delivered", ("kind", "lane")),
    "outbox_late": Gauge("Those that are late, or fail again and again", ("kind", "lane")),
    "outbox_oldest_seconds": Gauge("Since the oldest message that waits was written", ("kind", "lane")),
    "outbox_dead": Gauge("Messages that were given up", ("kind", "lane")),
    "outbox_dead_24h": Gauge("Messages that were given up within 24 hours", ("kind", "lane")),
    "windows_in_force": Gauge("Maintenance windows and freezes that hold now", ("kind",)),
    "job_overdue_seconds": Gauge("For how long a scheduled job has been due that nobody is at", ("name",)),
    "job_last_done_age_seconds": Gauge("Since a scheduled job was last done", ("name",)),
    "job_failing": Gauge("Whether the last run of a scheduled job failed", ("name",)),
    "backups_scheduled": Gauge("Whether the portal makes a backup every night (BACKUP_DAILY)"),
    "backups_proven": Gauge("Backups that were proven by a restore and are kept"),
    "backup_age_seconds": Gauge("Since the newest proven backup was made"),
    "audit_unsealed_events": Gauge("Events of the last day that are not chained yet"),
    "audit_seal_lag_seconds": Gauge("Since the oldest event that is not chained yet; 0 where all are"),
}
