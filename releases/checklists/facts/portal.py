"""The portal's own parts: database, cache and queue, migrations, the machine it runs on, its backups."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from monitoring.models import GaugeReading
from operations.models import Backup
from releases.checklists.facts.scene import Fact, Scene, ago

GIGABYTE = 1024**3
# The checklist's, "Resource Availability".
LEAST_DISK, LEAST_MEMORY, MOST_CPU = 5 * GIGABYTE, 2 * GIGABYTE, 70
BACKUP_WITHIN = timedelta(hours=24)
HEARD_WITHIN = timedelta(hours=1)
# Seconds that a Redis which says nothing may take.
REDIS_TIMEOUT = 2.0


def database(scene: Scene) -> Fact:
    try:
        with connection.cursor() as cursor:
            postgres = connection.vendor == "postgresql"
            cursor.execute("SHOW server_version" if postgres else "SELECT sqlite_version()")
            version = cursor.fetchone()[0]
    except DatabaseError:
        return Fact(False, "The database does not answer.")
    return Fact(True, f"The portal's database answers: {connection.display_name} {version}.")


def cache_and_queue(scene: Scene) -> Fact:
    """Redis, or what is embedded in its place."""
    if settings.REDIS_URL:
        return _redis()
    cache.set("checklist-proof", "here", timeout=10)
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    if cache.get("checklist-proof") != "here" or not os.access(folder, os.W_OK):
        return Fact(False, "The embedded cache or queue cannot be written.")
    return Fact(True, "There is no Redis; the embedded cache and queue answer.")


def _redis() -> Fact:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT
        ) as client:
            found = client.info("server")
    except redis.RedisError:
        return Fact(False, "Redis does not answer.")
    version = found.get("redis_version", "of an unknown version") if isinstance(found, dict) else ""
    return Fact(True, f"Redis answers, for cache and queue: {version}.")


def migrations(scene: Scene) -> Fact:
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending:
        return Fact(False, f"{pending} migrations of the portal are not applied.")
    return Fact(True, "All migrations of the portal are applied.")


def disk(scene: Scene) -> Fact:
    free = shutil.disk_usage(settings.VAR_DIR).free
    return Fact(free >= LEAST_DISK, f"The portal's disk has {_gigabytes(free)} free, of at least 5 GB.")


def memory(scene: Scene) -> Fact:
    free = _free_memory()
    if free is None:
        return Fact(None, "This machine does not say how much memory is free.")
    return Fact(free >= LEAST_MEMORY, f"The portal's machine has {_gigabytes(free)} free, of at least 2 GB.")


def _free_memory() -> int | None:
    """Bytes that programs can still have, as Linux tells it."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split() for line in lines if line.startswith("MemAvailable:")]
    return int(found[0][1]) * 1024 if found else None


def processor(scene: Scene) -> Fact:
    load = 100 * os.getloadavg()[0] / (os.cpu_count() or 1)
    return Fact(load < MOST_CPU, f"The portal's processors are loaded to {load:.0f} %, of at most 70 %.")


def product_resources(scene: Scene) -> Fact:
    """What the product's own servers said of themselves within the hour."""
    newest = (
        GaugeReading.objects.filter(module=scene.module, at__gte=scene.now - HEARD_WITHIN)
        .order_by("-at")
        .first()
    )
    if newest is None or newest.cpu is None:
        return Fact(None, "The product's servers have told nothing of themselves.")
    told = {"processors": newest.cpu, "memory": newest.memory, "disk": newest.disk}
    words = ", ".join(f"{name} {value:.0f} %" for name, value in told.items() if value is not None)
    return Fact(newest.cpu < MOST_CPU, f"The product's servers are in use: {words}.")


def backup(scene: Scene) -> Fact:
    age = Backup.objects.newest_proven_age(scene.now)
    if age is None:
        return Fact(False, "There is no backup of the portal's database that was proved by restoring it.")
    text = f"The newest proven backup of the portal's database was made {ago(age)}"
    return Fact(age < BACKUP_WITHIN, f"{text}." if age < BACKUP_WITHIN else f"{text}: over 24 h.")


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.0f} GB"
