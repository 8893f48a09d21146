"""The suite's own promise: a transactional test leaves the database as the migrations left it."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction

from operations import audit
from operations.actor import Actor, Door
from operations.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)

TEST = Actor(door=Door.COMMAND, label="test", grants=None)


@pytest.mark.parametrize("turn", [1, 2])
def test_every_transactional_test_starts_from_the_migrated_state(turn: int) -> None:
    assert not AuditEvent.objects.exists()
    assert not User.objects.exists()
    assert Group.objects.get(name="Administrator").permissions.exists()
    user = User.objects.create_user("ada")
    audit.record("test.made", actor=TEST, subject=user)


@pytest.mark.parametrize("turn", [1, 2])
def test_the_trail_is_append_only_in_every_transactional_test(turn: int) -> None:
    user = User.objects.create_user("ada")
    audit.record("test.made", actor=TEST, subject=user)
    for statement in ("UPDATE operations_auditevent SET actor = 'x'", "DELETE FROM operations_auditevent"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    assert AuditEvent.objects.get().actor == "test"


def test_the_test_database_is_not_the_portals() -> None:
    name = str(connection.settings_dict["NAME"])
    assert "test" in name
    assert not name.startswith(str(settings.BASE_DIR))
