"""Keys for what is done all day long. A script reads them from the page; without it there are the buttons."""

from collections.abc import Sequence
from dataclasses import dataclass

from operations.actor import Actor
from operations.doors.admin import Operation


@dataclass(frozen=True)
class Shortcut:
    """A key, and the operation that it leads to."""

    key: str
    operation: str
    title: str

    @property
    def together(self) -> str:
        """The operation for all that are ticked."""
        return TOGETHER.get(self.operation, self.operation)


KEYS = (
    ("t", "triage", "Triage"),
    ("a", "take", "Take it"),
    ("r", "reply", "Reply"),
    ("n", "note", "Add a note"),
    ("m", "merge", "Merge"),
    ("e", "edit", "Edit"),
)
# What a key leads to while rows are ticked.
TOGETHER = {"merge": "merge-many", "edit": "edit-many"}


def allowed(actor: Actor, operations: Sequence[Operation]) -> list[Shortcut]:
    """The keys for what this person may do."""
    may = {operation.name for operation in operations if actor.may(operation.permission)}
    return [Shortcut(*each) for each in KEYS if each[1] in may]
