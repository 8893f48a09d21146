"""Alerts may come from tickets."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0007_groups_of_alerts")]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="source",
            field=models.CharField(
                choices=[
                    ("health", "Health check"),
                    ("rule", "Rule on vitals"),
                    ("alertmanager", "Alertmanager"),
                    ("person", "A person"),
                    ("product", "The product"),
                    ("portal", "The portal itself"),
                    ("tickets", "Tickets"),
                ],
                max_length=12,
            ),
        ),
    ]
