"""What each group may do with variants, targeting rules and segments."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_variant", "view_rule", "view_segment", "view_flagusage"]
MANAGE = [*VIEW, "add_flag", "add_segment", "change_segment", "delete_segment"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: MANAGE,
    groups.RELEASE_MANAGER: VIEW,
    groups.ADMINISTRATOR: MANAGE,
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "rollout", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("rollout", "0003_flags_in_full")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
