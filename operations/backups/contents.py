"""What a database holds, in numbers: the rows of each table, the newest migrations, the trail's head."""

from dataclasses import dataclass, field

from django.db.backends.base.base import BaseDatabaseWrapper

from operations.models import AuditSeal

# Tables of the schema that the portal lives in. Those of extensions are the server's business.
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite|_%' ESCAPE '|'",
    "postgresql": """
        SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    """,
}
_MIGRATIONS = "SELECT app, MAX(name) FROM django_migrations GROUP BY app"
_HEAD = f"SELECT sequence, digest FROM {AuditSeal._meta.db_table} ORDER BY sequence DESC LIMIT 1"  # noqa: S608


@dataclass(frozen=True)
class Contents:
    """Rows by table, the newest migration by app, and "SEQUENCE:DIGEST" ("" for an empty trail)."""

    row_counts: dict[str, int] = field(default_factory=dict)
    migrations: dict[str, str] = field(default_factory=dict)
    audit_head: str = ""

    @property
    def rows(self) -> int:
        return sum(self.row_counts.values())


def tables(database: BaseDatabaseWrapper) -> list[str]:
    """The names of all tables, sorted."""
    with database.cursor() as cursor:
        cursor.execute(_TABLES[database.vendor])
        return sorted(name for (name,) in cursor.fetchall())


def of(database: BaseDatabaseWrapper) -> Contents:
    """Count a database, in four queries. Consistent where the caller holds a snapshot."""
    found = tables(database)
    quote = database.ops.quote_name
    # One statement for all tables: their names are not parameters, and come from the catalogue itself.
    counts = " UNION ALL ".join(
        f"SELECT '{name.replace(chr(39), chr(39) * 2)}', COUNT(*) FROM {quote(name)}"  # noqa: S608
        for name in found
    )
    with database.cursor() as cursor:
        cursor.execute(counts or "SELECT '', 0 WHERE 1 = 0")
        row_counts = dict(sorted(cursor.fetchall()))
        migrations: dict[str, str] = {}
        if "django_migrations" in row_counts:
            cursor.execute(_MIGRATIONS)
            migrations = dict(sorted(cursor.fetchall()))
        head = None
        if AuditSeal._meta.db_table in row_counts:
            cursor.execute(_HEAD)
            head = cursor.fetchone()
    return Contents(row_counts, migrations, f"{head[0]}:{head[1]}" if head else "")
