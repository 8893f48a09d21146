"""Does the version before survive the new migrations? `python -m tests.upgrades.lint`; exit code 0 or 1.

An upgrade migrates first, and then replaces the processes one by one: for minutes, processes of the version
before write into the new tables. django-migration-linter reads the PostgreSQL statements of each migration
that is newer than `released.txt` for what would break them, and warns of what locks a table. Two things it
does not see are added here. A migration that breaks a rule and is safe all the same says why, in one line:
`survives = "nobody wrote this column since 0.6"`. The reason is printed.
"""

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db.migrations import Migration
from django.db.migrations.operations import AddConstraint, AddField, CreateModel
from django.db.models import CheckConstraint, ManyToManyField
from django_migration_linter import MigrationLinter

RELEASED = Path(__file__).with_name("released.txt")
# Shorter ones say nothing.
SHORTEST_REASON = 20


def main() -> int:
    """Print what is wrong with each new migration; 1 when anything is."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.upgrades.lint_settings"
    django.setup()
    logging.getLogger("django_migration_linter").setLevel(logging.WARNING)

    linter = MigrationLinter(no_cache=True, analyser_string="postgresql")
    faulty = 0
    for migration in new_migrations(linter.migration_loader.disk_migrations):
        before = linter.nb_erroneous
        if reason := reason_of(migration):
            say(f"({migration.app_label}, {migration.name})... SURVIVES: {reason}")
            continue
        linter.lint_migration(migration)
        faults = list(unseen(migration))
        for fault in faults:
            say(f"\t{fault}")
        faulty += bool(faults) or linter.nb_erroneous > before
    if faulty:
        say(
            f"{faulty} migrations break the version before: add columns with db_default, drop and rename in "
            'a later release (docs/running.md, "Upgrade"), or say in the migration why not: survives = "…"'
        )
    return 1 if faulty else 0


def say(line: str) -> None:
    """One line for whoever runs the linter, in its place between the linter's own."""
    sys.stdout.write(f"{line}\n")


def new_migrations(found: dict[tuple[str, str], Migration]) -> Iterator[Migration]:
    """The portal's own migrations after the newest released ones, in the order of their names."""
    lines = [line.split() for line in RELEASED.read_text().splitlines() if not line.startswith("#")]
    newest = {app: name for app, name in lines}  # noqa: C416 - pairs by their meaning
    for app, name in newest.items():
        if (app, name) not in found:
            raise SystemExit(f"{RELEASED.name}: there is no migration {app} {name}")
    ours = {config.label for config in apps.get_app_configs() if _is_ours(Path(config.path))}
    for (app, name), migration in sorted(found.items()):
        if app in ours and name > newest.get(app, ""):
            yield migration


def reason_of(migration: Migration) -> str:
    """Why a migration is safe against the rules; empty when it does not say, or says next to nothing."""
    reason = str(getattr(migration, "survives", "")).strip()
    return reason if len(reason) >= SHORTEST_REASON else ""


def unseen(migration: Migration) -> Iterator[str]:
    """What the linter does not tell apart: which column has a default, and rules that old rows may break."""
    made = {op.name_lower for op in migration.operations if isinstance(op, CreateModel)}
    for operation in migration.operations:
        if isinstance(operation, AddField) and operation.model_name_lower not in made:
            field = operation.field
            if not (field.null or field.has_db_default() or isinstance(field, ManyToManyField)):
                yield f"{operation.model_name}.{operation.name} is NOT NULL and has no db_default"
        if isinstance(operation, AddConstraint) and operation.model_name_lower not in made:
            rule = operation.constraint
            if isinstance(rule, CheckConstraint) and not _is_of_new_columns(rule, migration):
                yield f"{rule.name}: the version before may write what this CHECK refuses"


def _is_of_new_columns(rule: CheckConstraint, migration: Migration) -> bool:
    """Whether a CHECK reads only columns that came with its migration: they hold their defaults."""
    added = {operation.name for operation in migration.operations if isinstance(operation, AddField)}
    read = {name.split("__")[0] for name in _names(rule.condition)}
    return bool(read) and read <= added


def _names(condition: object) -> Iterator[str]:
    for child in getattr(condition, "children", ()):
        if isinstance(child, tuple):
            yield child[0]
        else:
            yield from _names(child)


def _is_ours(path: Path) -> bool:
    return path.parent == settings.BASE_DIR or "LINTED_APPS" in os.environ


if __name__ == "__main__":
    sys.exit(main())
