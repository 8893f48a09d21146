"""Checks the samples of a batch, one by one: each is right as a whole, or every fault of it is named.

Pure Python without Django, so that 5,000 samples take a fraction of a second; what the database knows is
handed in.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from monitoring.ingest.counts import COUNTS, Faults, Sums, read_counts
from monitoring.ingest.values import TIME_RULE, WHOLE_RULE, but, is_text, is_whole, moment, shown_name

LONGEST_ID = 100
LONGEST_USER = 120
MOST_COUNTERS = 100
MOST_USERS = 10_000
# Of all samples of a batch together: bounded work for one call.
MOST_TOGETHER = 100_000

ARMS = ("on", "off")
FIELDS = ("workspace", "at", *COUNTS, "latencyBuckets", "latencySumMs", "counters", "users", "arm")
_FIELDS = frozenset(FIELDS)
_UNKNOWN_SHOWN = 5

COUNTER_NAME = "[A-Za-z][A-Za-z0-9_]{0,59}"
_is_counter = re.compile(COUNTER_NAME).fullmatch
_COUNTER_RULE = "a name has 1 to 60 letters, digits and underscores, and begins with a letter"
_ID_RULE = f"must be a text of 1 to {LONGEST_ID} characters"
_USER_RULE = f"must be a text of 1 to {LONGEST_USER} characters"


class Row(NamedTuple):
    """The row that a sample is added to."""

    hour: datetime
    workspace: str
    arm: str


class Sample(NamedTuple):
    """A sample without a fault. `users` are digests of the product's ids."""

    row: Row
    sums: Sums | None
    counters: Mapping[str, int]
    users: frozenset[int]


class Span(NamedTuple):
    """The times that a sample may tell, from `since` to `until`."""

    since: datetime
    until: datetime

    def fault_of(self, at: datetime) -> str:
        """The rule that a time breaks, or ""."""
        if at > self.until:
            return "lies in the future"
        return f"lies before {self.since:%Y-%m-%dT%H:%M%z}, and is kept no longer" if at < self.since else ""


def is_id(value: Any) -> bool:
    """Whether a value can be the id of a workspace or of a batch at all."""
    return is_text(value, LONGEST_ID)


class Reader:
    """Reads the samples of one batch."""

    def __init__(self, module: str, *, by_user: bool, workspaces: Collection[str], span: Span) -> None:
        self._prefix = f"{module}:".encode()
        self._by_user = by_user
        self._workspaces = workspaces
        self._span = span
        self._hours: dict[str, datetime | str] = {}
        self._counters = self._users = 0

    def read(self, given: Any) -> Sample | Faults:
        """The sample, or its faults by their fields."""
        if not isinstance(given, dict):
            return {"": but("must be an object", given)}
        faults: Faults = {}
        for name in sorted(given.keys() - _FIELDS)[:_UNKNOWN_SHOWN]:
            faults[shown_name(name)] = f"is no field of a sample; it has {', '.join(FIELDS)}"
        workspace = self._workspace(given, faults)
        arm = self._arm(given, faults)
        hour = self._hour(given, faults)
        sums = read_counts(given, faults)
        counters = self._read_counters(given.get("counters", {}), faults)
        users = self._read_users(given.get("users", []), faults)
        if faults or hour is None:
            return faults
        if sums is None and not counters and not users:
            return {"requests": "is missing: a sample tells requests, counters or users"}
        return Sample(Row(hour, workspace, arm), sums, counters, users)

    def _workspace(self, given: Mapping[str, Any], faults: Faults) -> str:
        found = given.get("workspace", "")
        if found == "" and self._by_user:
            return ""
        if "workspace" not in given:
            faults["workspace"] = "is missing"
        elif not is_id(found):
            faults["workspace"] = but(_ID_RULE, found)
        elif found not in self._workspaces:
            faults["workspace"] = f"{found!r} is not known: PUT /api/workspaces tells the portal about it"
        else:
            return str(found)
        return ""

    def _arm(self, given: Mapping[str, Any], faults: Faults) -> str:
        found = given.get("arm", "")
        if not self._by_user:
            if "arm" in given:
                faults["arm"] = "is for modules that are rolled out by user: this one goes by workspace"
        elif found not in ARMS:
            faults["arm"] = "must be on or off: whether these users had the module"
        return str(found)

    def _hour(self, given: Mapping[str, Any], faults: Faults) -> datetime | None:
        told = given.get("at")
        # The samples of a batch are of few different times.
        key = told if isinstance(told, str) else ""
        found = self._hours.get(key)
        if found is None:
            found = self._hours[key] = self._read_hour(key)
        if isinstance(found, datetime):
            return found
        faults["at"] = found if "at" in given else "is missing"
        return None

    def _read_hour(self, told: str) -> datetime | str:
        at = moment(told)
        if at is None:
            return TIME_RULE
        return self._span.fault_of(at) or at.replace(minute=0, second=0, microsecond=0)

    def _read_counters(self, given: Any, faults: Faults) -> Mapping[str, int]:
        if not isinstance(given, dict) or len(given) > MOST_COUNTERS:
            faults["counters"] = f"must be an object of at most {MOST_COUNTERS} names with their counts"
            return {}
        self._counters += len(given)
        if self._counters > MOST_TOGETHER:
            faults["counters"] = _too_many("counters")
            return {}
        for name, value in given.items():
            if not _is_counter(name):
                faults["counters"] = f"has the name {shown_name(name)!r}: {_COUNTER_RULE}"
            elif not is_whole(value):
                faults[f"counters.{name}"] = but(WHOLE_RULE, value)
        return given

    def _read_users(self, given: Any, faults: Faults) -> frozenset[int]:
        if not isinstance(given, list) or len(given) > MOST_USERS:
            faults["users"] = f"must be a list of at most {MOST_USERS:,} ids"
            return frozenset()
        self._users += len(given)
        if self._users > MOST_TOGETHER:
            faults["users"] = _too_many("users")
            return frozenset()
        for number, user in enumerate(given):
            if not is_text(user, LONGEST_USER):
                faults[f"users[{number}]"] = _USER_RULE
                return frozenset()
        return frozenset(map(self._digest, given))

    def _digest(self, user: str) -> int:
        """63 bits, as a number: of a million users on a day two share one with a chance of 5 in 10^8."""
        found = blake2b(self._prefix + user.encode(), digest_size=8).digest()
        return int.from_bytes(found) >> 1


def _too_many(what: str) -> str:
    return f"are more than {MOST_TOGETHER:,} in all samples together: send the rest as another batch"
