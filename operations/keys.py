"""Making, finding and revoking API keys.

A key reads `ops_PREFIX_SECRET`; the secret holds 160 random bits, so one round of SHA-256 is enough: there
is nothing to guess that a slow hash would protect.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.db import Error, connection, transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from operations import audit, feed, key_rules
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.models import ApiKey

PREFIX_BYTES = 5
SECRET_BYTES = 20
FLUSH_SECONDS = 10

logger = logging.getLogger(__name__)


@transaction.atomic
def create(
    name: str,
    scopes: Sequence[str],
    *,
    actor: Actor,
    expires_at: datetime | None = None,
    kind: str = ApiKey.Kind.SERVER,
    modules: Sequence[str] = (),
    origins: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key and return it with its plain text, which is not kept anywhere.

    A browser key is no secret: it only evaluates flags, of `modules`, for pages of `origins`. A server key
    may be limited to `modules` too, where evaluating is all that it does. Raises Invalid for a name that is
    empty, too long or taken, an unknown scope, none, a past expiry, or what does not fit the kind.
    """
    actor.require("operations.add_apikey", "create API keys")
    name = name.strip()
    faults = {**key_rules.faults(kind, scopes, modules, origins), **_name_faults(name)}
    if expires_at and expires_at <= timezone.now():
        faults["expires_at"] = "must lie in the future"
    if faults:
        raise Invalid(faults)
    prefix, secret = _base32(PREFIX_BYTES), _base32(SECRET_BYTES)
    key = ApiKey.objects.create(
        name=name,
        kind=kind,
        prefix=prefix,
        digest=digest(secret),
        scopes=sorted(set(scopes)),
        modules=sorted(set(modules)),
        origins=sorted(filter(None, set(map(key_rules.origin, origins)))),
        created_by=str(actor),
        expires_at=expires_at,
    )
    feed.announce(feed.KEYS)
    about = {field: getattr(key, field) for field in ("kind", "scopes", "modules", "origins", "prefix")}
    audit.record("api_key.created", actor=actor, subject=key, data=about)
    return key, f"ops_{prefix}_{secret}"


@transaction.atomic
def revoke(key: ApiKey, *, actor: Actor) -> None:
    """Revoke a key at once and for good. Raises Refused when it was revoked before."""
    actor.require("operations.revoke_apikey", "revoke API keys")
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Refused("revoked", f"The key {key} was revoked before.")
    key.refresh_from_db()
    feed.announce(feed.KEYS)
    audit.record("api_key.revoked", actor=actor, subject=key)


def find(text: str) -> ApiKey | None:
    """The active key that `text` is the plain text of, or None."""
    parts = split(text)
    if parts is None:
        return None
    prefix, secret = parts
    key = ApiKey.objects.active().filter(prefix=prefix).first()
    return key if key and hmac.compare_digest(key.digest, digest(secret)) else None


def sent(authorization: str | None, x_api_key: str | None) -> str | None:
    """The plain text of a key in these two headers of a request, a bearer's first, or None."""
    kind, _, text = (authorization or "").strip().partition(" ")
    return text.strip() if kind.lower() == "bearer" else x_api_key


def split(text: str) -> tuple[str, str] | None:
    """The prefix and the secret of a key's plain text, without a query; None for text of another form.

    The text is one of the key that has this prefix when `digest(secret)` is that key's digest: compare them
    with `hmac.compare_digest`.
    """
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != "ops" or not (text.isascii() and text.isprintable()):
        return None
    return parts[1], parts[2]


def digest(secret: str) -> str:
    """What is stored of a secret, in hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


class LastUse:
    """Remembers in process when keys were used, to the second, and writes it down in batches.

    For several threads: all but one call in a second for each key take no lock and do no more than look up
    a number. What could not be written is kept and tried again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[int, float] = {}
        self._timer: threading.Timer | None = None

    def note(self, pk: int) -> None:
        """Remember that the key `pk` was used now; it is written within FLUSH_SECONDS."""
        now = time.time()
        if 0 <= now - self._used.get(pk, 0) < 1:
            return
        with self._lock:
            self._used[pk] = now
            self._set_timer()

    def flush(self) -> None:
        """Write what is remembered. Raises what the database raises, and remembers it all the same."""
        with self._lock:
            used, self._used = self._used, {}
            self._timer = None
        try:
            _write(used)
        except Error:
            with self._lock:
                self._used = {**used, **self._used}
                self._set_timer()
            raise

    def _set_timer(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(FLUSH_SECONDS, self._flush_and_close)
            self._timer.daemon = True
            self._timer.start()

    def _flush_and_close(self) -> None:
        try:
            self.flush()
        except Error as error:
            logger.warning("when keys were used last could not be written, later again: %s", error)
        finally:
            connection.close()


last_use = LastUse()


def _write(used: Mapping[int, float]) -> None:
    """Never back: another process may have written a later use of the same key."""
    rows = []
    for pk, seconds in used.items():
        at = Value(datetime.fromtimestamp(seconds, UTC), output_field=DateTimeField())
        rows.append(ApiKey(pk=pk, last_used_at=Greatest(Coalesce("last_used_at", at), at)))
    ApiKey.objects.bulk_update(rows, ["last_used_at"], batch_size=200)


def _name_faults(name: str) -> dict[str, str]:
    if not 0 < len(name) <= 100:
        return {"name": "must have 1 to 100 characters"}
    if ApiKey.objects.filter(name=name).exists():
        return {"name": f"{name!r} is taken by another key"}
    return {}


def _base32(size: int) -> str:
    return base64.b32encode(secrets.token_bytes(size)).decode().lower()
