"""Who comes first: order keys, targets and cutoffs. Pure arithmetic in integers.

A plan orders its eligible units by an order key and includes the first N. What it stores is the cutoff:
the key of the last unit included.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

HASH_BITS = 60
HASH_DIGITS = HASH_BITS // 4
HASH_VERSION = 1
# Share and target may drift this far apart, in percentage points, before the gate holds.
MOST_DRIFT = 5


class Ordering(StrEnum):
    """How a plan orders its units."""

    WORKSPACE_ID = "workspace_id"
    HASH = "hash"


def order_key(ordering: str, salt: str, unit_id: str) -> str:
    """The key that `unit_id` is ordered by; keys compare byte by byte.

    `workspace_id`: the id itself. `hash`: the first 60 bits of sha256("salt:unit_id") as 15 lower-case
    hex digits (SPEC 3.3), which PostgreSQL and SQLite compute alike.
    """
    if ordering == Ordering.WORKSPACE_ID:
        return unit_id
    return hashlib.sha256(f"{salt}:{unit_id}".encode()).hexdigest()[:HASH_DIGITS]


def target(percentage: int, eligible: int) -> int:
    """ceil(percentage * eligible / 100) in integers: floats err on one case in a hundred."""
    return -(-percentage * eligible // 100)


@dataclass(frozen=True)
class Cutoff:
    """How far a cohort reaches: nobody (`NONE`), keys up to and including `key`, or everybody (`OPEN`)."""

    key: str = ""
    is_open: bool = False

    def admits(self, key: str) -> bool:
        """Whether a unit with this order key is within the cutoff.

        Python compares texts by code point, which is the order of their bytes in UTF-8.
        """
        return self.is_open or key <= self.key != ""

    @property
    def rank(self) -> tuple[bool, bytes]:
        """What cutoffs are compared by: none lowest, open highest."""
        return (self.is_open, self.key.encode())


NONE = Cutoff()
OPEN = Cutoff(is_open=True)


def lower(one: Cutoff, other: Cutoff) -> Cutoff:
    """The cutoff that reaches less far."""
    return min(one, other, key=lambda cutoff: cutoff.rank)


def higher(one: Cutoff, other: Cutoff) -> Cutoff:
    """The cutoff that reaches farther."""
    return max(one, other, key=lambda cutoff: cutoff.rank)


def user_cutoff(percentage: int) -> Cutoff:
    """The last hash key k with int(k, 16) · 100 < percentage · 2^60: users have no list to count through."""
    if percentage <= 0:
        return NONE
    if percentage >= 100:
        return OPEN
    last = target(percentage, 1 << HASH_BITS) - 1
    return Cutoff(f"{last:0{HASH_DIGITS}x}")


def moved(current: Cutoff, reaching: Cutoff, *, old_percentage: int, percentage: int) -> Cutoff:
    """The cutoff after a change of percentage, where `reaching` is the one counted for the new percentage.

    Raising never lowers it and lowering never raises it, so that nobody loses the feature in a ramp and
    nobody gains it in a retreat; the same percentage counts anew, which puts a share that drifted right.
    """
    if percentage > old_percentage:
        return higher(current, reaching)
    if percentage < old_percentage:
        return lower(current, reaching)
    return reaching


def share(enabled: int, eligible: int) -> float:
    """The actual share in percent, 0.0 where nobody is eligible."""
    return 100 * enabled / eligible if eligible else 0.0
