"""What the portal does by itself, and when (UTC). docs/scheduling.md lists it for operators."""

from datetime import timedelta

from feedback import tasks as feedback_tasks
from monitoring import dead_man
from monitoring import tasks as monitoring_tasks
from operations import tasks as operations_tasks
from operations.backups import scheduled as backups
from operations.schedule import Job
from ops_portal import heartbeat
from ops_portal.demo_clock import not_ahead
from releases import tasks as releases_tasks
from reports import tasks as reports_tasks
from rollout import tasks as rollout_tasks

# With every tick, as long as those come seconds apart.
TICK = timedelta(seconds=1)
HALF_A_MINUTE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Reads whole tables. Longer than a task may take, so that no second worker begins it beside the first.
LONG = timedelta(minutes=6)

JOBS = (
    Job("seal-audit", operations_tasks.seal, every=TICK),
    Job("sweep-alerts", monitoring_tasks.sweep_alerts, every=TICK),
    Job("announce-alerts", monitoring_tasks.announce_alerts, every=TICK),
    Job("deliver-outbox", operations_tasks.deliver, every=TICK),
    Job(dead_man.JOB, dead_man.look, every=MINUTE),
    Job("heartbeat", heartbeat.send, every=MINUTE),
    Job("watch-deliveries", monitoring_tasks.watch_deliveries, every=MINUTE),
    Job("push-alerts", monitoring_tasks.push_alerts, every=HALF_A_MINUTE),
    monitoring_tasks.HEALTH_CHECKS,
    Job("lapse-alerts", monitoring_tasks.lapse_alerts, every=MINUTE),
    Job("tell-news", monitoring_tasks.tell_news, every=MINUTE),
    Job("schedule-reviews", monitoring_tasks.schedule_reviews, every=MINUTE),
    Job("keep-days", monitoring_tasks.keep_days, every=HOUR, offset=20 * MINUTE, lease=LONG),
    Job("watch-complaints", monitoring_tasks.watch_complaints, every=MINUTE),
    Job("index-tickets", feedback_tasks.index_tickets, every=TICK),
    Job("count-tickets", feedback_tasks.roll_up_summary, every=5 * MINUTE, lease=LONG),
    Job("back-up", not_ahead(backups.back_up), every=DAY, offset=HOUR + 23 * MINUTE, lease=LONG),
    Job("watch-backups", not_ahead(monitoring_tasks.watch_backups), every=HOUR, offset=50 * MINUTE),
    Job("keep-tickets", feedback_tasks.keep_tickets, every=DAY, offset=2 * HOUR + 47 * MINUTE, lease=LONG),
    Job("advance-deployments", releases_tasks.advance_deployments, every=TICK),
    Job("announce-windows", releases_tasks.settle_announcements, every=MINUTE),
    Job("mail-announcements", releases_tasks.mail_announcements, every=TICK, lease=LONG),
    Job("forget-recipients", releases_tasks.forget_recipients, every=DAY, offset=3 * HOUR + 41 * MINUTE),
    Job("prove-checklists", releases_tasks.prove_checklists, every=MINUTE),
    Job("refresh-templates", releases_tasks.refresh_templates, every=HOUR, offset=15 * MINUTE),
    Job("record-kpis", reports_tasks.record_kpis, every=HOUR, offset=25 * MINUTE, lease=LONG),
    Job("mail-reports", reports_tasks.mail_reports, every=MINUTE, lease=LONG),
    Job("forget-reports", reports_tasks.forget_reports, every=DAY, offset=3 * HOUR + 53 * MINUTE, lease=LONG),
    Job("advance-automatic", rollout_tasks.advance_automatic, every=MINUTE),
    Job("reconcile-cohorts", rollout_tasks.reconcile_cohorts, every=HOUR, offset=5 * MINUTE, lease=LONG),
    Job("purge-rollout", rollout_tasks.purge, every=HOUR, offset=35 * MINUTE, lease=LONG),
    Job("purge-operations", operations_tasks.purge, every=HOUR, offset=40 * MINUTE, lease=LONG),
    Job("verify-audit", monitoring_tasks.verify_audit, every=DAY, offset=3 * HOUR + 17 * MINUTE, lease=LONG),
)
# What raises an alert about the portal's own silence, and what brings it to people, in this order. A web
# process does it when nobody else does.
LIFELINE = tuple(
    job
    for name in (dead_man.JOB, "sweep-alerts", "announce-alerts", "deliver-outbox")
    for job in JOBS
    if job.name == name
)
