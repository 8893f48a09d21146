"""The manifest: what a backup is, and the digest of each of its files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from operations.backups.contents import Contents
from operations.backups.folders import MANIFEST, private_file
from operations.errors import NotFound, Refused

FORMAT = 1


class FileFacts(NamedTuple):
    """Bytes and SHA-256 of one file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """One backup, as its folder describes it. `digest` is the SHA-256 of the manifest's own file."""

    name: str
    engine: str
    created_at: datetime
    created_by: str
    note: str
    portal_version: str
    contents: Contents
    files: Mapping[str, FileFacts]
    media_files: int
    digest: str = ""

    @property
    def size(self) -> int:
        """Bytes of the files that the manifest names."""
        return sum(facts.size for facts in self.files.values())


def facts_of(path: Path) -> FileFacts:
    """Read a file once for its digest."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileFacts(path.stat().st_size, digest)


def write(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest into a draft; return it with its digest."""
    values: dict[str, Any] = {
        "format": FORMAT,
        "name": manifest.name,
        "engine": manifest.engine,
        "createdAt": manifest.created_at.isoformat(),
        "createdBy": manifest.created_by,
        "note": manifest.note,
        "portalVersion": manifest.portal_version,
        "files": {name: facts._asdict() for name, facts in manifest.files.items()},
        "mediaFiles": manifest.media_files,
        "contents": asdict(manifest.contents),
    }
    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    private_file(folder / MANIFEST).write_text(text, encoding="utf-8")
    return read(folder)


def read(folder: Path) -> Manifest:
    """Read a folder's manifest. Raises NotFound where there is none, Refused where it is not whole."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except (OSError, ValueError):
        raise NotFound(f"{folder} is no backup: it has no {MANIFEST} that can be read.") from None
    try:
        values = json.loads(text)
        if values["format"] != FORMAT:
            raise Refused("other_format", f"{folder} is of a format that this version does not know.")
        return Manifest(
            name=str(values["name"]),
            engine=str(values["engine"]),
            created_at=datetime.fromisoformat(values["createdAt"]),
            created_by=str(values["createdBy"]),
            note=str(values["note"]),
            portal_version=str(values["portalVersion"]),
            contents=Contents(**values["contents"]),
            files={str(name): FileFacts(**facts) for name, facts in values["files"].items()},
            media_files=int(values["mediaFiles"]),
            digest=hashlib.sha256(text).hexdigest(),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("damaged_manifest", f"{folder / MANIFEST} is damaged: it cannot be read.") from None


def faults(folder: Path, manifest: Manifest, *, digest: str = "") -> list[str]:
    """Every file that is not what the manifest says; `digest`: what the manifest's own must be."""
    found = []
    if digest and manifest.digest != digest:
        found.append(f"{MANIFEST} was changed after the backup was made")
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif (size := path.stat().st_size) != expected.size:
            found.append(f"{name} has {size:,} bytes of {expected.size:,}")
        elif facts_of(path).sha256 != expected.sha256:
            found.append(f"{name} was changed: its digest is another")
    return found
