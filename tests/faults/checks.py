"""The health checks of a private portal, seen from outside: in its database, and in the folder of `slow`."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.faults.portal import until
from tests.faults.private_postgres import PrivatePostgres

HOUR = timedelta(hours=1)
# Before now, so that no hour strikes that lies ahead.
FIRST = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=20)
JOB = "health-checks"
DUE = "UPDATE operations_scheduledjob SET due_at = now() WHERE name = %s"
SETTLED = """
    SELECT leased_until IS NULL AND due_at > now() AND last_error = ''
    FROM operations_scheduledjob WHERE name = %s
"""
ROWS = """
    SELECT (SELECT count(*) FROM monitoring_healthcheck WHERE slot = %(slot)s),
           (SELECT count(DISTINCT plan_id) FROM monitoring_healthcheck WHERE slot = %(slot)s),
           (SELECT count(*) FROM rollout_verdict WHERE measured_at = %(slot)s)
"""
STUCK = """
    SELECT name, due_at, leased_until, last_error
    FROM operations_scheduledjob
    WHERE last_error <> '' OR least(leased_until, due_at) < now() - interval '1 minute'
"""


class Middle(NamedTuple):
    """A process in the middle of a check, and in which part of it."""

    process: int
    part: str


class Rows(NamedTuple):
    """What one slot has."""

    checks: int
    plans: int
    verdicts: int


class Checks:
    """Lets hours strike, says who is at it, and counts what they left."""

    def __init__(self, postgres: PrivatePostgres, folder: Path, plans: int) -> None:
        self._database = psycopg.connect(postgres.url, autocommit=True)
        self._folder = folder
        self.complete = Rows(plans, plans, plans)
        # Every hour that struck; not those of a test before this one.
        self.slots: list[datetime] = []
        newest = self._database.execute("SELECT max(slot) FROM monitoring_healthcheck").fetchone()
        self._newest = newest[0] if newest and newest[0] else FIRST

    def close(self) -> None:
        self._database.close()

    def strike(self) -> datetime:
        """The next hour strikes: its slot is the newest, and the job is due."""
        for mark in self._folder.glob("at-*"):
            # Of a process that was killed.
            mark.unlink()
        self._newest += HOUR
        self.slots.append(self._newest)
        # In one step: somebody may be reading.
        new = self._folder / "slot.new"
        new.write_text(self._newest.isoformat())
        new.rename(self._folder / "slot")
        self._database.execute(DUE, [JOB])
        return self._newest

    def in_the_middle(self) -> list[Middle]:
        """The processes that are at it."""
        found = []
        for mark in self._folder.glob("at-*"):
            with suppress(FileNotFoundError):
                found.append(Middle(int(mark.name.removeprefix("at-")), mark.read_text()))
        return found

    def parts(self) -> set[str]:
        """In which parts they are."""
        return {each.part for each in self.in_the_middle()}

    def rows(self, slot: datetime) -> Rows:
        """How many checks a slot has, of how many plans, and how many verdicts."""
        found = self._database.execute(ROWS, {"slot": slot}).fetchone()
        assert found is not None
        return Rows(*found)

    def done(self, slot: datetime) -> bool:
        """Whether every plan has its check of the slot, and the job is settled."""
        settled = self._database.execute(SETTLED, [JOB]).fetchone()
        return self.rows(slot).plans == self.complete.plans and settled == (True,)

    def wait(self, slot: datetime, seconds: float) -> float:
        """Wait until the slot is done; the seconds that it took."""
        return until(lambda: self.done(slot), seconds)

    def lost_and_doubled(self) -> tuple[int, int]:
        """Of all hours that struck: how many lack a row, and how many have one too many."""
        found = [self.rows(slot) for slot in self.slots]
        lost = [rows for rows in found if min(rows) < self.complete.plans]
        doubled = [rows for rows in found if max(rows) > self.complete.plans]
        return len(lost), len(doubled)

    def stuck(self) -> list[tuple[object, ...]]:
        """The jobs that failed, or that nobody came for."""
        return self._database.execute(STUCK).fetchall()
