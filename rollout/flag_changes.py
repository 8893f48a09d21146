"""What the verbs on flags share: the lock, the version, the audit event, the announcement."""

from typing import Any

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Refused
from rollout.models import Flag
from rollout.modules import lock_plan
from rollout.topics import FLAGS


def lock(flag: Flag, *, version: int | None = None) -> Flag:
    """The flag as it is now, locked after the module's live plan: their records cannot disagree.

    `version` is what the asker was shown; Refused when the flag changed since, None when it doesn't matter.
    """
    lock_plan(flag.module)
    current = Flag.objects.select_for_update(of=("self",)).select_related("module").get(pk=flag.pk)
    if version is not None and version != current.version:
        raise Refused(
            "stale",
            f"{current} changed since this was shown (version {version}, now {current.version}): look again.",
        )
    return current


def lock_live(flag: Flag, *, version: int | None = None) -> Flag:
    """As `lock`; Refused as well when the flag is archived."""
    current = lock(flag, version=version)
    if current.is_archived:
        raise Refused("archived", f"{current} is archived.")
    return current


def save(flag: Flag, *fields: str) -> None:
    """Write these fields of a locked flag's definition, as its next version."""
    flag.version += 1
    flag.save(update_fields=[*fields, "version"])


def done(
    flag: Flag, action: str, actor: Actor, *, reason: str = "", data: dict[str, Any] | None = None
) -> Flag:
    """Record the event, and announce that answers may differ from now on."""
    audit.record(
        action, actor=actor, subject=flag, reason=reason, data={"module": flag.module.key, **(data or {})}
    )
    feed.announce(FLAGS)
    return flag
