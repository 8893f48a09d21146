"""Who may see, and who may choose, where a plan's vitals come from."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_vitalssource"]
CHANGE = [*VIEW, "change_vitalssource"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: CHANGE,
    groups.RELEASE_MANAGER: VIEW,
    groups.ADMINISTRATOR: CHANGE,
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "monitoring", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0003_vitals_source")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
