"""The index that a search looks words up in: GIN on PostgreSQL, an FTS5 table kept by triggers on SQLite."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Tokens stand between spaces and are folded already: neither database may take them apart again. The function
# says what it costs, or PostgreSQL would rather compute it for every row of the table.
_POSTGRESQL = (
    """
    CREATE FUNCTION feedback_tokens(tokens text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 10000 AS $$
    BEGIN
        RETURN array_to_tsvector(string_to_array(tokens, ' '));
    END $$
    """,
    """
    CREATE INDEX feedback_search ON feedback_searchentry
    USING gin (feedback_tokens(tokens)) WITH (fastupdate = off)
    """,
)
_POSTGRESQL_DROP = ("DROP INDEX feedback_search", "DROP FUNCTION feedback_tokens")
_SQLITE = (
    """
    CREATE VIRTUAL TABLE feedback_search USING fts5(
        tokens, content='feedback_searchentry', content_rowid='ticket_id', detail='none',
        tokenize="ascii tokenchars '._-$'"
    )
    """,
    """
    CREATE TRIGGER feedback_search_added AFTER INSERT ON feedback_searchentry
    BEGIN INSERT INTO feedback_search (rowid, tokens) VALUES (NEW.ticket_id, NEW.tokens); END
    """,
    """
    CREATE TRIGGER feedback_search_changed AFTER UPDATE OF tokens ON feedback_searchentry BEGIN
        INSERT INTO feedback_search (feedback_search, rowid, tokens) VALUES ('delete', OLD.ticket_id, OLD.tokens);
        INSERT INTO feedback_search (rowid, tokens) VALUES (NEW.ticket_id, NEW.tokens);
    END
    """,
    """
    CREATE TRIGGER feedback_search_dropped AFTER DELETE ON feedback_searchentry BEGIN
        INSERT INTO feedback_search (feedback_search, rowid, tokens) VALUES ('delete', OLD.ticket_id, OLD.tokens);
    END
    """,
)
_SQLITE_DROP = (
    "DROP TRIGGER feedback_search_added",
    "DROP TRIGGER feedback_search_changed",
    "DROP TRIGGER feedback_search_dropped",
    "DROP TABLE feedback_search",
)


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _POSTGRESQL if schema_editor.connection.vendor == "postgresql" else _SQLITE:
        schema_editor.execute(statement, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in _POSTGRESQL_DROP if postgresql else _SQLITE_DROP:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_groups")]

    operations = [migrations.RunPython(create, drop)]
