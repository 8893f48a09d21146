"""A JSON file that is there whole or not at all: whoever reads it meanwhile has the one before."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from operations.doors.command import Encoder
from operations.errors import Invalid

# What a file has that a program makes; a temporary one is its owner's alone.
USUAL_MODE = 0o666


@contextmanager
def written(name: str | None) -> Iterator[Callable[[Any], None]]:
    """What writes a document to the file of this name; to nowhere without one.

    That the file can be written is known before the work begins. Raises Invalid for a folder and for a path
    that cannot be written; the file that was there before stays then.
    """
    if name is None:
        yield lambda document: None
        return
    path = Path(name)
    if path.is_dir():
        raise Invalid({"output": f"{name} is a folder: name a file in it"})
    # A device or a pipe has nothing to replace.
    if path.exists() and not path.is_file():
        yield lambda document: _write_through(path, document)
        return
    try:
        number, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    except OSError as error:
        raise Invalid({"output": f"{name} cannot be written ({error.strerror})"}) from error
    os.close(number)
    temporary = Path(beside)

    def write(document: Any) -> None:
        try:
            temporary.write_text(_spelled(document), encoding="utf-8")
            temporary.chmod(_mode(path))
            temporary.replace(path)
        except OSError as error:
            raise Invalid({"output": f"{name} cannot be written ({error.strerror})"}) from error

    try:
        yield write
    finally:
        temporary.unlink(missing_ok=True)


def _write_through(path: Path, document: Any) -> None:
    try:
        path.write_text(_spelled(document), encoding="utf-8")
    except OSError as error:
        raise Invalid({"output": f"{path} cannot be written ({error.strerror})"}) from error


def _spelled(document: Any) -> str:
    return json.dumps(document, cls=Encoder, indent=2, ensure_ascii=False) + "\n"


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, or of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return USUAL_MODE & ~mask
