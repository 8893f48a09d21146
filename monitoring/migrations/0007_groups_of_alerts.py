"""What each group may do with alerts, silences, and who is told."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_alert", "view_silence", "view_route", "view_contact"]
RESPOND = [*VIEW, "raise_alert", "respond_alert"]
SILENCE = [*RESPOND, "add_silence", "change_silence"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: RESPOND,
    groups.PRODUCT_MANAGER: SILENCE,
    groups.RELEASE_MANAGER: SILENCE,
    groups.ADMINISTRATOR: [
        *SILENCE,
        *(f"{verb}_{model}" for model in ("route", "contact") for verb in ("add", "change", "delete")),
    ],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "monitoring", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0006_alerts"), ("operations", "0008_groups_of_channels")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
