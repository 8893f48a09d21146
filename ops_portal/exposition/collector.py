"""One scrape: the state from the database, and the counts of all processes."""

import logging
import platform
import time
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

import django
from django.db import Error, connection
from django.utils import timezone
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from operations.backups.registering import portal_version
from ops_portal.exposition import of_lists, of_plans, shared
from ops_portal.exposition.families import Families
from ops_portal.exposition.reading import counts, plans, shares, vitals

logger = logging.getLogger(__name__)


class Scrape(Collector):
    """What one scrape finds. For a registry of its own: nothing is remembered between two scrapes."""

    def collect(self) -> Iterable[Metric]:
        """The portal's state, unless the database does not answer; and what its processes counted."""
        now = timezone.now()
        families = Families(now)
        began = time.perf_counter()
        try:
            _state(families)
            is_up = True
        except Error as error:
            logger.warning("a scrape found no database: %s", error)
            # Nothing rather than a half: a rule must not take what is missing for what is over.
            families, is_up = Families(now), False
        families.set("database_up", is_up)
        families.set("state_read_seconds", time.perf_counter() - began)
        metrics, processes = _counted()
        families.set("processes", processes)
        families.set("build_info", 1, **_build())
        return [*families, *metrics]


def _state(families: Families) -> None:
    """Four queries, whatever is in the database."""
    now: datetime = families.now
    found: list[Any] = list(plans.read(now))
    of_plans.tell(families, found, shares.read(found))
    wholes = {plan.module_id: plan.module.key for plan in found if plan.module.part_of_id is None}
    of_plans.tell_vitals(families, vitals.read(wholes, now))
    of_lists.tell(families, counts.read(now), sorted(wholes.values()))


def _counted() -> tuple[list[Metric], int]:
    """What the processes counted; nothing where their folder cannot be read."""
    try:
        return shared.gather()
    except OSError:
        logger.warning("%s cannot be read", shared.FOLDER, exc_info=True)
        return [], 0


@cache
def _build() -> dict[str, str]:
    return {
        "version": portal_version(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": connection.vendor,
    }
