"""What the benchmarks share: a database of their own, the clock, the memory, the table."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg
from django.conf import settings

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"
# Of each run its own: two at once must not drop one another's.
NAME = f"ops_portal_bench_{os.getpid()}"


@contextmanager
def fresh_database() -> Iterator[None]:
    """An empty, migrated PostgreSQL database on the server of BENCH_DATABASE_URL, dropped at the end."""
    server = os.environ.get("BENCH_DATABASE_URL", POSTGRESQL)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {NAME}")
        try:
            os.environ["DATABASE_URL"] = server.rsplit("/", 1)[0] + f"/{NAME}"
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")
            django.setup()
            _migrate()
            yield
        finally:
            _disconnect()
            admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def _migrate() -> None:
    from django.core.management import call_command

    assert settings.DATABASES["default"]["NAME"] == NAME
    call_command("migrate", verbosity=0)


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


def timed(operation: Callable[[], object]) -> float:
    """Seconds that `operation` takes."""
    begun = time.perf_counter()
    operation()
    return time.perf_counter() - begun


def resident() -> float:
    """This process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, columns aligned."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    sys.stdout.write(f"\n{title}\n")
    for row in [header, *rows]:
        cells = [
            cell.ljust(width) if not number else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
