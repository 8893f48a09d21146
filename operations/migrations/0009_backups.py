"""Backups of the portal's own database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0008_groups_of_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True)),
                (
                    "engine",
                    models.CharField(
                        choices=[("sqlite", "SQLite"), ("postgresql", "PostgreSQL")], max_length=10
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=200)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("size", models.BigIntegerField(help_text="Bytes")),
                ("digest", models.CharField(help_text="SHA-256 of the manifest", max_length=64)),
                ("portal_version", models.CharField(blank=True, max_length=40)),
                ("migrations", models.JSONField(default=dict)),
                ("row_counts", models.JSONField(default=dict)),
                ("audit_head", models.CharField(blank=True, max_length=100)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("verified_by", models.CharField(blank=True, max_length=200)),
                ("verification", models.JSONField(blank=True, default=dict)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("create_backup", "Can create and verify a backup"),
                    ("restore_backup", "Can restore a backup"),
                ],
                "default_permissions": ("view",),
            },
        ),
        migrations.AddIndex(
            model_name="backup",
            index=models.Index(fields=["-created_at", "-id"], name="backup_newest"),
        ),
        migrations.AddIndex(
            model_name="backup",
            index=models.Index(
                condition=models.Q(("removed_at", None), ("verified_at__isnull", False)),
                fields=["-created_at", "-id"],
                name="backup_proven",
            ),
        ),
        migrations.AddConstraint(
            model_name="backup",
            constraint=models.CheckConstraint(
                condition=models.Q(("engine__in", ["sqlite", "postgresql"])), name="backup_engine"
            ),
        ),
        migrations.AddConstraint(
            model_name="backup",
            constraint=models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="backup_has_bytes"),
        ),
        migrations.AddConstraint(
            model_name="backup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("digest", ""), _negated=True)
                ),
                name="backup_has_name_and_digest",
            ),
        ),
        migrations.AddConstraint(
            model_name="backup",
            constraint=models.CheckConstraint(
                condition=models.Q(("verified_at", None), ("failed_at", None), _connector="OR"),
                name="backup_verified_or_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="backup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("failed_at", None), ("verified_at", None)),
                    models.Q(("verified_by", ""), _negated=True),
                    _connector="XOR",
                ),
                name="backup_verified_by_somebody",
            ),
        ),
    ]
