"""Files that prove a step."""

import hashlib
import secrets
from typing import Any

from django.core.files.base import ContentFile, File

from feedback.tickets import file_types
from operations.errors import Invalid

MB = 1024 * 1024
LARGEST = 10 * MB


def keep(file: File) -> dict[str, Any]:
    """The columns of the evidence that a file is. Raises Invalid naming `file`."""
    if file.size == 0 or file.size > LARGEST:
        raise Invalid({"file": f"must not be empty, and have at most {LARGEST // MB} MB"})
    name = file_types.clean(file.name or "")
    file.seek(0)
    content = bytes(file.read())
    file_types.type_of(name, content)
    return {
        "file": ContentFile(content, name=secrets.token_hex(16)),
        "file_name": name,
        "digest": hashlib.sha256(content).hexdigest(),
    }
