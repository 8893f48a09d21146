"""Windows know when users were told of them, and count their changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0010_groups_of_backups")]

    operations = [
        migrations.AddField(
            model_name="window",
            name="announced_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddConstraint(
            model_name="window",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "maintenance"), ("announced_at", None), _connector="OR"),
                name="window_freeze_is_not_announced",
            ),
        ),
    ]
