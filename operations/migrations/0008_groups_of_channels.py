"""What each group may do with channels."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_channel"]
TEST = [*VIEW, "test_channel"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: TEST,
    groups.RELEASE_MANAGER: TEST,
    groups.ADMINISTRATOR: [*TEST, "add_channel", "change_channel", "delete_channel"],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "operations", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("operations", "0007_channels")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
