"""Let PostgreSQL find a window of hours by where it lies.

Hours come in one after another, so a day lies together in the table. Without this index PostgreSQL reads all
of the history for a day of it; with it, a few pages more than the day.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = ("monitoring_workspacehour", "monitoring_counterhour")


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(
                f"CREATE INDEX {table}_window ON {table} USING brin (hour)"
                " WITH (pages_per_range = 32, autosummarize = on)"
            )


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"DROP INDEX {table}_window")


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0004_groups_of_vitals_source")]

    operations = [migrations.RunPython(create, drop)]
