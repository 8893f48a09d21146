"""Reviews that the version before makes, which knows no kinds, are of phases."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0009_parts_and_reviews_after")]

    operations = [
        migrations.AlterField(
            model_name="review",
            name="kind",
            field=models.CharField(
                choices=[
                    ("phase", "Phase"),
                    ("day", "First 24 hours"),
                    ("week", "First week"),
                    ("month", "First month"),
                ],
                db_default="phase",
                default="phase",
                max_length=5,
            ),
        ),
    ]
