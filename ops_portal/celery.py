"""The Celery app and its schedule.

A message is only a nudge: what is due stands in the database, is claimed there, and running it twice has one
effect. So nothing here needs a result backend, an ETA or a schedule that is edited at run time.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")

app = Celery("ops_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A nudge that nobody took before the next one is worthless: `expires` keeps a stopped worker's queue short.
app.conf.beat_schedule = {
    "reconcile-cohorts": {
        "task": "rollout.tasks.reconcile_cohorts",
        "schedule": crontab(minute="5"),
        "options": {"expires": 3000},
    },
    "advance-automatic": {
        "task": "rollout.tasks.advance_automatic",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "drop-stale-imports": {
        "task": "rollout.tasks.purge",
        "schedule": crontab(minute="35"),
        "options": {"expires": 3000},
    },
    "tick": {
        "task": "operations.tasks.tick",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "purge": {
        "task": "operations.tasks.purge",
        "schedule": crontab(minute="40"),
        "options": {"expires": 3000},
    },
    "verify-audit": {
        "task": "operations.tasks.verify_audit",
        "schedule": crontab(hour="3", minute="17"),
        "options": {"expires": 3600},
    },
}
