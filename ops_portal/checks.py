"""System checks of the portal's settings; those for production run with `manage.py check --deploy`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.http.request import validate_host


@register(Tags.files)
def var_is_writable(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E001: the portal cannot write its own folder."""
    if os.access(settings.VAR_DIR, os.W_OK | os.X_OK):
        return []
    return [
        checks.Error(
            f"The folder {settings.VAR_DIR} cannot be written.",
            hint="Give it to the user who runs the portal, or name another one in VAR_DIR.",
            id="ops_portal.E001",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def static_files_are_collected(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E002: pages know the names of their styles and scripts from what `collectstatic` wrote."""
    manifest = Path(settings.STATIC_ROOT) / ManifestStaticFilesStorage.manifest_name
    hashed = "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]
    if not hashed or settings.DEBUG or manifest.is_file():
        return []
    return [
        checks.Error(
            f"The static files are not collected: there is no {manifest}, and no page can be shown.",
            hint="Run manage.py collectstatic --noinput before the portal is started.",
            id="ops_portal.E002",
        )
    ]


@register(Tags.database, deploy=True)
def database_for_production(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """W001: SQLite has one writer at a time."""
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        return []
    return [
        checks.Warning(
            "The database is SQLite.", hint="Set DATABASE_URL to a PostgreSQL database.", id="ops_portal.W001"
        )
    ]


@register(Tags.caches, deploy=True)
def broker_for_production(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """W002: without Redis every process counts its own API rates, and the queue is a folder."""
    if settings.REDIS_URL:
        return []
    return [checks.Warning("There is no Redis.", hint="Set REDIS_URL.", id="ops_portal.W002")]


@register(Tags.security, deploy=True)
def https_for_production(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """W003: keys and sessions travel in clear text."""
    if settings.HTTPS:
        return []
    return [
        checks.Warning(
            "HTTPS is off.",
            hint="Put the portal behind a proxy that speaks HTTPS and set HTTPS=true.",
            id="ops_portal.W003",
        )
    ]


@register(Tags.urls, deploy=True)
def links_lead_to_the_portal(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """W004: what messages link to is this machine alone, or a name that the portal does not answer to."""
    host = urlsplit(settings.PORTAL_URL).hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"}:
        fault = f"Links in messages lead to {settings.PORTAL_URL}: to the machine of whoever follows them."
    elif not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        fault = f"Links in messages lead to {host}, which is not one of ALLOWED_HOSTS."
    else:
        return []
    return [
        checks.Warning(
            fault,
            hint="Set PORTAL_URL to the origin that people reach the portal by.",
            id="ops_portal.W004",
        )
    ]
