"""Which column of a file holds which field, and what stands for a field that the file lacks."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from operations.csv_files.cells import unescape
from operations.errors import Invalid


@dataclass(frozen=True)
class Fields:
    """What a kind of file may speak of: the names of its fields, and which of them it must speak of.

    `default_fault` says which rule of its field a default breaks, or "". A field in `repeated` may have
    several columns of one name, as some programs write lists: its text is all that they say, one a line.
    """

    names: Sequence[str]
    required: Sequence[str]
    default_fault: Callable[[str, str], str]
    repeated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Columns:
    """The position of each field's column, further ones of repeated fields, and each field's default."""

    width: int
    positions: Mapping[str, int]
    defaults: Mapping[str, str]
    further: Mapping[str, Sequence[int]]

    @property
    def given(self) -> frozenset[str]:
        """The fields that the file or a default speaks of; others are left as they are."""
        return frozenset(self.positions) | frozenset(self.defaults)

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """Each field's text in one row: its cell, or where that is empty or missing its default."""
        found = dict(self.defaults)
        for field, position in self.positions.items():
            cell = cells[position]
            if field not in found or (cell and not cell.isspace()):
                found[field] = unescape(cell)
        for field, positions in self.further.items():
            texts = [found[field], *(unescape(cells[position]) for position in positions)]
            found[field] = "\n".join(text for text in texts if text and not text.isspace())
        return found


def match(
    header: Sequence[str], fields: Fields, mapping: Mapping[str, str], defaults: Mapping[str, str]
) -> Columns:
    """Find each field's column: the one that `mapping` names, else the one of the field's own name.

    Names of columns are compared exactly, then without regard to case. Raises Invalid for an unknown field or
    column, a column that stands twice, a default that breaks its field's rule, and missing required fields.
    """
    faults = _unknown(fields, mapping, "map") | _unknown(fields, defaults, "default")
    faults |= {
        f"default {field}": fault
        for field, value in defaults.items()
        if field in fields.names and (fault := fields.default_fault(field, value))
    }
    positions: dict[str, int] = {}
    further: dict[str, Sequence[int]] = {}
    for field in fields.names:
        name = mapping.get(field, field)
        found = _find(header, name)
        if len(found) > 1 and field not in fields.repeated:
            faults[f"column {name}"] = "stands more than once in the header: rename one"
        elif found:
            positions[field] = found[0]
            if found[1:]:
                further[field] = found[1:]
        elif field in mapping:
            faults[f"map {field}"] = f"the file has no column {name!r}"
    missing = [
        field
        for field in fields.required
        if field not in positions and field not in defaults and field not in mapping
    ]
    if missing:
        faults["columns"] = (
            f"the file has no column for {_listed(missing)}: map a column to each (FIELD=COLUMN), or give a "
            "default (FIELD=VALUE)"
        )
    if faults:
        raise Invalid({**faults, "file": f"has the columns {_columns(header)}"})
    return Columns(len(header), positions, dict(defaults), further)


def has(header: Sequence[str], name: str) -> bool:
    """Whether a header has this column."""
    return bool(_find(header, name))


def _unknown(fields: Fields, named: Mapping[str, str], what: str) -> dict[str, str]:
    return {
        f"{what} {field}": f"is no field; the fields are {', '.join(fields.names)}"
        for field in named
        if field not in fields.names
    }


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
