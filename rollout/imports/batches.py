"""A batch of workspaces as a program sends it: a list of plain values, each with a list of its members.

What a workspace does not mention stays as it is: its region, its time zone, a member's address or state,
and with `members` left out all of its members.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.errors import Invalid
from rollout.imports import rows
from rollout.imports.rows import MEMBER_FIELDS, WORKSPACE_FIELDS, Row
from rollout.models import Member, Workspace

LARGEST = 10_000
MOST_FAULTS = 1_000
# SQLite takes 999 parameters in a statement.
_IDS_AT_ONCE = 500

# Fields that may be left out, by the row's own names.
_OPTIONAL = {"region": "region", "timeZone": "time_zone", "email": "email", "active": "active"}


@dataclass
class Batch:
    """The rows of a batch, what each leaves out, and the workspaces whose members it lists in full."""

    staged: list[tuple[int, Row]] = field(default_factory=list)
    left_out: list[frozenset[str]] = field(default_factory=list)
    with_members: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def read(workspaces: Sequence[Any]) -> Batch:
    """Check a batch. Raises Invalid of up to 1,000 faults, such as "workspaces[3].members[0].role"."""
    if not 0 < len(workspaces) <= LARGEST:
        raise Invalid({"workspaces": f"must be 1 to {LARGEST:,} workspaces, these are {len(workspaces):,}"})
    batch = Batch()
    seen: dict[str, int] = {}
    for index, given in enumerate(workspaces):
        if len(batch.faults) >= MOST_FAULTS:
            break
        path = f"workspaces[{index}]"
        if isinstance(given, Mapping):
            _read_workspace(batch, index, path, given, seen)
        else:
            batch.faults[path] = "must be an object"
    if batch.faults:
        raise Invalid(dict(list(batch.faults.items())[:MOST_FAULTS]))
    return batch


def _read_workspace(
    batch: Batch, index: int, path: str, given: Mapping[str, Any], seen: dict[str, int]
) -> None:
    texts = _texts(batch, path, given, (*WORKSPACE_FIELDS, "members"))
    members = given.get("members", [])
    if not isinstance(members, list):
        batch.faults[f"{path}.members"] = "must be a list"
        members = []
    # The workspace by itself: its faults are named once, and not again for each member.
    row = _check(batch, path, texts)
    if row.workspace in seen:
        batch.faults.setdefault(f"{path}.id", f"is that of workspaces[{seen[row.workspace]}] too")
    seen.setdefault(row.workspace, index)
    if "members" in given:
        batch.with_members.append(row.workspace)
    found = list(_read_members(batch, path, members))
    for member, left_out in found or [(Row(*row), frozenset[str]())]:
        whole = row._replace(member=member.member, role=member.role, email=member.email, active=member.active)
        batch.staged.append((index + 1, whole))
        batch.left_out.append(left_out | _left_out(given, WORKSPACE_FIELDS))


def _read_members(batch: Batch, path: str, members: list[Any]) -> Iterator[tuple[Row, frozenset[str]]]:
    seen: dict[str, str] = {}
    for number, given in enumerate(members):
        inner = f"{path}.members[{number}]"
        if not isinstance(given, Mapping):
            batch.faults[inner] = "must be an object"
            continue
        texts = _texts(batch, inner, given, MEMBER_FIELDS)
        row, faults = rows.check({**texts, "id": "-", "name": "-", "tier": "a", "status": "a"})
        if not row.role:
            faults.setdefault("role", "is empty: a member has a role")
        for name, fault in faults.items():
            batch.faults.setdefault(f"{inner}.{name}", fault)
        if row.member in seen and not faults:
            batch.faults.setdefault(f"{inner}.member", f"is that of {seen[row.member]} too")
        seen.setdefault(row.member, f"members[{number}]")
        yield row, _left_out(given, MEMBER_FIELDS)


def _check(batch: Batch, path: str, texts: Mapping[str, str]) -> Row:
    row, faults = rows.check(texts)
    for name, fault in faults.items():
        batch.faults.setdefault(f"{path}.{name}", fault)
    return row


def _texts(batch: Batch, path: str, given: Mapping[str, Any], known: Sequence[str]) -> dict[str, str]:
    """The values as texts; a name that is not known and a value of another type are faults."""
    texts = {}
    for name, value in given.items():
        if name not in known:
            short = str(name)[:60]
            batch.faults[f"{path}.{short}"] = f"{short!r} is none of the fields {', '.join(known)}"
        elif name == "active":
            texts[name] = str(value).lower()
            if not isinstance(value, bool):
                batch.faults[f"{path}.{name}"] = "must be true or false"
        elif name != "members":
            texts[name] = value if isinstance(value, str) else ""
            if not isinstance(value, str):
                batch.faults[f"{path}.{name}"] = "must be text"
    return texts


def _left_out(given: Mapping[str, Any], fields: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name in fields if name in _OPTIONAL and name not in given)


def fill(batch: Batch) -> None:
    """Put what is stored where the batch leaves something out. The caller holds the plans' locks."""
    ids = sorted(
        {row.workspace for (_, row), names in zip(batch.staged, batch.left_out, strict=True) if names}
    )
    workspaces: dict[str, dict[str, Any]] = {}
    members: dict[tuple[str, str], dict[str, Any]] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[start : start + _IDS_AT_ONCE]
        for workspace in Workspace.objects.filter(pk__in=some):
            workspaces[workspace.pk] = {"region": workspace.region, "time_zone": workspace.time_zone}
        for member in Member.objects.filter(workspace__in=some):
            key = (member.workspace_id, member.member)
            members[key] = {"email": member.email, "active": member.active}
    for position, ((line, row), names) in enumerate(zip(batch.staged, batch.left_out, strict=True)):
        known = workspaces.get(row.workspace, {}) | members.get((row.workspace, row.member), {})
        wanted = {_OPTIONAL[name] for name in names}
        kept = {column: value for column, value in known.items() if column in wanted}
        if kept:
            batch.staged[position] = (line, row._replace(**kept))
