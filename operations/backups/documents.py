"""What a backup is as JSON."""

from typing import Any

from operations.backups.manifests import Manifest
from operations.models import Backup


def backup_document(backup: Backup) -> dict[str, Any]:
    """A backup by its row."""
    return {
        "name": backup.name,
        "state": backup.state,
        "engine": backup.engine,
        "createdAt": backup.created_at,
        "createdBy": backup.created_by,
        "note": backup.note,
        "size": backup.size,
        "digest": backup.digest,
        "rows": backup.rows,
        "tables": len(backup.row_counts),
        "auditHead": backup.audit_head,
        "portalVersion": backup.portal_version,
        "verifiedAt": backup.verified_at,
        "verifiedBy": backup.verified_by,
        "verification": backup.verification,
        "removedAt": backup.removed_at,
    }


def manifest_document(manifest: Manifest) -> dict[str, Any]:
    """A backup that lies on the disk and that this database does not know."""
    return {
        "name": manifest.name,
        "state": "unknown",
        "engine": manifest.engine,
        "createdAt": manifest.created_at,
        "createdBy": manifest.created_by,
        "note": manifest.note,
        "size": manifest.size,
        "digest": manifest.digest,
        "rows": manifest.contents.rows,
        "tables": len(manifest.contents.row_counts),
        "auditHead": manifest.contents.audit_head,
        "portalVersion": manifest.portal_version,
    }
