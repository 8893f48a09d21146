"""The nudges of beat. A message is only a nudge: what is due stands in the database.

Celery's fixup for Django closes the database connections before and after each task.
"""

from celery import shared_task

from monitoring.tasks import HEALTH_CHECKS
from ops_portal.exposition import jobs
from ops_portal.schedule import JOBS


@shared_task
def tick() -> None:
    """Run whatever is due."""
    jobs.run_due(JOBS)


@shared_task
def check_health() -> None:
    """At ten past the hour: check every plan that has no health check of the newest slot."""
    jobs.run_due([HEALTH_CHECKS])
