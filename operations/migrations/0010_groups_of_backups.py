"""What each group may do with backups."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_backup"]
CREATE = [*VIEW, "create_backup"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: VIEW,
    groups.RELEASE_MANAGER: CREATE,
    groups.ADMINISTRATOR: [*CREATE, "restore_backup"],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "operations", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("operations", "0009_backups")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
