"""A thread in each web process that looks whether anybody runs what is due.

When nobody does, with the worker or beat dead or the queue lost, it does the little that makes people hear
of it: it raises the alert, gathers the messages and delivers them. Leases keep two processes from doing the
same.
"""

import logging
import os
import random
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils import timezone

from monitoring.dead_man import TICK_JOB
from operations import schedule
from operations.schedule import Job
from ops_portal.demo_clock import steady
from ops_portal.exposition import jobs as counted
from ops_portal.schedule import LIFELINE

# Seconds between two looks; at random, so that the processes of one portal do not look all at once.
EVERY = (30.0, 60.0)
# Without anybody at a job for so long, the watchman is.
NOBODY_AFTER = timedelta(minutes=5)

logger = logging.getLogger(__name__)


class Watchman:
    """Looks after scheduled work in one process."""

    def __init__(self) -> None:
        self._alone = False

    def run(self) -> None:
        """Look again and again, for as long as the process lives; nothing that fails ends it."""
        while True:
            time.sleep(random.uniform(*EVERY))  # noqa: S311 - no secret
            try:
                with steady():
                    self.look()
            except Exception as error:  # noqa: BLE001 - such as a database that does not answer
                logger.warning("the watchman could not look after scheduled work: %s", error)
            finally:
                connections.close_all()

    def look(self) -> list[str]:
        """Do what nobody did; the names of the jobs that were run. One query when somebody is at work."""
        jobs = neglected()
        # In their order, so that what one of them leaves the next one finds.
        ran = [each.job for job in jobs for each in counted.run_due([job])]
        if bool(jobs) != self._alone:
            self._alone = bool(jobs)
            names = ", ".join(job.name for job in jobs)
            said = f"nobody runs {names}: this web process does" if jobs else "scheduled work is run again"
            logger.warning("the watchman: %s", said)
        return ran


def neglected() -> Sequence[Job]:
    """Which jobs of the lifeline nobody does: all of them while there is no tick."""
    before = timezone.now() - NOBODY_AFTER
    names = [TICK_JOB, *(job.name for job in LIFELINE)]
    done = {name for name, at in schedule.last_done(*names).items() if at > before}
    return LIFELINE if TICK_JOB not in done else [job for job in LIFELINE if job.name not in done]


def start() -> None:
    """Let a watchman look in this process, and in those that a server forks from it."""
    # The development server is a management command like others, and runs next to whatever else.
    if settings.WATCHMAN and Path(sys.argv[0]).name != "manage.py":
        _start()
        os.register_at_fork(after_in_child=_start)


def _start() -> None:
    threading.Thread(target=Watchman().run, name="watchman", daemon=True).start()
