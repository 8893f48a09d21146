"""Scheduled work of rollout. Each decides again under the plan's lock: running one twice has one effect."""

import logging

from celery import shared_task

from rollout import automatic, records
from rollout.imports import staging
from rollout.serving import usage

logger = logging.getLogger(__name__)


@shared_task
def reconcile_cohorts() -> None:
    """Hourly: settle the record of every plan for customers who came, lapsed or renewed."""
    for module, (entered, left) in records.reconcile().items():
        if entered or left:
            logger.info("%s: %s entered the cohort, %s left", module, entered, left)


@shared_task
def advance_automatic() -> None:
    """Every minute: run what is due for plans in automatic mode."""
    for line in automatic.step():
        logger.info("automatic mode: %s", line)


@shared_task
def purge() -> None:
    """Hourly: drop files that were staged and never applied, and old counts of what flags answered."""
    dropped = staging.purge()
    logger.info("dropped %s stale imports", dropped)
    forgotten = usage.purge()
    logger.info("dropped %s old counts of flags' answers", forgotten)
