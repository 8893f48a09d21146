"""What each group may do with tickets, the promised service and the Phase 2 plan."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = [
    f"view_{model}"
    for model in ("ticket", "cannedreply", "holiday", "openinghours", "servicetarget", "enhancement")
]
WORK = [*VIEW, "add_ticket", "change_ticket", "triage_ticket"]
SUPPORT = [*WORK, "view_original", *(f"{verb}_cannedreply" for verb in ("add", "change", "delete"))]
PLAN = [*WORK, *(f"{verb}_enhancement" for verb in ("add", "change", "delete"))]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: SUPPORT,
    groups.PRODUCT_MANAGER: PLAN,
    groups.RELEASE_MANAGER: WORK,
    groups.ADMINISTRATOR: [
        *SUPPORT,
        *(f"{verb}_enhancement" for verb in ("add", "change", "delete")),
        *(f"{verb}_holiday" for verb in ("add", "delete")),
        "change_openinghours",
        "change_servicetarget",
        "erase_ticket",
    ],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "feedback", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("feedback", "0002_service"), ("operations", "0008_groups_of_channels")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
