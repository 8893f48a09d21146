"""What came of a look at a step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Standing(StrEnum):
    """How a step that the portal runs stands."""

    DONE = "done"
    WAITS = "waits"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """How a step stands, with a note for people. `moved` says that something was done, though not all."""

    standing: Standing
    note: str
    data: Mapping[str, Any] = field(default_factory=dict)
    moved: bool = False


def done(note: str, **data: Any) -> Progress:
    """The step has succeeded."""
    return Progress(Standing.DONE, note, data)


def waits(note: str) -> Progress:
    """The step goes on with a later look."""
    return Progress(Standing.WAITS, note)


def moved(note: str, **data: Any) -> Progress:
    """A part of the step is done, and leaves evidence of its own."""
    return Progress(Standing.WAITS, note, data, moved=True)


def failed(note: str, **data: Any) -> Progress:
    """The step cannot succeed any more."""
    return Progress(Standing.FAILED, note, data)
