"""Workspaces on their way out, one row a member, in the form that the import takes.

The rows are read from the database while they are sent: memory stays flat, whatever their number.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from operations.csv_files.cells import escape
from rollout.imports.rows import FIELDS
from rollout.models import Member, Workspace
from rollout.models.workspaces import UNNAMED

HEADER = FIELDS
FETCHED_AT_ONCE = 2_000

_COLUMNS = ("id", "name", "tier", "status", "region", "time_zone")
_MEMBER_COLUMNS = ("members__member", "members__role", "members__email", "members__active")


def rows(workspaces: QuerySet[Workspace] | None = None) -> Iterator[list[str]]:
    """The cells of each member of `workspaces` (default: all), and of each workspace without members.

    Text that a spreadsheet would take for a formula is quoted, which the import takes back. An unnamed member
    has a role and no id.
    """
    found = Workspace.objects.all() if workspaces is None else workspaces
    values = (
        found.prefetch_related(None)
        .order_by("id", "members__member")
        .values_list(*_COLUMNS, *_MEMBER_COLUMNS)
    )
    for *workspace, member, role, email, active in values.iterator(chunk_size=FETCHED_AT_ONCE):
        yield [*map(escape, workspace), *_member_cells(member, role, email, active)]


def documents(workspaces: QuerySet[Workspace] | None = None) -> Iterator[dict[str, Any]]:
    """The same as plain values, in the form that `workspaces.upsert` takes."""
    found = Workspace.objects.all() if workspaces is None else workspaces
    for workspace in found.order_by("id").prefetch_related("members").iterator(chunk_size=FETCHED_AT_ONCE):
        yield {
            "id": workspace.pk,
            "name": workspace.name,
            "tier": workspace.tier,
            "status": workspace.status,
            "region": workspace.region,
            "timeZone": workspace.time_zone,
            "members": [_member_document(member) for member in workspace.members.all()],
        }


def _member_cells(member: str | None, role: str | None, email: str | None, active: bool | None) -> list[str]:
    if member is None:
        return ["", "", "", ""]
    name = "" if member.startswith(UNNAMED) else member
    return [escape(name), role or "", escape(email or ""), "true" if active else "false"]


def _member_document(member: Member) -> dict[str, Any]:
    named = {} if member.member.startswith(UNNAMED) else {"member": member.member}
    return {**named, "role": member.role, "email": member.email, "active": member.active}
