"""`manage.py migrate`, which does not hold up a portal that runs: it waits shortly for locks, and tries anew.

On PostgreSQL a statement that changes a table waits until whoever reads it has ended, and everybody who comes
after it waits behind it: one long report would stop the portal. So each wait has an end, and after a pause
the migration that was interrupted begins anew. Those before it are done.
"""

import time
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg import errors

# Seconds between two attempts.
PAUSE = 5.0


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout",
            type=int,
            default=3,
            metavar="SECONDS",
            help="on PostgreSQL: how long to wait for a table that others use; 0 for as long as it takes",
        )
        parser.add_argument(
            "--attempts", type=int, default=12, help="how often to begin anew after such a wait"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{options['lock_timeout']}s"])
        try:
            self._insist(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    def _insist(self, *args: Any, **options: Any) -> None:
        for attempt in range(1, options["attempts"] + 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, errors.LockNotAvailable) or attempt == options["attempts"]:
                    raise
                self.stderr.write(
                    f"A table is in use ({' '.join(str(error).split())}): again in {PAUSE:.0f} s, "
                    f"attempt {attempt + 1} of {options['attempts']}"
                )
                time.sleep(PAUSE)
            else:
                return
