"""Applying: staged rows become workspaces and members by one statement each, counted beforehand.

Nothing that is already as the batch says is written, so that `updated_at` tells the truth and a file that is
imported again touches no row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from rollout.imports import staging
from rollout.models import Import, Member, StagedMember, Workspace

# SQLite takes 999 parameters in a statement.
_IDS_AT_ONCE = 500

_STAGED = StagedMember._meta.db_table
_WORKSPACE = Workspace._meta.db_table
_MEMBER = Member._meta.db_table

# The columns by the field's name outside.
_WORKSPACE_COLUMNS = {
    "name": "name",
    "tier": "tier",
    "status": "status",
    "region": "region",
    "timeZone": "time_zone",
}
_MEMBER_COLUMNS = {"role": "role", "email": "email", "active": "active"}


@dataclass(frozen=True)
class Counts:
    """How many workspaces are new, differ, or are as the batch says; a member counts with theirs."""

    created: int
    updated: int
    unchanged: int


def count(batch: Import, given: Collection[str], touched: Collection[str] = ()) -> Counts:
    """What `upsert` would do with the fields in `given`; those of `touched` are updated in any case."""
    compared = _compared(given)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), COALESCE(SUM(known), 0), COALESCE(SUM(known * changed), 0) FROM {compared}",  # noqa: S608
            [staging.key_of(batch)],
        )
        total, known, updated = cursor.fetchone()
        if touched:
            cursor.execute(
                f"SELECT workspace FROM {compared} WHERE known = 1 AND changed = 0",  # noqa: S608
                [staging.key_of(batch)],
            )
            updated += len({pk for (pk,) in cursor.fetchall()} & set(touched))
    return Counts(created=total - known, updated=updated, unchanged=known - updated)


def _compared(given: Collection[str]) -> str:
    """Each workspace of a batch: whether it is known, and whether it or a member of it would change."""
    changed = [*_differing("w", _WORKSPACE_COLUMNS, given), *_differing("m", _MEMBER_COLUMNS, given)]
    return f"""(
        SELECT s.workspace, MAX(CASE WHEN w.id IS NULL THEN 0 ELSE 1 END) AS known,
            MAX(CASE WHEN (s.member <> '' AND m.id IS NULL) OR {" OR ".join(changed)}
                THEN 1 ELSE 0 END) AS changed
        FROM {_STAGED} AS s
        LEFT JOIN {_WORKSPACE} AS w ON w.id = s.workspace
        LEFT JOIN {_MEMBER} AS m ON m.workspace_id = s.workspace AND m.member = s.member
        WHERE s.batch_id = %s GROUP BY s.workspace
    ) AS compared"""  # noqa: S608 - names of our own


def upsert(batch: Import, given: Collection[str]) -> None:
    """Create what is new and change what differs, in the fields of `given` alone."""
    with connection.cursor() as cursor:
        for sql, params in (_workspaces(batch, given), _members(batch, given)):
            cursor.execute(sql, params)


def remove_members(batch: Import, workspace_ids: Sequence[str]) -> set[str]:
    """Remove the members that the batch does not name from these workspaces; return from which."""
    staged = StagedMember.objects.filter(
        batch=batch, workspace=OuterRef("workspace_id"), member=OuterRef("member")
    )
    touched: set[str] = set()
    for start in range(0, len(workspace_ids), _IDS_AT_ONCE):
        ids = workspace_ids[start : start + _IDS_AT_ONCE]
        absent = Member.objects.filter(~Exists(staged), workspace__in=ids)
        touched.update(absent.values_list("workspace_id", flat=True).distinct())
        absent.delete()
    return touched


def _workspaces(batch: Import, given: Collection[str]) -> tuple[str, list[Any]]:
    names = _WORKSPACE_COLUMNS.values()
    # A conflict locks the row that is there even where nothing differs: what is the same is left out before.
    differs = " OR ".join(["w.id IS NULL", *_differing("w", _WORKSPACE_COLUMNS, given)])
    sql = f"""
        INSERT INTO {_WORKSPACE} (id, {", ".join(names)}, created_at, updated_at)
        SELECT DISTINCT s.workspace, {_of("s", names)}, %s, %s
        FROM {_STAGED} AS s LEFT JOIN {_WORKSPACE} AS w ON w.id = s.workspace
        WHERE s.batch_id = %s AND ({differs}) ORDER BY s.workspace
        ON CONFLICT (id) DO UPDATE SET {_set(_WORKSPACE_COLUMNS, given)}, updated_at = excluded.updated_at
    """  # noqa: S608
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    return sql, [now, now, staging.key_of(batch)]


def _members(batch: Import, given: Collection[str]) -> tuple[str, list[Any]]:
    names = _MEMBER_COLUMNS.values()
    differs = " OR ".join(["m.id IS NULL", *_differing("m", _MEMBER_COLUMNS, given)])
    sql = f"""
        INSERT INTO {_MEMBER} (workspace_id, member, {", ".join(names)})
        SELECT s.workspace, s.member, {_of("s", names)}
        FROM {_STAGED} AS s
        LEFT JOIN {_MEMBER} AS m ON m.workspace_id = s.workspace AND m.member = s.member
        WHERE s.batch_id = %s AND s.member <> '' AND ({differs}) ORDER BY s.workspace, s.member
        ON CONFLICT (workspace_id, member) DO UPDATE SET {_set(_MEMBER_COLUMNS, given)}
    """  # noqa: S608
    return sql, [staging.key_of(batch)]


def _of(table: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


def _set(columns: Mapping[str, str], given: Collection[str]) -> str:
    return ", ".join(f"{column} = excluded.{column}" for column in _written(columns, given))


def _differing(alias: str, columns: Mapping[str, str], given: Collection[str]) -> list[str]:
    return [f"{alias}.{column} <> s.{column}" for column in _written(columns, given)]


def _written(columns: Mapping[str, str], given: Collection[str]) -> list[str]:
    # Every member has a role, whatever else is said of it.
    return [column for field, column in columns.items() if field in given or field == "role"]
