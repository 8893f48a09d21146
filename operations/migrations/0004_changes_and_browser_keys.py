import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0003_groups"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("topic", models.CharField(max_length=20)),
                ("key", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="kind",
            field=models.CharField(
                choices=[("server", "Server"), ("browser", "Browser")], default="server", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="modules",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Keys of the modules whose flags it may ask for; none: all.",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="origins",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Where a browser key's pages come from; none for a server's.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["server", "browser"])), name="apikey_kind"
            ),
        ),
    ]
