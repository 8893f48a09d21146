"""Drop the second index that PostgreSQL makes of a text column for LIKE: in the C collation one serves both."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SURPLUS = """
    SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()
    AND tablename IN ('rollout_workspace', 'rollout_selection') AND indexname LIKE '%%id_%%\\_like'
"""


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SURPLUS)
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [("rollout", "0004_groups_of_flags_in_full")]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
