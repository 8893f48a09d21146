"""The hours and targets that a portal begins with: Monday to Friday, 9:00 to 17:00, no holidays."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

HOUR = 60
# Business hours until the first response, and until the resolution.
TARGETS = {"critical": (1, 8), "high": (4, 24), "medium": (8, 80), "low": (24, 160)}


def begin(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    hours = apps.get_model("feedback", "OpeningHours")
    hours.objects.bulk_create(hours(weekday=day, opens=9 * HOUR, closes=17 * HOUR) for day in range(5))
    target = apps.get_model("feedback", "ServiceTarget")
    target.objects.bulk_create(
        target(severity=severity, first_response=first * HOUR, resolution=resolution * HOUR)
        for severity, (first, resolution) in TARGETS.items()
    )
    apps.get_model("feedback", "PlanWeights").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
