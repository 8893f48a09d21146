"""Reading a file of flags: its shape and types, with every fault at its path. The verbs check the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from operations import yaml_text
from operations.errors import Invalid
from rollout.rules import values
from rollout.targeting import RuleDraft, VariantDraft

MOST_FLAGS = 1_000
MOST_SEGMENTS = 1_000
_ABSENT = object()


@dataclass(frozen=True, kw_only=True)
class SegmentEntry:
    """A segment as the file has it, and where that stands."""

    path: str
    key: str
    name: str
    description: str
    groups: Any


@dataclass(frozen=True, kw_only=True)
class FlagEntry:
    """A flag as the file has it, and where that stands. What the file leaves out is its default."""

    path: str
    key: str
    name: str
    description: str
    owner: str
    expires_on: date | None
    value_type: str
    from_phase: int
    selected_from_phase: int | None
    prerequisite: str
    prerequisite_variant: str
    on_from: datetime | None
    off_at: datetime | None
    variants: tuple[VariantDraft, ...]
    rules: tuple[RuleDraft, ...]


@dataclass
class Document:
    """What could be read, and the faults of what could not. `named` are the keys of all its flags."""

    module: str = ""
    segments: list[SegmentEntry] = field(default_factory=list)
    flags: list[FlagEntry] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)


def read(text: str) -> Document:
    """Read a file. Raises Invalid where it is not YAML, or not that of one module."""
    given = yaml_text.read(text)
    if not isinstance(given, dict):
        raise Invalid({"file": "must be a mapping of module, segments and flags"})
    found = Document()
    fields = _Fields(given, "", found.faults)
    found.module = fields.text("module", required=True)
    segments = fields.mappings("segments", MOST_SEGMENTS)
    flags = fields.mappings("flags", MOST_FLAGS)
    fields.end()
    if "module" in found.faults:
        raise Invalid(found.faults)
    found.segments = [entry for each in segments if (entry := _segment(each))]
    found.flags = [flag for each in flags if (flag := _flag(each))]
    found.named = {str(each.given.get("key")) for each in flags}
    for path, key, first in _twice(found.segments) + _twice(found.flags):
        found.faults[f"{path}.key"] = f"{key!r} is that of {first} too"
    return found


class _Fields:
    """The fields of one mapping; each that is asked for is known, and of what type it must be."""

    def __init__(self, given: dict[str, Any], path: str, faults: dict[str, str]) -> None:
        self.given, self.path, self.faults = given, path, faults
        self.asked: list[str] = []
        self.before = len(faults)

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def any(self, name: str, default: Any = None) -> Any:
        """The value; the default where it is left out or null."""
        self.asked.append(name)
        found = self.given.get(name)
        return default if found is None else found

    def text(self, name: str, *, required: bool = False, default: str = "") -> str:
        found = self.any(name, _ABSENT)
        if found is _ABSENT:
            if required:
                self.faults[self.at(name)] = "must be given"
            return default
        if not isinstance(found, str):
            self.faults[self.at(name)] = "must be a text (put it into quotes)"
            return default
        return found

    def whole(self, name: str, default: Any) -> Any:
        found = self.any(name, default)
        if found is not None and not values.is_whole(found, -(2**31), 2**31):
            self.faults[self.at(name)] = "must be a whole number"
        return found

    def day(self, name: str) -> date | None:
        text = self.text(name)
        try:
            found = parse_date(text) if text else None
        except ValueError:
            found = None
        if text and found is None:
            self.faults[self.at(name)] = "must be a date such as 2025-01-31"
        return found

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        try:
            found = parse_datetime(text) if text else None
        except ValueError:
            found = None
        if text and (found is None or found.tzinfo is None):
            self.faults[self.at(name)] = "must be a time with its zone such as 2025-01-31T18:00Z"
        return found

    def mappings(self, name: str, most: int) -> "list[_Fields]":
        """A list of mappings, each with its own fields."""
        found = self.any(name, [])
        if not isinstance(found, list) or len(found) > most:
            self.faults[self.at(name)] = f"must be a list of at most {most:,} entries"
            return []
        inner = []
        for index, each in enumerate(found):
            path = f"{self.at(name)}[{index}]"
            if isinstance(each, dict):
                inner.append(_Fields(each, path, self.faults))
            else:
                self.faults[path] = "must be a mapping"
        return inner

    def end(self) -> bool:
        """Name the fields that nobody asked for; whether there is no fault in this mapping."""
        for name in self.given:
            if name not in self.asked:
                self.faults[self.at(name[:60])] = f"is not one of {', '.join(self.asked)}"
        return len(self.faults) == self.before


def _segment(fields: _Fields) -> SegmentEntry | None:
    fields.before = len(fields.faults)
    entry = SegmentEntry(
        path=fields.path,
        key=fields.text("key", required=True),
        name=fields.text("name", required=True),
        description=fields.text("description"),
        groups=fields.any("groups", []),
    )
    return entry if fields.end() else None


def _flag(fields: _Fields) -> FlagEntry | None:
    fields.before = len(fields.faults)
    entry = FlagEntry(
        path=fields.path,
        key=fields.text("key", required=True),
        name=fields.text("name", required=True),
        description=fields.text("description"),
        owner=fields.text("owner"),
        expires_on=fields.day("expiresOn"),
        value_type=fields.text("valueType", default=values.BOOLEAN),
        from_phase=fields.whole("fromPhase", 1),
        selected_from_phase=fields.whole("selectedFromPhase", None),
        prerequisite=fields.text("prerequisite"),
        prerequisite_variant=fields.text("prerequisiteVariant"),
        on_from=fields.moment("onFrom"),
        off_at=fields.moment("offAt"),
        variants=tuple(map(_variant, fields.mappings("variants", 1_000))),
        rules=tuple(map(_rule, fields.mappings("rules", 1_000))),
    )
    return entry if fields.end() else None


def _variant(fields: _Fields) -> VariantDraft:
    draft = VariantDraft(fields.text("key", required=True), fields.any("value"), fields.whole("weight", 0))
    fields.end()
    return draft


def _rule(fields: _Fields) -> RuleDraft:
    draft = RuleDraft(
        fields.text("name", required=True),
        fields.any("groups", []),
        fields.text("serve"),
        fields.whole("share", 100),
    )
    fields.end()
    return draft


def _twice(entries: Sequence[SegmentEntry | FlagEntry]) -> list[tuple[str, str, str]]:
    """Entries whose key an earlier one has: where, which, and the earlier one."""
    first: dict[str, str] = {}
    found = []
    for entry in entries:
        if entry.key in first:
            found.append((entry.path, entry.key, first[entry.key]))
        first.setdefault(entry.key, entry.path)
    return found
