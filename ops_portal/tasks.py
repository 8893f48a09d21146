"""The short tick. A message is only a nudge: what is due stands in the database.

Celery's fixup for Django closes the database connections before and after each task.
"""

from celery import shared_task

from operations import schedule
from ops_portal.schedule import JOBS


@shared_task
def tick() -> None:
    """Run whatever is due."""
    schedule.run_due(JOBS)
