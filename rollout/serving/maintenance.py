"""What answers say of maintenance while it is announced or in force: metadata as OFREP has it.

Read with the snapshot and compared with the clock when something is asked, so that it needs no query.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from operations.models import Window

LAST = datetime.max.replace(tzinfo=UTC)


class Told(NamedTuple):
    """One window: from when on it is announced and in force, until when, and the JSON said meanwhile."""

    announced_from: datetime
    starts_at: datetime
    ends_at: datetime
    announced: bytes
    in_force: bytes


class Maintenance:
    """The windows that answers tell of. Freezes are not among them: they are the team's own."""

    def __init__(self, windows: Sequence[Window] = ()) -> None:
        self.windows = tuple(
            Told(
                window.announced_from or window.starts_at,
                window.starts_at,
                window.ends_at or LAST,
                _metadata(window, "announced"),
                _metadata(window, "in_force"),
            )
            for window in windows
        )

    def at(self, now: datetime) -> bytes:
        """The metadata at this moment, b"" for none.

        Of what is in force the one that ends last is told, of what is only announced the next one.
        """
        in_force = [each for each in self.windows if each.starts_at <= now < each.ends_at]
        if in_force:
            return max(in_force, key=lambda each: each.ends_at).in_force
        ahead = [each for each in self.windows if each.announced_from <= now < each.starts_at]
        return min(ahead, key=lambda each: each.starts_at).announced if ahead else b""

    def moments(self) -> Iterable[datetime]:
        """Every moment at which something else is told."""
        for each in self.windows:
            yield from (each.announced_from, each.starts_at, each.ends_at)


def read(now: datetime) -> Maintenance:
    """The maintenance that is in force or ahead, in one query."""
    return Maintenance(list(Window.objects.maintenance().not_over(now).order_by("starts_at")))


def _metadata(window: Window, state: str) -> bytes:
    """Texts and truths only: other values are no metadata of OFREP."""
    told = {
        "maintenance": state == "in_force",
        "maintenanceState": state,
        "maintenanceTitle": window.title,
        "maintenanceStartsAt": _spelled(window.starts_at),
    }
    if window.ends_at is not None:
        told["maintenanceEndsAt"] = _spelled(window.ends_at)
    return orjson.dumps(told)


def _spelled(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
