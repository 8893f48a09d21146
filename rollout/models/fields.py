"""Identifiers that compare byte by byte on every database."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class BytewiseCharField(models.CharField):
    """A text column in the C collation of PostgreSQL, which is BINARY in SQLite.

    `db_collation` takes one name for all databases; a foreign key to such a column takes its collation
    from here as well.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}
