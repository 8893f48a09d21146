"""To whom an announcement goes: workspaces, and the addresses of their members. Set-based."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, Q, QuerySet, Value
from django.db.models.functions import Lower

from releases.models import Announcement, AnnouncementWorkspace, Recipient
from rollout.models import Enrolment, Member, Module, Plan, Workspace

Audience = Announcement.Audience


def workspaces(audience: str, module: Module | None, chosen: Collection[str] | QuerySet[Any, Any]) -> Q:
    """What holds for the members whose workspaces are told: `chosen` are those of the audience WORKSPACES.

    Workspaces that have a module are those enrolled in its plan now.
    """
    if audience == Audience.MODULE:
        return Q(workspace__in=having(module))
    return Q(workspace__in=chosen) if audience == Audience.WORKSPACES else Q()


def having(module: Module | None) -> QuerySet[Enrolment, Any]:
    """The ids of the workspaces that have a module now."""
    plans = Plan.objects.live().filter(module=module)
    return Enrolment.objects.open().filter(plan__in=plans).order_by().values("workspace")


def addresses(where: Q, roles: Collection[str]) -> QuerySet[Member, Any]:
    """The addresses of active members, each once, in lower case; of these roles only, unless empty."""
    members = Member.objects.filter(where, active=True).exclude(email="")
    if roles:
        members = members.filter(role__in=roles)
    found = members.annotate(address=Lower("email")).order_by("address")
    return found.values_list("address", flat=True).distinct()


def counted(audience: str, module: Module | None, chosen: Collection[str]) -> int:
    """How many workspaces are told."""
    if audience == Audience.MODULE:
        return having(module).count()
    return len(set(chosen)) if audience == Audience.WORKSPACES else Workspace.objects.count()


def enlist(announcement: Announcement) -> int:
    """Write down everybody whom this announcement is mailed to, by one statement; return how many."""
    chosen = AnnouncementWorkspace.objects.filter(announcement=announcement).values("workspace")
    where = workspaces(announcement.audience, announcement.module, chosen)
    found = addresses(where, announcement.mail_roles).values_list(
        Value(announcement.pk, BigIntegerField()), "address"
    )
    try:
        sql, params = found.query.sql_with_params()
    except EmptyResultSet:
        return 0
    table = connection.ops.quote_name(Recipient._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (announcement_id, address) {sql} ON CONFLICT DO NOTHING",
            params,
        )
        return int(cursor.rowcount)
