"""Which files are taken: by their content, which their name has to agree with."""

import re
import unicodedata
from pathlib import PurePosixPath

import puremagic

from feedback import redaction
from operations.errors import Invalid

TEXT = "text/plain"
ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": TEXT,
    "log": TEXT,
    "csv": "text/csv",
}
# What a browser may show by itself.
RASTER = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
LONGEST_NAME = 200
# Bytes by which a kind is told; the longest signature that is taken has a dozen.
HEAD = 4_096

_BINARY = frozenset(kind for kind in ENDINGS.values() if not kind.startswith("text/"))
_BAD_IN_NAMES = re.compile(r'[<>:"|?*]')
# None of these stands in text; logs have tabs, form feeds and the escape of a terminal's colours.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_MARKUP = re.compile(
    r"[\s\ufeff]*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|script|svg|\?xml)", re.I | re.S
)


def clean(name: str) -> str:
    """A file's name as it can be shown and saved anywhere.

    Without paths, characters that nobody sees or that turn the order of others, and patient data; its ending
    in small letters.
    """
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    seen = "".join(" " if each.isspace() else each for each in last if not _unseen(each))
    path = PurePosixPath(_BAD_IN_NAMES.sub("_", " ".join(seen.split())).lstrip(". "))
    ending = path.suffix.lower()
    stem = redaction.redact(path.stem).text or "file"
    return stem[: LONGEST_NAME - len(ending)] + ending


def type_of(name: str, content: bytes) -> str:
    """The media type of `content`. Raises Invalid for one that is not taken, or not what `name` says."""
    ending = PurePosixPath(name).suffix[1:]
    if ending not in ENDINGS:
        raise Invalid({"file": f"must be a file that ends in {', '.join(ENDINGS)}"})
    promised = ENDINGS[ending]
    found = _magic(content)
    agrees = promised in found if promised in _BINARY else not found & _BINARY and _is_text(content)
    if not agrees:
        raise Invalid({"file": f"must be what its name says: its content is not that of a .{ending} file"})
    return promised


def _magic(content: bytes) -> set[str]:
    """The media types of which the content's first bytes speak most; empty where they say nothing."""
    try:
        matches = puremagic.magic_string(content[:HEAD])
    except (puremagic.PureError, ValueError):
        return set()
    most = max((match.confidence for match in matches), default=0)
    return {match.mime_type for match in matches if match.confidence == most}


def _is_text(content: bytes) -> bool:
    """Text that no browser takes for a page."""
    text = _decoded(content)
    return _CONTROLS.search(text) is None and _MARKUP.match(text[:HEAD]) is None


def _decoded(content: bytes) -> str:
    """As a program on Windows or elsewhere wrote it; bytes that no encoding has become NUL."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").replace("\ufffd", "\0")


def _unseen(character: str) -> bool:
    return unicodedata.category(character).startswith("C") and not character.isspace()
