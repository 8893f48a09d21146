"""Do the tables belong to this code? The same question on both databases."""

from django.db.migrations.loader import MigrationLoader

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level
from monitoring.database_health.texts import count


def migrations(database: Database) -> Answer:
    """Unapplied migrations are a breach: the code asks for tables that are not there."""
    with database.reading():
        loader = MigrationLoader(database.connection)
    applied = set(loader.applied_migrations or ())
    known = set(loader.disk_migrations)
    missing = sorted(known - applied - _replaced(loader))
    if missing:
        return Answer(
            Level.BREACH,
            f"{count(len(missing), 'migration')} not applied: the code is newer than the tables",
            len(missing),
            breach_at=1,
            remedy="manage.py migrate",
            items=tuple(Item(f"{app}.{name}") for app, name in missing),
        )
    strange = sorted(key for key in applied - known - _replaced(loader) if key[0] in loader.migrated_apps)
    if strange:
        return Answer(
            Level.HOLD,
            f"{count(len(strange), 'migration')} applied that this code does not know: the tables are newer",
            len(strange),
            threshold=1,
            remedy="Deploy the release that has them, or migrate back with that release first",
            items=tuple(Item(f"{app}.{name}") for app, name in strange),
        )
    return Answer(Level.PASS, f"all {len(known)} applied", 0, breach_at=1)


def _replaced(loader: MigrationLoader) -> set[tuple[str, str]]:
    """Migrations that a squashed one stands for, or squashed ones that stand for applied ones."""
    applied = loader.applied_migrations or {}
    found: set[tuple[str, str]] = set()
    for key, squashed in loader.replacements.items():
        parts = set(squashed.replaces)
        found |= parts if key in applied else set()
        found |= {key} if parts <= set(applied) else set()
        found |= parts - set(loader.disk_migrations)
    return found
