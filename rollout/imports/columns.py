"""Which columns a file of workspaces may have."""

from collections.abc import Mapping, Sequence

from operations.csv_files import columns
from operations.csv_files.columns import Columns, Fields
from rollout.imports import rows

# A value of these cannot be the same in every row.
WITHOUT_DEFAULT = ("id", "member")


def match(header: Sequence[str], mapping: Mapping[str, str], defaults: Mapping[str, str]) -> Columns:
    """Find each field's column. Raises Invalid as `operations.csv_files.columns.match` does."""
    return columns.match(header, FIELDS, mapping, defaults)


def has_members(found: Columns) -> bool:
    """Whether the file names its members: then a workspace may have several rows."""
    return "member" in found.positions


def _default_fault(field: str, value: str) -> str:
    if field in WITHOUT_DEFAULT:
        return "differs from row to row: map a column to it"
    return rows.fault_of(field, value)


FIELDS = Fields(rows.FIELDS, rows.REQUIRED, _default_fault)
