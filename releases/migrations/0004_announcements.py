"""Announcements, and what each group may do with them."""

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = ["view_announcement"]
ADD = [*VIEW, "add_announcement"]
ALL = [*ADD, "change_announcement"]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: ADD,
    groups.RELEASE_MANAGER: ALL,
    groups.ADMINISTRATOR: ALL,
    "Development lead": VIEW,
    "DevOps": VIEW,
    "Database administrator": VIEW,
    "Security engineer": VIEW,
    "QA lead": VIEW,
    "Customer success": VIEW,
    "CTO": VIEW,
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "releases", GRANTED)


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0011_windows"),
        ("releases", "0003_frozen_releases"),
        ("rollout", "0006_parts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("maintenance", "Maintenance"),
                            ("release", "Release"),
                            ("incident", "Incident"),
                            ("info", "Information"),
                        ],
                        max_length=11,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField(blank=True, max_length=5000)),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("everybody", "Everybody"),
                            ("module", "Workspaces that have a module"),
                            ("workspaces", "Certain workspaces"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "in_product",
                    models.BooleanField(default=True, help_text="The product asks for it and shows it"),
                ),
                (
                    "by_mail",
                    models.BooleanField(default=False, help_text="To the active members of the workspaces"),
                ),
                (
                    "mail_roles",
                    models.JSONField(default=list, help_text="Members of these roles only; empty: of all"),
                ),
                ("starts_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
                ("key", models.CharField(max_length=100, null=True, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("created_by", models.CharField(max_length=200)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("published_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("channels", models.ManyToManyField(related_name="announcements", to="operations.channel")),
                (
                    "deployment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="announcements",
                        to="releases.deployment",
                    ),
                ),
                (
                    "module",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="announcements",
                        to="rollout.module",
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="announcements",
                        to="operations.window",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": ("view", "add", "change"),
            },
        ),
        migrations.CreateModel(
            name="AnnouncementWorkspace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "announcement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="releases.announcement",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="rollout.workspace"),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="announcement",
            name="workspaces",
            field=models.ManyToManyField(
                related_name="announcements", through="releases.AnnouncementWorkspace", to="rollout.workspace"
            ),
        ),
        migrations.CreateModel(
            name="Recipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                (
                    "announcement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="releases.announcement",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="announcementworkspace",
            constraint=models.UniqueConstraint(
                fields=("announcement", "workspace"), name="announcementworkspace_once"
            ),
        ),
        migrations.AddIndex(
            model_name="announcement",
            index=models.Index(
                condition=models.Q(
                    ("cancelled_at", None), ("completed_at", None), ("published_at__isnull", False)
                ),
                fields=["-published_at", "-id"],
                name="announcement_current",
            ),
        ),
        migrations.AddIndex(
            model_name="announcement",
            index=models.Index(
                condition=models.Q(("cancelled_at", None), ("published_at", None)),
                fields=["due_at"],
                name="announcement_to_go_out",
            ),
        ),
        migrations.AddIndex(
            model_name="announcement",
            index=models.Index(
                condition=models.Q(
                    ("cancelled_at", None), ("completed_at", None), ("published_at__isnull", False)
                ),
                fields=["ends_at"],
                name="announcement_to_complete",
            ),
        ),
        migrations.AddIndex(
            model_name="announcement",
            index=models.Index(fields=["kind", "-id"], name="announcement_of_kind"),
        ),
        migrations.AddIndex(
            model_name="announcement",
            index=models.Index(fields=["module", "-id"], name="announcement_of_module"),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["maintenance", "release", "incident", "info"])),
                name="announcement_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("audience", "module"), ("module__isnull", False)),
                    models.Q(("audience__in", ["everybody", "workspaces"]), ("module", None)),
                    _connector="OR",
                ),
                name="announcement_audience",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at", None),
                    ("starts_at", None),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="announcement_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(("cancelled_at", None), ("completed_at", None), _connector="OR"),
                name="announcement_one_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published_at__isnull", False),
                    models.Q(("changed_at", None), ("completed_at", None)),
                    _connector="OR",
                ),
                name="announcement_published_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at", None), ("completed_at", None)),
                fields=("window",),
                name="announcement_one_for_a_window",
            ),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(fields=["announcement", "id"], name="recipient_in_order"),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.UniqueConstraint(fields=("announcement", "address"), name="recipient_once"),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
