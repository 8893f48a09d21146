"""Answers that many ask for again and again: an ETag, and a moment for which they may be kept."""

import hashlib
import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

# Seconds after which a copy is asked for again.
FRESH_FOR = 10


def kept(request: Request, document: Any) -> Response:
    """`document` with its ETag, or 304 where the sender has it. What a key was needed for is kept by none."""
    text = json.dumps(document, cls=JSONEncoder, sort_keys=True)
    etag = f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'
    whose = "private, no-cache" if request.auth else f"public, max-age={FRESH_FOR}"
    headers = {"ETag": etag, "Cache-Control": whose, "Vary": "Authorization, X-API-Key"}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers)
    return Response(document, headers=headers)
