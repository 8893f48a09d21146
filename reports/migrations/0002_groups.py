"""What each group may do with reports and their subscriptions."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_report", "view_subscription"]
MANAGE = [*VIEW, "add_report", "add_subscription", "change_subscription", "delete_subscription"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: MANAGE,
    groups.RELEASE_MANAGER: VIEW,
    groups.ADMINISTRATOR: MANAGE,
    "CTO": VIEW,
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "reports", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("releases", "0004_announcements")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
