"""Rows that are added to what is there: one statement for all rows of a table, on both databases.

PostgreSQL takes each column as one array; SQLite takes the rows one after the other, in one call.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Model

from rollout.models import Workspace

_WORKSPACES = Workspace._meta.db_table


class Table:
    """A table with a unique key to which rows are added.

    A row has the columns of the key, and then those in `added` or the one `newest`. Where a row of that key
    is there, the columns in `added` grow by the new row's, the column `newest` takes the new row's where
    that is greater, and without both the row stays as it is.
    """

    def __init__(
        self, model: type[Model], key: Sequence[str], *, added: Sequence[str] = (), newest: str = ""
    ) -> None:
        self.name = model._meta.db_table
        names = [*key, *([newest] if newest else []), *added]
        by_column = {field.column: field for field in model._meta.concrete_fields}
        self.fields = [by_column[name] for name in names]
        # Quoted: one is called user.
        self.columns = ", ".join(f'"{name}"' for name in names)
        grown = [f"{name} = had.{name} + excluded.{name}" for name in added]
        self.conflict = f"""ON CONFLICT ({", ".join(f'"{name}"' for name in key)}) DO """
        if newest:
            self.conflict += f"UPDATE SET {newest} = excluded.{newest} WHERE excluded.{newest} > had.{newest}"
        else:
            self.conflict += f"UPDATE SET {', '.join(grown)}" if grown else "NOTHING"

    def put(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows, each with the values of the columns; no two of them have the same key.

        They must come in the order of the key: two transactions that touch the same rows in the same order
        wait for one another, and in another order each may wait for the other.
        """
        if not rows:
            return
        into = f"INSERT INTO {self.name} AS had ({self.columns})"
        columns = zip(*rows, strict=True)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in self.fields)
                cursor.execute(
                    f"{into} SELECT * FROM unnest({arrays}) {self.conflict}",  # noqa: S608
                    [_array(column) for column in columns],
                )
            else:
                prepared = map(_prepared, self.fields, columns)
                marks = ", ".join(["%s"] * len(self.fields))
                cursor.executemany(
                    f"{into} VALUES ({marks}) {self.conflict}", list(zip(*prepared, strict=True))
                )


def _array(column: Sequence[Any]) -> str:
    """A column as PostgreSQL reads an array; the driver takes five times as long for 45,000 rows."""
    if isinstance(column[0], int | float):
        return "{" + ",".join(map(str, column)) + "}"
    # The same few hours and names again and again: each is written once.
    written = {value: _quoted(str(value)) for value in set(column)}
    return "{" + ",".join([written[value] for value in column]) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _prepared(field: "models.Field[Any, Any]", column: Sequence[Any]) -> Sequence[Any]:
    """A column as SQLite takes it, which has no type of its own for times."""
    if not isinstance(field, models.DateField):
        return column
    prepared = {value: field.get_db_prep_save(value, connection) for value in set(column)}
    return [prepared[value] for value in column]


def insert_once(row: Model) -> bool:
    """Insert a row unless its unique key is there; whether it was not.

    Where another transaction is inserting the same key, this waits for its end.
    """
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    names, marks = ", ".join(str(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING",  # noqa: S608 - names of our own
            values,
        )
        return bool(cursor.rowcount)


def known_workspaces(ids: Collection[str]) -> set[str]:
    """Those of `ids` that are workspaces, in one query however many they are."""
    if not ids:
        return set()
    if connection.vendor == "postgresql":
        query = f"SELECT id FROM {_WORKSPACES} WHERE id = ANY(%s)"  # noqa: S608 - names of our own
        wanted: Any = list(ids)
    else:
        # A list of marks has a limit there.
        query = f"SELECT id FROM {_WORKSPACES} WHERE id IN (SELECT value FROM json_each(%s))"  # noqa: S608
        wanted = json.dumps(list(ids))
    with connection.cursor() as cursor:
        cursor.execute(query, [wanted])
        return {pk for (pk,) in cursor.fetchall()}
