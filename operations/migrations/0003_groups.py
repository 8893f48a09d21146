"""The groups, with what they may do on the floor."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_auditevent", "view_window"]
OPERATE = [*VIEW, "view_outboxmessage", "add_window", "change_window"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: OPERATE,
    groups.RELEASE_MANAGER: OPERATE,
    groups.ADMINISTRATOR: [
        *OPERATE,
        "view_auditreason",
        "change_auditreason",
        "view_auditseal",
        "view_apikey",
        "add_apikey",
        "revoke_apikey",
        "retry_outboxmessage",
    ],
}
USERS = ["view_user", "add_user", "change_user", "view_group"]


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "operations", GRANTED)
    groups.grant(apps, schema_editor, "auth", {groups.ADMINISTRATOR: USERS})


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0002_append_only_triggers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
