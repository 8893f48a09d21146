"""The linter of migrations finds what the version before would not survive, and lets pass what it would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.upgrades import lint

BASE = Path(__file__).resolve().parents[2]
# Each is one migration after the one that makes the table, and what the linter says of it; empty: nothing.
CASES = {
    "0002_column_without_default": (
        "migrations.AddField('thing', 'size', models.IntegerField(default=1))",
        "thing.size is NOT NULL and has no db_default",
    ),
    "0003_two_columns": (
        """migrations.AddField('thing', 'a', models.IntegerField(default=1)),
           migrations.AddField('thing', 'b', models.IntegerField(default=1, db_default=1))""",
        "thing.a is NOT NULL and has no db_default",
    ),
    "0004_column_with_default": (
        "migrations.AddField('thing', 'kind', models.CharField(max_length=5, default='x', db_default='x'))",
        "",
    ),
    "0005_column_that_may_be_null": (
        "migrations.AddField('thing', 'at', models.DateTimeField(null=True))",
        "",
    ),
    "0006_not_null": (
        "migrations.AlterField('thing', 'note', models.TextField())",
        "NOT NULL constraint on columns",
    ),
    "0007_renamed": ("migrations.RenameField('thing', 'name', 'title')", "RENAMING columns"),
    "0008_dropped": ("migrations.RemoveField('thing', 'title')", "DROPPING columns"),
    "0009_other_type": (
        "migrations.AlterField('thing', 'number', models.CharField(max_length=9))",
        "ALTERING columns",
    ),
    "0010_unique": (
        "migrations.AddConstraint('thing', models.UniqueConstraint(fields=['number'], name='once'))",
        "ADDING unique constraint",
    ),
    "0011_rule_on_old_columns": (
        """migrations.AddConstraint('thing',
               models.CheckConstraint(condition=~models.Q(number=''), name='numbered'))""",
        "numbered: the version before may write what this CHECK refuses",
    ),
    "0012_rule_on_its_own_column": (
        """migrations.AddField('thing', 'level', models.IntegerField(default=1, db_default=1)),
           migrations.AddConstraint('thing',
               models.CheckConstraint(condition=models.Q(level__gt=0), name='leveled'))""",
        "",
    ),
    "0013_table_renamed": ("migrations.RenameModel('Thing', 'Item')", "RENAMING tables"),
    "0014_table_dropped": ("migrations.DeleteModel('Item')", "DROPPING table"),
    "0015_with_a_reason": (
        "migrations.DeleteModel('Other')",
        "SURVIVES: nothing was ever written to this table",
    ),
    "0016_with_no_reason_to_speak_of": ("migrations.DeleteModel('Third')", "DROPPING table"),
}
REASONS = {
    "0015_with_a_reason": "nothing was ever written to this table",
    "0016_with_no_reason_to_speak_of": "fine",
}
FIRST = """migrations.CreateModel('Thing', [
    ('id', models.BigAutoField(primary_key=True)), ('name', models.TextField()),
    ('note', models.TextField(null=True)), ('number', models.IntegerField())]),
    migrations.CreateModel('Other', [('id', models.BigAutoField(primary_key=True))]),
    migrations.CreateModel('Third', [('id', models.BigAutoField(primary_key=True))])"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of each migration of an app that breaks most of what can be broken."""
    root = tmp_path_factory.mktemp("linted")
    folder = root / "breaking" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    before = ""
    for name, (operations, _) in {"0001_initial": (FIRST, ""), **CASES}.items():
        reason = f"    survives = {REASONS[name]!r}\n" if name in REASONS else ""
        (folder / f"{name}.py").write_text(
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = {[('breaking', before)] if before else []}\n{reason}"
            f"    operations = [{operations}]\n"
        )
        before = name
    done = run({"LINTED_APPS": "breaking", "PYTHONPATH": str(root)})
    assert done.returncode == 1, done.stderr
    assert "say in the migration why not" in done.stdout
    found = {}
    for part in done.stdout.split("(breaking, ")[1:]:
        name, _, rest = part.partition(")... ")
        found[name] = rest
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_breaks_the_version_before_is_named(said: dict[str, str], name: str) -> None:
    expected = CASES[name][1]
    if expected:
        assert expected in said[name]
    else:
        assert said[name].startswith("OK")


def test_the_portals_own_migrations_pass() -> None:
    done = run({})

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_released_migration_that_is_gone_is_noticed() -> None:
    with pytest.raises(SystemExit, match="there is no migration"):
        list(lint.new_migrations({}))


def run(extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    without = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", "tests.upgrades.lint"],
        env={**without, **extra},
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
