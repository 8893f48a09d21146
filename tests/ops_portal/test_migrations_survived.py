"""Processes of the versions before go on while their tables are those of this one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from django.utils import timezone

from monitoring.models import Review
from operations.models import Window
from tests import builders
from tests.upgrades import lint

pytestmark = pytest.mark.django_db

VERSIONS = {
    "0.5.0": {
        "feedback": "0004_search_index",
        "monitoring": "0008_alerts_of_tickets",
        "operations": "0008_groups_of_channels",
        "rollout": "0005_bytewise_columns_need_no_like_index",
    },
    "0.6.0": dict(
        line.split() for line in lint.RELEASED.read_text().splitlines() if not line.startswith("#")
    ),
}
# Django's own tables and theirs: versions of Django are upgraded within a series.
OURS = {config.label for config in apps.get_app_configs()} & set(VERSIONS["0.6.0"])


@dataclass(frozen=True)
class Column:
    """One column as the database has it."""

    name: str
    may_be_left_out: bool


def test_rows_that_0_5_makes_of_reviews_and_windows_are_taken() -> None:
    plan = builders.a_plan_in_phase(1)
    then = models_of("0.5.0")
    run = plan.runs.get()
    Review.objects.all().delete()

    then.get_model("monitoring", "Review").objects.create(
        plan_id=plan.pk, run_id=run.pk, number=1, due_at=timezone.now()
    )
    then.get_model("operations", "Window").objects.create(
        kind="freeze",
        title="Month's end",
        starts_at=timezone.now(),
        ends_at=timezone.now() + timedelta(hours=1),
        created_by="ada",
    )

    assert Review.objects.get().kind == Review.Kind.PHASE
    assert Window.objects.get().version == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_the_database_fills_every_column_that_a_version_before_does_not_know(version: str) -> None:
    missing = []
    for model in models_of(version).get_models():
        if model._meta.app_label in OURS:
            known = {field.column for field in model._meta.local_concrete_fields}
            missing += [
                f"{model._meta.db_table}.{column.name}"
                for column in columns(model._meta.db_table)
                if column.name not in known and not column.may_be_left_out
            ]

    assert not missing


@pytest.mark.parametrize("version", VERSIONS)
def test_every_column_that_a_version_before_reads_is_still_there(version: str) -> None:
    gone = []
    for model in models_of(version).get_models():
        if model._meta.app_label in OURS:
            found = {column.name for column in columns(model._meta.db_table)}
            gone += [
                f"{model._meta.db_table}.{field.column}"
                for field in model._meta.local_concrete_fields
                if field.column not in found
            ]

    assert not gone


def models_of(version: str) -> StateApps:
    """The models as the code of a version has them: what it writes, and no more."""
    return MigrationLoader(None).project_state(list(VERSIONS[version].items())).apps


def columns(table: str) -> list[Column]:
    """The columns of a table; none where there is no such table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                'SELECT name, NOT "notnull" OR dflt_value IS NOT NULL OR pk OR hidden'
                " FROM pragma_table_xinfo(%s)",
                [table],
            )
        else:
            cursor.execute(
                "SELECT column_name, is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES'"
                " OR is_generated = 'ALWAYS'"
                " FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s",
                [table],
            )
        rows: list[Any] = cursor.fetchall()
    return [Column(name, bool(optional)) for name, optional in rows]
