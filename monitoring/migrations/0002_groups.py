"""What each group may do with health checks and reviews."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_healthcheck", "view_look", "view_review", "view_criteriontick", "view_workspaceday"]
WATCH = [*VIEW, "run_healthcheck"]
MANAGE = [*WATCH, "do_review"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: MANAGE,
    groups.RELEASE_MANAGER: WATCH,
    groups.ADMINISTRATOR: MANAGE,
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "monitoring", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial"), ("operations", "0003_groups")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
