"""A repeated request is done once: the first answer is kept and given again.

The row is inserted in the transaction of the operation itself: a second request with the same key waits
for the first to commit, and a crash leaves neither.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from operations.errors import Invalid, Refused
from operations.models import ApiKey, IdempotencyKey

KEPT_FOR = timedelta(hours=24)
LONGEST = 200

Answer = tuple[int, Any]


@transaction.atomic
def once(api_key: ApiKey, path: str, key: str, body: bytes, operation: Callable[[], Answer]) -> Answer:
    """Run `operation` and keep its answer (status, JSON), or give the answer kept for the same request.

    Raises Invalid for a key of more than 200 characters, and Refused when the key came with another body.
    """
    if len(key) > LONGEST:
        raise Invalid({"Idempotency-Key": f"must have at most {LONGEST} characters"})
    digest = hashlib.sha256(body).hexdigest()
    mine = IdempotencyKey.objects.filter(api_key=api_key, path=path, key=key)
    mine.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            kept = IdempotencyKey.objects.create(api_key=api_key, path=path, key=key, body_digest=digest)
    except IntegrityError:
        earlier = mine.get()
        if earlier.body_digest != digest:
            raise Refused(
                "idempotency_key_reused", "This Idempotency-Key came before with another body: use a new one."
            ) from None
        return earlier.status, earlier.answer
    kept.status, kept.answer = operation()
    kept.save(update_fields=["status", "answer"])
    return kept.status, kept.answer


def purge() -> int:
    """Delete the answers older than 24 hours and return how many there were."""
    return IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()[0]
