"""Shares of the hash space: which variant a unit hears, and whether it is within a rule's share.

Hash keys are the first 60 bits of a sha256 as 15 hex digits (`ordering.order_key`). They compare as texts, so
that Python, SQLite and PostgreSQL agree.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from rollout.rules.ordering import HASH_BITS, HASH_DIGITS

SPACE = 1 << HASH_BITS
LAST_KEY = "f" * HASH_DIGITS
NO_RANGE = ("", "")


def ranges(weights: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """The first and last hash key of each weight's share, one after the other, all of the space covered.

    A weight of 0 has no keys: ("", ""). Raises ValueError for a negative weight, or where all are 0.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative, and not all 0")
    # The first key beyond each share, rounded up: key k is within when k · total < sum · 2^60.
    ends = [-(-reached * SPACE // total) for reached in accumulate(weights)]
    begins = [0, *ends[:-1]]
    return tuple(
        (_key(begin), _key(end - 1)) if weight else NO_RANGE
        for weight, begin, end in zip(weights, begins, ends, strict=True)
    )


def bounds(found: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The upper bounds that `pick` searches; one without keys has that of the one before it."""
    return tuple(accumulate((last for _, last in found), max))


def pick(upper_bounds: Sequence[str], key: str) -> int:
    """The index of the range that holds a hash key."""
    return bisect_left(upper_bounds, key)


def share_limit(share: int) -> str:
    """The last hash key within the first `share` percent, 1 to 100: a unit is in when its key <= this."""
    if not 1 <= share <= 100:
        raise ValueError("a share is 1 to 100")
    return _key(-(-share * SPACE // 100) - 1)


def _key(number: int) -> str:
    return f"{number:0{HASH_DIGITS}x}"
