"""Making, finding and revoking API keys.

A key reads `ops_PREFIX_SECRET`; the secret holds 160 random bits, so one round of SHA-256 is enough: there
is nothing to guess that a slow hash would protect.
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.models import ApiKey
from operations.models.keys import Scope

PREFIX_BYTES = 5
SECRET_BYTES = 20
FLUSH_SECONDS = 10


@transaction.atomic
def create(
    name: str, scopes: Sequence[str], *, actor: Actor, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its plain text, which is not kept anywhere.

    Raises Invalid for a name that is empty, too long or taken, an unknown scope, none, or a past expiry.
    """
    actor.require("operations.add_apikey", "create API keys")
    name = name.strip()
    faults = {}
    if not 0 < len(name) <= 100:
        faults["name"] = "must have 1 to 100 characters"
    elif ApiKey.objects.filter(name=name).exists():
        faults["name"] = f"{name!r} is taken by another key"
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        named = f"{', '.join(unknown)} unknown; " if unknown else ""
        faults["scopes"] = f"{named}must be one or more of {', '.join(Scope.values)}"
    if expires_at and expires_at <= timezone.now():
        faults["expires_at"] = "must lie in the future"
    if faults:
        raise Invalid(faults)
    prefix, secret = _base32(PREFIX_BYTES), _base32(SECRET_BYTES)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        scopes=sorted(set(scopes)),
        created_by=str(actor),
        expires_at=expires_at,
    )
    audit.record("api_key.created", actor=actor, subject=key, data={"scopes": key.scopes, "prefix": prefix})
    return key, f"ops_{prefix}_{secret}"


@transaction.atomic
def revoke(key: ApiKey, *, actor: Actor) -> None:
    """Revoke a key at once and for good. Raises Refused when it was revoked before."""
    actor.require("operations.revoke_apikey", "revoke API keys")
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Refused("revoked", f"The key {key} was revoked before.")
    key.refresh_from_db()
    audit.record("api_key.revoked", actor=actor, subject=key)


def find(text: str) -> ApiKey | None:
    """The active key that `text` is the plain text of, or None."""
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != "ops":
        return None
    key = ApiKey.objects.active().filter(prefix=parts[1]).first()
    if key is None or not hmac.compare_digest(key.digest, _digest(parts[2])):
        return None
    return key


class LastUse:
    """Remembers in process when keys were used and writes it down in batches, one UPDATE per time of use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[int, datetime] = {}
        self._timer: threading.Timer | None = None

    def note(self, key: ApiKey) -> None:
        """Remember that `key` was used now; it is written within FLUSH_SECONDS."""
        with self._lock:
            self._used[key.pk] = timezone.now()
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self._flush_and_close)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what is remembered."""
        with self._lock:
            used, self._used = self._used, {}
            self._timer = None
        ApiKey.objects.bulk_update(
            [ApiKey(pk=pk, last_used_at=at) for pk, at in used.items()], ["last_used_at"], batch_size=500
        )

    def _flush_and_close(self) -> None:
        try:
            self.flush()
        finally:
            connection.close()


last_use = LastUse()


def _base32(size: int) -> str:
    return base64.b32encode(secrets.token_bytes(size)).decode().lower()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
