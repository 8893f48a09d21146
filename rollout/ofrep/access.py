"""Who may ask: keys, the origins of browser keys, and how often. Without a query."""

import hashlib
import hmac
import itertools
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone

from operations import keys
from operations.doors.api import WINDOWS
from rollout.ofrep.replies import Header, Turned
from rollout.serving.snapshot import KeyFacts, Snapshot

Environ = Mapping[str, Any]

CHALLENGE: Header = ("WWW-Authenticate", 'Bearer realm="ops-portal"')
ALLOWED_HEADERS = "authorization, content-type, if-none-match, user-id, workspace-id, x-api-key"
VARY: Header = ("Vary", "Origin")
# Names that are counted at once; beyond that the window begins anew, which is generous for a moment.
MOST_COUNTED = 100_000


class Rate:
    """Counts requests by name in whole windows of time, in this process; a rate reads `60/min`."""

    def __init__(self, rate: str) -> None:
        count, _, period = rate.partition("/")
        self._most, self._window = int(count), WINDOWS[period[0]]
        self._ends = 0.0
        # A counter of the interpreter's own counts for many threads without a lock.
        self._counts: dict[object, Iterator[int]] = {}

    def count(self, name: object) -> None:
        """Count one request. Raises Turned for one too many in this window."""
        now = time.time()
        if not 0 < self._ends - now <= self._window or len(self._counts) > MOST_COUNTED:
            self._ends, self._counts = (now // self._window + 1) * self._window, {}
        counter = self._counts.get(name) or self._counts.setdefault(name, itertools.count(1))
        if next(counter) > self._most:
            wait = max(1, int(self._ends - now) + 1)
            # Whole seconds and never a date: clients crash on one, or wait 2026 seconds.
            raise Turned(429, "Too many requests.", headers=[("Retry-After", str(wait))])


class Access:
    """Checks the keys of requests against what the process knows of them."""

    def __init__(self, by_key: Rate, by_address: Rate) -> None:
        self._by_key, self._by_address = by_key, by_address
        # A snapshot, and its keys by the digest of the headers that were found to name them.
        self._checked: tuple[Snapshot | None, dict[bytes, KeyFacts]] = (None, {})

    def check(self, environ: Environ, snapshot: Snapshot) -> KeyFacts:
        """The key of a request that may evaluate flags. Raises Turned: 401, 403 or 429."""
        key = self._find(environ, snapshot)
        if key is None or (key.expires_at is not None and key.expires_at <= timezone.now()):
            self._by_address.count(environ.get("REMOTE_ADDR"))
            raise Turned(
                401,
                "A key that may evaluate flags is needed, as Authorization: Bearer KEY or X-API-Key: KEY.",
                headers=[CHALLENGE],
            )
        if not key.evaluates:
            self._by_address.count(environ.get("REMOTE_ADDR"))
            raise Turned(403, "This call asks for a key with the scope evaluate.")
        if key.origins is not None and environ.get("HTTP_ORIGIN") not in key.origins:
            self._by_address.count(environ.get("REMOTE_ADDR"))
            raise Turned(403, "This browser key is not for pages of this origin.")
        self._by_key.count(key.pk)
        keys.last_use.note(key.pk)
        return key

    def _find(self, environ: Environ, snapshot: Snapshot) -> KeyFacts | None:
        """The key that a request names; what was checked once against this snapshot is known again."""
        checked_by, checked = self._checked
        if checked_by is not snapshot:
            checked = {}
            self._checked = (snapshot, checked)
        told, other = environ.get("HTTP_AUTHORIZATION") or "", environ.get("HTTP_X_API_KEY")
        if other is not None:
            # No header holds a line's end.
            told = f"{told}\n{other}"
        digest = hashlib.sha256(told.encode(errors="surrogatepass")).digest()
        key = checked.get(digest)
        if key is None:
            key = _find(environ, snapshot)
            if key is not None and len(checked) < MOST_COUNTED:
                checked[digest] = key
        return key


def cors(environ: Environ, snapshot: Snapshot) -> tuple[Header, ...]:
    """The headers that let a page of an origin that some key names read the reply."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        return ()
    if origin not in snapshot.origins:
        return (VARY,)
    return (
        VARY,
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", "ETag, Retry-After"),
    )


def preflight(allowed: tuple[Header, ...], methods: str) -> tuple[Header, ...]:
    """The headers of an answer to OPTIONS, for a route that takes these methods."""
    return (
        *allowed,
        ("Allow", methods),
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
        ("Access-Control-Max-Age", "7200"),
    )


def _find(environ: Environ, snapshot: Snapshot) -> KeyFacts | None:
    text = keys.sent(environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_X_API_KEY"))
    parts = keys.split(text or "")
    key = snapshot.keys.get(parts[0]) if parts else None
    if parts is None or key is None or not hmac.compare_digest(key.digest, keys.digest(parts[1])):
        return None
    return key
