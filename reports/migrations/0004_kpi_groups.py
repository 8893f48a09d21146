"""What each group may do with KPIs and the return on investment."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_kpi", "view_roimonth"]
MANAGE = [*VIEW, "add_kpi", "change_kpi", "add_kpireading", "change_roimonth", "change_investment"]
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
    dependencies = [("reports", "0003_kpis_and_roi")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
