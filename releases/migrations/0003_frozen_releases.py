"""What a release holds and says cannot change any more once it went to production: the database refuses."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FROZEN = (
    "version",
    "module_id",
    "title",
    "category",
    "method",
    "hotfix",
    "security",
    "risk",
    "notes",
    "changelog",
)


def create(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    statements = _POSTGRESQL if schema_editor.connection.vendor == "postgresql" else _SQLITE
    for statement in statements:
        schema_editor.execute(statement, params=None)


def drop(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER releases_release_frozen ON releases_release")
        schema_editor.execute("DROP TRIGGER releases_issue_frozen ON releases_releaseissue")
        return
    schema_editor.execute("DROP TRIGGER releases_release_frozen")
    for operation in ("insert", "update", "delete"):
        schema_editor.execute(f"DROP TRIGGER releases_issue_frozen_{operation}")


_CHANGED = {
    "postgresql": " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in FROZEN),
    "sqlite": " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in FROZEN),
}
_HELD = "EXISTS (SELECT 1 FROM releases_release r WHERE r.frozen_at IS NOT NULL AND r.id IN ({rows}))"

_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION releases_release_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {_CHANGED["postgresql"]} THEN
            RAISE EXCEPTION 'release % went to production: it cannot be changed', OLD.version
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER releases_release_frozen BEFORE UPDATE ON releases_release
    FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL) EXECUTE FUNCTION releases_release_frozen()
    """,
    f"""
    CREATE OR REPLACE FUNCTION releases_issue_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {_HELD.format(rows="OLD.release_id, NEW.release_id")} THEN
            RAISE EXCEPTION 'a release that went to production keeps its issues: % is refused', TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$
    """,
    """
    CREATE TRIGGER releases_issue_frozen BEFORE INSERT OR UPDATE OR DELETE ON releases_releaseissue
    FOR EACH ROW EXECUTE FUNCTION releases_issue_frozen()
    """,
)

_SQLITE = (
    f"""
    CREATE TRIGGER releases_release_frozen BEFORE UPDATE ON releases_release
    WHEN OLD.frozen_at IS NOT NULL AND ({_CHANGED["sqlite"]})
    BEGIN SELECT RAISE(ABORT, 'the release went to production: it cannot be changed'); END
    """,
    *(
        f"""
        CREATE TRIGGER releases_issue_frozen_{operation.lower()} BEFORE {operation} ON releases_releaseissue
        WHEN {_HELD.format(rows=rows)}
        BEGIN SELECT RAISE(ABORT, 'a release that went to production keeps its issues'); END
        """
        for operation, rows in (
            ("INSERT", "NEW.release_id"),
            ("UPDATE", "OLD.release_id, NEW.release_id"),
            ("DELETE", "OLD.release_id"),
        )
    ),
)


class Migration(migrations.Migration):
    dependencies = [("releases", "0002_groups")]

    operations = [migrations.RunPython(create, drop)]
