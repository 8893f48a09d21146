from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0004_changes_and_browser_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScheduledJob",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("last_began_at", models.DateTimeField(null=True)),
                ("last_done_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
