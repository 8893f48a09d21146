"""Runs what is due, as `operations.schedule` does, and counts each run."""

from collections.abc import Sequence

from operations import schedule
from operations.schedule import Job, Ran
from ops_portal.exposition.instruments import note_job


def run_due(jobs: Sequence[Job]) -> list[Ran]:
    """Run those of `jobs` that are due and that nobody else is at; see `schedule.run_due`."""
    ran = schedule.run_due(jobs)
    for each in ran:
        note_job(each.job, each.milliseconds / 1000, failed=bool(each.error))
    return ran
