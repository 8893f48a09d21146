"""The Celery app and its schedule.

A message is only a nudge: what is due stands in the database, is claimed there, and running it twice has one
effect. So nothing here needs a result backend, an ETA or a schedule that is edited at run time.
"""

import os

from celery import Celery
from celery.schedules import crontab

from ops_portal import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")

broker.install()

app = Celery("ops_portal", task_cls="ops_portal.demo_clock.task:SteadyTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A nudge that nobody took before the next one is worthless: `expires` keeps a stopped worker's queue short.
app.conf.beat_schedule = {
    "health-checks": {
        "task": "ops_portal.tasks.check_health",
        "schedule": crontab(minute="10"),
        "options": {"expires": 3000},
    },
    "tick": {
        "task": "ops_portal.tasks.tick",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
}
