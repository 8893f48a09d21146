"""Lists of indexes as answers, the same on both databases."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from monitoring.database_health.findings import Answer, Item, Level
from monitoring.database_health.indexing import ForeignKey, Index, Surplus
from monitoring.database_health.texts import count, size

SHOWN = 20
COSTS = "Each costs space, and time at every write; those of the portal's models go by a migration"


def answer(items: Sequence[Item], noun: str, plural: str, remedy: str, more: str = "") -> Answer:
    """A hold where there is one of what nobody wants; `more` follows the number in the reason."""
    return Answer(
        Level.HOLD if items else Level.PASS,
        count(len(items), noun, plural) + more,
        len(items),
        1,
        unit=plural.rsplit(maxsplit=1)[-1],
        remedy=remedy if items else "",
        items=tuple(items[:SHOWN]),
    )


def doubled(found: Sequence[Surplus], kind: str, drop: Callable[[Index], str], *, small: int) -> Answer:
    """Indexes whose work another one does. Those below `small` bytes are listed and hold nothing."""
    items = [
        Item(
            surplus.index.name,
            surplus.index.size,
            "bytes",
            f"on {surplus.index.table} ({', '.join(surplus.index.columns)}): "
            f"{surplus.instead.name} ({', '.join(surplus.instead.columns)}) does its work",
            drop(surplus.index),
        )
        for surplus in sorted(found, key=lambda each: (-(each.index.size or 0), each.index.name))
    ]
    noun, plural = f"{kind} index", f"{kind} indexes"
    if not items or any((item.value or 0) >= small for item in items):
        return answer(items, noun, plural, COSTS)
    unsized = any(surplus.index.size is None for surplus in found)
    which = "of unknown size" if unsized else f"none of {size(small)} or more, so they cost little"
    listed = answer(items, noun, plural, "", f", {which}")
    return replace(listed, level=Level.UNKNOWN if unsized else Level.PASS)


def missing_for(found: Sequence[ForeignKey], create: Callable[[ForeignKey], str]) -> Answer:
    """Foreign keys that no index serves."""
    items = [
        Item(f"{key.table} ({', '.join(key.columns)})", None, "", f"{key.name}, to {key.target}", create(key))
        for key in found
    ]
    remedy = "Deleting or changing a row that is referred to reads the whole table"
    return answer(items, "foreign key", "foreign keys", remedy, " without an index that begins with it")
