"""The uploaded files of a backup: a tar, and beside it their digests as `sha256sum --check` reads them."""

import hashlib
import os
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

from operations.backups.folders import PRIVATE_FILE, PRIVATE_FOLDER, Progress, private_file, silent

TAR, DIGESTS = "media.tar", "media.sha256"
CHUNK = 1 << 20


class _Hashed:
    """A file that is read once, for the tar and for its digest."""

    def __init__(self, stream: IO[bytes], progress: Progress) -> None:
        self._stream, self._progress = stream, progress
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(size)
        self.digest.update(found)
        self._progress(len(found))
        return found


def pack(media: Path, folder: Path, progress: Progress = silent) -> int:
    """Write every file below `media` into `folder`, one at a time, and return how many there were.

    A file that is deleted meanwhile is left out: its row was deleted as well.
    """
    count = 0
    with (
        tarfile.open(private_file(folder / TAR), "w", format=tarfile.PAX_FORMAT) as tar,
        private_file(folder / DIGESTS).open("w", encoding="utf-8", newline="\n") as digests,
    ):
        for path in _files(media):
            with suppress(FileNotFoundError), path.open("rb") as stream:
                info = tar.gettarinfo(arcname=path.relative_to(media).as_posix(), fileobj=stream)
                hashed = _Hashed(stream, progress)
                tar.addfile(info, hashed)
                digests.write(_line(info.name, hashed.digest.hexdigest()))
                count += 1
    return count


def names(folder: Path) -> set[str]:
    """The files that a backup holds, by their path below MEDIA_ROOT."""
    return {name for name, _ in _listed(folder)}


def faults(folder: Path, progress: Progress = silent) -> list[str]:
    """Read the whole tar: every file that is missing from it, or is not what was saved."""
    expected = dict(_listed(folder))
    found = []
    try:
        with tarfile.open(folder / TAR) as tar:
            for info in tar:
                digest = hashlib.sha256()
                for chunk in _chunks(tar, info):
                    digest.update(chunk)
                    progress(len(chunk))
                if (wanted := expected.pop(info.name, None)) is None:
                    found.append(f"the uploaded file {info.name} is not in the list of digests")
                elif wanted != digest.hexdigest():
                    found.append(f"the uploaded file {info.name} was changed")
    except (tarfile.TarError, OSError) as error:
        found.append(f"{TAR} cannot be read: {error}")
    return [*found, *(f"the uploaded file {name} is missing" for name in expected)]


def unpack(folder: Path, media: Path, progress: Progress = silent) -> int:
    """Put every file back below `media`, each in one step; return how many. Others there are left alone."""
    count = 0
    with tarfile.open(folder / TAR) as tar:
        for info in tar:
            place = _inside(media, info.name)
            if place is None or not info.isreg():
                continue
            place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            draft = private_file(place.with_name(f".restore-{secrets.token_hex(6)}"))
            try:
                with draft.open("wb") as stream:
                    for chunk in _chunks(tar, info):
                        stream.write(chunk)
                        progress(len(chunk))
                draft.chmod(PRIVATE_FILE)
                draft.replace(place)
            finally:
                draft.unlink(missing_ok=True)
            count += 1
    return count


def _files(media: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(media):
        folders.sort()
        for name in sorted(files):
            path = Path(parent) / name
            # A link leads out of the folder, and the portal makes none.
            if path.is_file() and not path.is_symlink():
                yield path


def _chunks(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    if (stream := tar.extractfile(info)) is None:
        return
    left = info.size
    while chunk := stream.read(min(CHUNK, left)):
        left -= len(chunk)
        yield chunk


def _inside(media: Path, name: str) -> Path | None:
    """Where a file goes; None for a name that leads out of the folder."""
    parts = PurePosixPath(name).parts
    return media.joinpath(*parts) if parts and parts[0] != "/" and ".." not in parts else None


def _line(name: str, digest: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    with (folder / DIGESTS).open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            digest, _, name = line.rstrip("\n").partition("  ")
            if digest.startswith("\\"):
                digest, name = digest[1:], _unescaped(name)
            yield name, digest


def _unescaped(name: str) -> str:
    return "\\".join(part.replace("\\n", "\n") for part in name.split("\\\\"))
