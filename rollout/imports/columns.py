"""Which column of a file holds which field, and what stands for a field that the file lacks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from operations.errors import Invalid
from rollout.imports import rows
from rollout.imports.cells import unescape

# A value of these cannot be the same in every row.
WITHOUT_DEFAULT = ("id", "member")


@dataclass(frozen=True)
class Columns:
    """The position of each field's column, and each field's default."""

    width: int
    positions: Mapping[str, int]
    defaults: Mapping[str, str]

    @property
    def given(self) -> frozenset[str]:
        """The fields that the file or a default speaks of; others are left as they are."""
        return frozenset(self.positions) | frozenset(self.defaults)

    @property
    def has_members(self) -> bool:
        """Whether the file names its members: then a workspace may have several rows."""
        return "member" in self.positions

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """Each field's text in one row: its cell, or where that is empty or missing its default."""
        found = dict(self.defaults)
        for field, position in self.positions.items():
            cell = cells[position]
            if field not in found or (cell and not cell.isspace()):
                found[field] = unescape(cell)
        return found


def match(header: Sequence[str], mapping: Mapping[str, str], defaults: Mapping[str, str]) -> Columns:
    """Find each field's column: the one that `mapping` names, else the one of the field's own name.

    Names of columns are compared exactly, then without regard to case. Raises Invalid for an unknown field or
    column, a column that stands twice, a default that breaks its field's rule, and missing required fields.
    """
    faults = _unknown(mapping, "map") | _unknown(defaults, "default")
    faults |= {
        f"default {field}": fault
        for field, value in defaults.items()
        if field in rows.FIELDS and (fault := _default_fault(field, value))
    }
    positions: dict[str, int] = {}
    for field in rows.FIELDS:
        name = mapping.get(field, field)
        found = _find(header, name)
        if len(found) > 1:
            faults[f"column {name}"] = "stands more than once in the header: rename one"
        elif found:
            positions[field] = found[0]
        elif field in mapping:
            faults[f"map {field}"] = f"the file has no column {name!r}"
    missing = [
        field
        for field in rows.REQUIRED
        if field not in positions and field not in defaults and field not in mapping
    ]
    if missing:
        faults["columns"] = (
            f"the file has no column for {_listed(missing)}: map a column to each (FIELD=COLUMN), or give a "
            "default (FIELD=VALUE)"
        )
    if faults:
        raise Invalid({**faults, "file": f"has the columns {_columns(header)}"})
    return Columns(len(header), positions, dict(defaults))


def _unknown(named: Mapping[str, str], what: str) -> dict[str, str]:
    return {
        f"{what} {field}": f"is no field; the fields are {', '.join(rows.FIELDS)}"
        for field in named
        if field not in rows.FIELDS
    }


def _default_fault(field: str, value: str) -> str:
    if field in WITHOUT_DEFAULT:
        return "differs from row to row: map a column to it"
    return rows.fault_of(field, value)


def _find(header: Sequence[str], name: str) -> list[int]:
    counted = Counter(header)
    if counted[name]:
        return [index for index, column in enumerate(header) if column == name]
    return [index for index, column in enumerate(header) if column.casefold() == name.casefold()]


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _columns(header: Sequence[str], most: int = 40) -> str:
    """The columns' names, long headers cut short; a file of one column may have another separator."""
    shown = ", ".join(name[:40] or "(no name)" for name in header[:most])
    if len(header) > most:
        return f"{shown} and {len(header) - most} more"
    if len(header) == 1 and any(separator in header[0] for separator in ";\t|"):
        return f"{shown} (only one: it must be separated by commas)"
    return shown
