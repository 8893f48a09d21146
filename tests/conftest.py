"""What every test stands on: its own database, cache and broker, and settings that no `.env` changes."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection, models, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import settings as hypothesis_settings

from ops_portal import demo_clock
from tests.audit_tables import unprotected

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
FOLDER = Path(tempfile.gettempdir()) / f"ops-portal-tests-{os.getpid()}-{WORKER}"

# A shared machine makes single examples slow now and then, and a change must not fail for an example that has
# nothing to do with it. HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis_settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis_settings.register_profile("explore", deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_configure(config: pytest.Config) -> None:
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    settings.VAR_DIR = FOLDER
    settings.STATIC_ROOT = FOLDER
    # Nothing was collected: names without digests.
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }
    settings.MEDIA_ROOT = FOLDER / "media"
    settings.BACKUP_DIR, settings.BACKUP_DAILY = FOLDER / "backups", False
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.TIME_ZONE = "UTC"
    settings.DEMO_CLOCK = False
    demo_clock.CLOCK.detach()
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    settings.OPS_ADMIN_PASSWORD = settings.MONITORING_CRON_SECRET = settings.AUDIT_HEAD_EMAIL = ""
    settings.METRICS_TOKEN, settings.PROMETHEUS_METRICS_ENABLED = "", True
    settings.PROMETHEUS_URL = settings.ALERTMANAGER_URL = settings.HEARTBEAT_URL = ""
    settings.PORTAL_URL, settings.WATCHMAN = "https://portal.example.org", False
    settings.OUTGOING_ALLOWED_NETWORKS, settings.APPRISE_HOSTS = [], []
    settings.ENVIRONMENT_OVERRIDES = {
        "health_management": {
            "enabled": None,
            "internal": [],
            "beta_percentage": None,
            "rollout_percentage": None,
        }
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if settings.REDIS_URL:
        # The same Redis may serve a running portal, and the other test worker.
        settings.CACHES["default"]["KEY_PREFIX"] = _redis_prefix()
        settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{_redis_prefix()}:broker:"
    else:
        for name in ("queue", "control"):
            (FOLDER / name).mkdir(exist_ok=True)
        settings.CELERY_BROKER_TRANSPORT_OPTIONS.update(
            data_folder_in=str(FOLDER / "queue"),
            data_folder_out=str(FOLDER / "queue"),
            control_folder=str(FOLDER / "control"),
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Keep what is loaded until now out of the garbage collector's rounds: a sixth of the suite's time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if connection.vendor == "postgresql":
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL")
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """SQLite tests run on a file, as the portal does: one in memory has other locks and no WAL."""
    if connection.vendor == "sqlite":
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(FOLDER / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the flush after a transactional test lead back to what the migrations left.

    Django empties every table then. The append-only tables refuse that, and the groups and permissions that
    the migrations made would be gone for the tests after it.
    """
    with django_db_blocker.unblock():
        migrated = _everything()

    plain = BaseDatabaseOperations.execute_sql_flush

    def flush(self: BaseDatabaseOperations, sql_list: Any) -> None:
        with unprotected(self.connection):
            plain(self, sql_list)
        with transaction.atomic():
            for model, rows in migrated.items():
                model._base_manager.bulk_create(rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush)
        yield


def _everything() -> dict[type[models.Model], list[models.Model]]:
    found = {
        model: list(model._base_manager.all())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    return {model: rows for model, rows in found.items() if rows}


@pytest.fixture(autouse=True)
def clean_cache() -> Iterator[None]:
    """Nothing that one test cached, such as a rate, is there for the next."""
    yield
    if settings.REDIS_URL:
        client = cache._cache.get_client(None, write=True)  # type: ignore[attr-defined]
        for key in client.scan_iter(match=f"{_redis_prefix()}:*"):
            client.delete(key)
    else:
        cache.clear()


def _redis_prefix() -> str:
    return f"test-{os.getpid()}-{WORKER}"
