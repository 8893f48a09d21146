"""Windows that the version before makes, which counts no changes, begin at the first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0011_windows")]

    operations = [
        migrations.AlterField(
            model_name="window",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
