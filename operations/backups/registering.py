"""The row of a backup that lies on the disk."""

import tomllib
from functools import cache

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from operations.backups.manifests import Manifest
from operations.models import Backup


def register(manifest: Manifest, *, using: str = DEFAULT_DB_ALIAS) -> Backup:
    """Make the row of a backup in a database, unless it has one."""
    values = {
        "engine": manifest.engine,
        "created_at": manifest.created_at,
        "created_by": manifest.created_by,
        "note": manifest.note,
        "size": manifest.size,
        "digest": manifest.digest,
        "portal_version": manifest.portal_version,
        "migrations": manifest.contents.migrations,
        "row_counts": manifest.contents.row_counts,
        "audit_head": manifest.contents.audit_head,
    }
    return Backup.objects.using(using).get_or_create(name=manifest.name, defaults=values)[0]


@cache
def portal_version() -> str:
    """The version of the code that runs, "" where nobody wrote it down."""
    try:
        with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])[:40]
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return ""
