"""The counts and latencies of a sample: each in its range, and all of them agreeing with one another."""

from collections.abc import Mapping
from typing import Any

from monitoring.ingest.values import MOST_MS, MS_RULE, WHOLE_RULE, but, is_number, is_whole
from monitoring.vitals import BOUNDS, NO_BUCKETS

# Faults by their field.
Faults = dict[str, str]
# In the order of the columns: the five counts, the sum of the latencies, the buckets.
Sums = tuple[float, ...]

COUNTS = ("requests", "errors", "timeouts", "moduleRequests", "moduleErrors")
BUCKETS = (*map(str, BOUNDS), "+Inf")

_NEEDS = (
    ("requests", "errors"),
    ("errors", "requests"),
    ("timeouts", "requests"),
    ("moduleRequests", "requests"),
    ("moduleRequests", "moduleErrors"),
    ("moduleErrors", "moduleRequests"),
    ("latencyBuckets", "requests"),
    ("latencyBuckets", "latencySumMs"),
    ("latencySumMs", "latencyBuckets"),
)
_AT_MOST = (
    ("errors", "requests"),
    ("timeouts", "requests"),
    ("moduleRequests", "requests"),
    ("moduleErrors", "moduleRequests"),
)
_BUCKET_NAMES = frozenset(BUCKETS)
_BUCKETS_RULE = f"must be an object with exactly the names {', '.join(BUCKETS)}"


def read_counts(given: Mapping[str, Any], faults: Faults) -> Sums | None:
    """The sums of a sample; None where it tells no requests. Adds to `faults`."""
    found = {}
    for name in COUNTS:
        if name in given:
            value = given[name]
            if is_whole(value):
                found[name] = value
            else:
                faults[name] = but(WHOLE_RULE, value)
    for name, needed in _NEEDS:
        if name in given and needed not in given:
            faults.setdefault(needed, f"is missing: {name} comes with it")
    for name, limit in _AT_MOST:
        if found.get(name, 0) > found.get(limit, found.get(name, 0)):
            faults[name] = f"is {found[name]:,}, more than the {found[limit]:,} {limit}"
    buckets, total = _latency(given, found.get("requests"), faults)
    if "requests" not in found:
        return None
    return (*(found.get(name, 0) for name in COUNTS), total, *buckets)


def _latency(given: Mapping[str, Any], requests: int | None, faults: Faults) -> tuple[tuple[int, ...], float]:
    total, buckets = 0.0, NO_BUCKETS
    if "latencySumMs" in given:
        value = given["latencySumMs"]
        if is_number(value, MOST_MS):
            total = float(value)
        else:
            faults["latencySumMs"] = but(MS_RULE, value)
    if "latencyBuckets" in given:
        buckets = _buckets(given["latencyBuckets"], requests, faults)
    return buckets, total


def _buckets(given: Any, requests: int | None, faults: Faults) -> tuple[int, ...]:
    if not isinstance(given, dict) or given.keys() != _BUCKET_NAMES:
        faults["latencyBuckets"] = but(_BUCKETS_RULE, given) if not isinstance(given, dict) else _BUCKETS_RULE
        return NO_BUCKETS
    before = 0
    for name in BUCKETS:
        value = given[name]
        if not is_whole(value):
            faults[f"latencyBuckets.{name}"] = but(WHOLE_RULE, value)
        elif value < before:
            faults[f"latencyBuckets.{name}"] = (
                f"is {value:,}, less than the {before:,} before it: each counts all responses up to its bound"
            )
        else:
            before = value
    if requests is not None and before > requests:
        faults.setdefault(
            "latencyBuckets.+Inf", f"counts {before:,} responses, more than the {requests:,} requests"
        )
    return tuple(given[name] for name in BUCKETS)
