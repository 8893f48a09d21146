import datetime
import uuid
from decimal import Decimal

import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import rollout.models.fields
import rollout.models.flags


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("source", models.CharField(max_length=200)),
                ("created_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("read", models.PositiveIntegerField(default=0)),
                (
                    "result",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                ("applied_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="ImportFault",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveIntegerField()),
                ("field", models.CharField(max_length=30)),
                ("message", models.CharField(max_length=300)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faults",
                        to="rollout.import",
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "line", "id"],
            },
        ),
        migrations.CreateModel(
            name="Module",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "unit",
                    models.CharField(
                        choices=[("workspace", "Workspace"), ("user", "User")],
                        default="workspace",
                        max_length=10,
                    ),
                ),
                (
                    "tiers",
                    models.JSONField(
                        blank=True, default=list, help_text="Eligible subscription tiers; none: any"
                    ),
                ),
                (
                    "statuses",
                    models.JSONField(
                        blank=True, default=list, help_text="Eligible subscription statuses; none: any"
                    ),
                ),
                (
                    "roles",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="At least one active member has one of these roles; none: not asked",
                    ),
                ),
                (
                    "business_goals",
                    models.JSONField(
                        blank=True, default=list, help_text="Reported after a month; close no gate"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "permissions": [("edit_eligibility", "Can change who is eligible for a module")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["workspace", "user"])), name="module_unit"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True)),
                ("from_phase", models.PositiveSmallIntegerField(default=1)),
                ("selected_from_phase", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "max_percentage",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)]
                    ),
                ),
                (
                    "hold_key",
                    rollout.models.fields.BytewiseCharField(blank=True, editable=False, max_length=100),
                ),
                ("killed", models.BooleanField(default=False, verbose_name="kill switch")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "salt",
                    models.CharField(default=rollout.models.flags.new_salt, editable=False, max_length=16),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "prerequisite",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dependents",
                        to="rollout.flag",
                    ),
                ),
                (
                    "module",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="flags", to="rollout.module"
                    ),
                ),
            ],
            options={
                "ordering": ["module", "from_phase", "id"],
                "permissions": [
                    ("kill_flag", "Can turn a kill switch"),
                    ("override_flag", "Can override a flag for one unit"),
                    ("hold_flag", "Can hold a flag back"),
                    ("select_units", "Can select workspaces for a flag"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "unit_id",
                    rollout.models.fields.BytewiseCharField(
                        max_length=120,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[^\\s\\x00-\\x1f\\x7f]{1,100}\\Z",
                                "must have 1 to 100 characters, none of them a space or a control character",
                            )
                        ],
                    ),
                ),
                ("value", models.BooleanField()),
                ("reason", models.CharField(max_length=500)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("created_by", models.CharField(editable=False, max_length=200)),
                (
                    "flag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="overrides",
                        to="rollout.flag",
                    ),
                ),
            ],
            options={
                "ordering": ["flag", "unit_id"],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "ordering",
                    models.CharField(
                        choices=[("workspace_id", "Workspace id, lowest first"), ("hash", "Hash, at random")],
                        default="hash",
                        max_length=12,
                    ),
                ),
                (
                    "salt",
                    models.CharField(default=rollout.models.flags.new_salt, editable=False, max_length=16),
                ),
                ("hash_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                (
                    "automatic",
                    models.BooleanField(default=False, help_text="Run the next phase when the gate opens"),
                ),
                (
                    "needs_approval",
                    models.BooleanField(default=False, help_text="A second person approves each phase"),
                ),
                (
                    "breach_policy",
                    models.CharField(
                        choices=[("pause", "Pause"), ("roll_back", "Roll back to the phase before")],
                        default="pause",
                        max_length=10,
                    ),
                ),
                ("percentage", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("complete", "Complete"),
                            ("rolled_back", "Rolled back"),
                            ("archived", "Archived"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=12,
                    ),
                ),
                (
                    "cutoff_key",
                    rollout.models.fields.BytewiseCharField(blank=True, editable=False, max_length=100),
                ),
                ("cutoff_open", models.BooleanField(default=False, editable=False)),
                (
                    "all_off",
                    models.BooleanField(
                        default=False, editable=False, help_text="Set to 0: off above every override"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "started_at",
                    models.DateTimeField(editable=False, help_text="When it first left 0 %", null=True),
                ),
                (
                    "share_changed_at",
                    models.DateTimeField(editable=False, help_text="When the soak began", null=True),
                ),
                ("paused_at", models.DateTimeField(editable=False, null=True)),
                (
                    "recheck_at",
                    models.DateTimeField(
                        editable=False, help_text="When automatic mode looks again", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "module",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="plans", to="rollout.module"
                    ),
                ),
            ],
            options={
                "ordering": ["module__name", "-created_at"],
                "permissions": [
                    ("run_phase", "Can run phases, resume and complete a plan"),
                    ("halt_plan", "Can pause, lower and roll back a plan"),
                    ("raise_percentage", "Can raise a plan's percentage by hand, past the gate"),
                    ("override_gate", "Can override a closed gate with a written reason"),
                    ("approve_phase", "Can approve a phase that somebody else runs"),
                    ("archive_plan", "Can archive a plan"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Phase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("internal", "The internal list only"),
                            ("beta", "Beta"),
                            ("cohort", "The cohort"),
                        ],
                        default="cohort",
                        max_length=10,
                    ),
                ),
                (
                    "percentage",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(100)]
                    ),
                ),
                ("week", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "min_soak",
                    models.DurationField(
                        default=datetime.timedelta(days=7), help_text="Before the next phase may run"
                    ),
                ),
                ("review_every", models.DurationField(blank=True, null=True)),
                ("review_for", models.DurationField(blank=True, null=True)),
                (
                    "max_error_rate",
                    models.DecimalField(decimal_places=5, default=Decimal("0.05"), max_digits=6),
                ),
                (
                    "target_error_rate",
                    models.DecimalField(blank=True, decimal_places=5, max_digits=6, null=True),
                ),
                ("min_adoption", models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True)),
                (
                    "max_p95_ms",
                    models.PositiveIntegerField(default=500, verbose_name="max p95 of the API, ms"),
                ),
                (
                    "max_database_p95_ms",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="max p95 of the database, ms"
                    ),
                ),
                (
                    "min_satisfaction",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=3, null=True),
                ),
                ("no_open_critical_issue", models.BooleanField(default=False)),
                (
                    "stable_for",
                    models.DurationField(
                        blank=True,
                        help_text="No rollback trigger and no critical alert for this long",
                        null=True,
                    ),
                ),
                ("all_flags_available", models.BooleanField(default=False)),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="phases",
                        to="rollout.plan",
                    ),
                ),
            ],
            options={
                "ordering": ["plan", "number"],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("plan_version", models.PositiveIntegerField()),
                ("phase_number", models.PositiveSmallIntegerField()),
                ("user_id", models.BigIntegerField()),
                ("username", models.CharField(max_length=150)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="rollout.plan",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="StagedMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveIntegerField()),
                ("workspace", rollout.models.fields.BytewiseCharField(max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("tier", models.CharField(max_length=30)),
                ("status", models.CharField(max_length=30)),
                ("region", models.CharField(max_length=100)),
                ("time_zone", models.CharField(max_length=50)),
                ("member", rollout.models.fields.BytewiseCharField(blank=True, max_length=120)),
                ("role", models.CharField(blank=True, max_length=30)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("active", models.BooleanField(default=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="rollout.import"
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "line"],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("plan_version", models.PositiveIntegerField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("pass", "Pass"),
                            ("hold", "Hold"),
                            ("breach", "Breach"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=8,
                    ),
                ),
                ("summary", models.CharField(max_length=500)),
                ("details", models.JSONField(default=dict)),
                ("measured_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verdicts",
                        to="rollout.plan",
                    ),
                ),
            ],
            options={
                "ordering": ["-measured_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="PhaseRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("phase", "Phase run"),
                            ("set", "Percentage set"),
                            ("pause", "Paused"),
                            ("resume", "Resumed"),
                            ("rollback", "Rolled back"),
                            ("complete", "Completed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("phase_number", models.PositiveSmallIntegerField(null=True)),
                ("from_percentage", models.PositiveSmallIntegerField()),
                ("to_percentage", models.PositiveSmallIntegerField()),
                ("gain", models.PositiveIntegerField()),
                ("lose", models.PositiveIntegerField()),
                (
                    "plan_version",
                    models.PositiveIntegerField(help_text="The plan's version after this operation"),
                ),
                (
                    "overridden",
                    models.JSONField(
                        default=list, help_text="Codes of the gate's reasons that were overridden"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.CharField(max_length=200)),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="rollout.plan",
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.RESTRICT, to="rollout.verdict"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Workspace",
            fields=[
                (
                    "id",
                    rollout.models.fields.BytewiseCharField(
                        max_length=100,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[^\\s\\x00-\\x1f\\x7f]{1,100}\\Z",
                                "must have 1 to 100 characters, none of them a space or a control character",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "tier",
                    models.CharField(
                        help_text="Subscription tier",
                        max_length=30,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z][a-z0-9_]{0,29}\\Z",
                                "must be lower-case letters, digits and underscores, beginning with a letter",
                            )
                        ],
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        help_text="Subscription status",
                        max_length=30,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z][a-z0-9_]{0,29}\\Z",
                                "must be lower-case letters, digits and underscores, beginning with a letter",
                            )
                        ],
                    ),
                ),
                ("region", models.CharField(blank=True, max_length=100)),
                (
                    "time_zone",
                    models.CharField(blank=True, help_text="IANA name, such as Europe/London", max_length=50),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["tier", "status"], name="workspace_subscription"),
                    models.Index(fields=["region"], name="workspace_region"),
                    models.Index(fields=["name"], name="workspace_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Selection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("selected_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="selections",
                        to="rollout.flag",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="rollout.workspace"),
                ),
            ],
            options={
                "ordering": ["workspace_id"],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("member", rollout.models.fields.BytewiseCharField(max_length=120)),
                (
                    "role",
                    models.CharField(
                        max_length=30,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z][a-z0-9_]{0,29}\\Z",
                                "must be lower-case letters, digits and underscores, beginning with a letter",
                            )
                        ],
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("active", models.BooleanField(default=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="rollout.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ["workspace_id", "member"],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_key", rollout.models.fields.BytewiseCharField(max_length=100)),
                ("entered_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="enrolments",
                        to="rollout.plan",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="enrolments",
                        to="rollout.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ["plan", "order_key"],
            },
        ),
        migrations.CreateModel(
            name="FlagSpan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("cutoff_key", rollout.models.fields.BytewiseCharField(blank=True, max_length=100)),
                ("cutoff_open", models.BooleanField(default=False)),
                ("selected_only", models.BooleanField(default=False)),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="spans", to="rollout.flag"
                    ),
                ),
            ],
            options={
                "ordering": ["flag", "began_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("flag",), name="span_one_open"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InternalUnit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "unit_id",
                    rollout.models.fields.BytewiseCharField(
                        max_length=120,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[^\\s\\x00-\\x1f\\x7f]{1,100}\\Z",
                                "must have 1 to 100 characters, none of them a space or a control character",
                            )
                        ],
                    ),
                ),
                (
                    "module",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="internal_units",
                        to="rollout.module",
                    ),
                ),
            ],
            options={
                "ordering": ["unit_id"],
                "constraints": [models.UniqueConstraint(fields=("module", "unit_id"), name="internal_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("selected_from_phase", None),
                    ("selected_from_phase__lt", models.F("from_phase")),
                    _connector="OR",
                ),
                name="flag_selected_before_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_percentage", None), ("max_percentage__lte", 100), _connector="OR"),
                name="flag_max_percentage",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("prerequisite", None),
                    models.Q(("prerequisite", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="flag_not_its_own_prerequisite",
            ),
        ),
        migrations.AddIndex(
            model_name="override",
            index=models.Index(fields=["unit_id"], name="override_unit"),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.UniqueConstraint(fields=("flag", "unit_id"), name="override_once"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "archived"), _negated=True),
                fields=("module",),
                name="plan_one_live_per_module",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("percentage__lte", 100)), name="plan_percentage"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["draft", "running", "paused", "complete", "rolled_back", "archived"])
                ),
                name="plan_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("cutoff_open", False), ("cutoff_key", ""), _connector="OR"),
                name="plan_cutoff_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "paused"), _negated=True),
                    ("paused_at__isnull", False),
                    _connector="OR",
                ),
                name="plan_paused_since",
            ),
        ),
        migrations.AddConstraint(
            model_name="phase",
            constraint=models.UniqueConstraint(fields=("plan", "number"), name="phase_number_once"),
        ),
        migrations.AddConstraint(
            model_name="phase",
            constraint=models.UniqueConstraint(fields=("plan", "percentage"), name="phase_percentage_once"),
        ),
        migrations.AddConstraint(
            model_name="phase",
            constraint=models.CheckConstraint(
                condition=models.Q(("percentage__lte", 100)), name="phase_percentage"
            ),
        ),
        migrations.AddConstraint(
            model_name="phase",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="phase_number"),
        ),
        migrations.AddConstraint(
            model_name="phase",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_error_rate__gte", 0), ("max_error_rate__lte", 1)),
                name="phase_max_error_rate",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                fields=("plan", "plan_version", "phase_number", "user_id"), name="approval_once"
            ),
        ),
        migrations.AddIndex(
            model_name="stagedmember",
            index=models.Index(fields=["batch", "workspace", "line"], name="staged_workspace"),
        ),
        migrations.AddIndex(
            model_name="verdict",
            index=models.Index(fields=["plan", "-measured_at", "-id"], name="verdict_latest"),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__in", ["pass", "hold", "breach", "unknown"])),
                name="verdict_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="phaserun",
            constraint=models.UniqueConstraint(fields=("plan", "plan_version"), name="run_one_per_version"),
        ),
        migrations.AddConstraint(
            model_name="phaserun",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_percentage__lte", 100), ("to_percentage__lte", 100)),
                name="run_percentages",
            ),
        ),
        migrations.AddConstraint(
            model_name="selection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)), fields=("flag", "workspace"), name="selection_once"
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["member"], name="member_id"),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                condition=models.Q(("active", True)), fields=["role", "workspace"], name="member_active_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(fields=("workspace", "member"), name="member_once"),
        ),
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(fields=["workspace", "plan"], name="enrolment_of_workspace"),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at", None)), fields=("plan", "workspace"), name="enrolment_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("left_at", None), ("left_at__gte", models.F("entered_at")), _connector="OR"
                ),
                name="enrolment_leaves_after",
            ),
        ),
    ]
