import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations import audit
from operations.errors import Forbidden, Refused
from operations.models import AuditEvent, AuditReason, AuditSeal, Window
from tests import builders
from tests.audit_tables import unprotected
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def window() -> Window:
    return Window.objects.create(kind="freeze", title="Year end", starts_at=timezone.now())


def events(window: Window, count: int) -> list[AuditEvent]:
    return [
        audit.record("test.done", actor=ROOT, subject=window, data={"n": n}, reason=f"r{n}")
        for n in range(count)
    ]


def test_an_event_says_who_what_whom_and_why(window: Window) -> None:
    ada = builders.a_person("ada")
    event = audit.record(
        "test.done", actor=builders.acting(ada), subject=window, data={"n": 1}, reason="because"
    )
    event.refresh_from_db()
    assert (event.action, event.door, event.actor, event.user_id) == ("test.done", "admin", "ada", ada.pk)
    assert (event.subject_type, event.subject_id, event.subject) == (
        "operations.window",
        str(window.pk),
        "Freeze: Year end",
    )
    assert str(event.reason) == "because"
    assert event.who == "admin:ada"


def test_one_thing_done_to_many_is_told_of_each_in_two_statements(window: Window) -> None:
    ada = builders.a_person("ada")
    with CaptureQueriesContext(connection) as queries:
        audit.record_all("test.done", actor=builders.acting(ada), subjects=[window, ada], reason="because")
    assert sum(query["sql"].startswith("INSERT") for query in queries) == 2
    told = AuditEvent.objects.filter(action="test.done").order_by("pk")
    assert [(event.subject, str(event.reason), event.user_id) for event in told] == [
        ("Freeze: Year end", "because", ada.pk),
        ("ada", "because", ada.pk),
    ]
    assert audit.verify().faults == []


def test_the_trail_outlives_the_user_and_the_subject(window: Window) -> None:
    ada = builders.a_person("ada")
    audit.record("test.done", actor=builders.acting(ada), subject=window)
    ada.delete()
    window.delete()
    assert AuditEvent.objects.get(action="test.done").actor == "ada"


@pytest.mark.parametrize("model", [AuditEvent, AuditSeal])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_the_trail(
    window: Window, model: type[AuditEvent] | type[AuditSeal], statement: str
) -> None:
    if "TRUNCATE" in statement and connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    events(window, 2)
    audit.seal()
    connection.check_constraints()
    column = "action = 'x'" if model is AuditEvent else "digest = 'x'"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(model._meta.db_table, column))
    assert model.objects.count() == 2


def test_events_are_sealed_into_a_chain_once(window: Window) -> None:
    events(window, 3)
    assert audit.seal() == 3
    assert audit.seal() == 0
    seals = list(AuditSeal.objects.order_by("sequence"))
    assert [seal.sequence for seal in seals] == [1, 2, 3]
    assert len({seal.digest for seal in seals}) == 3


def test_a_whole_trail_verifies(window: Window) -> None:
    events(window, 3)
    found = audit.verify()
    assert (found.sealed, found.faults) == (3, [])
    assert found.head == f"3:{AuditSeal.objects.get(sequence=3).digest}"
    assert audit.verify(found.head).faults == []


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "mallory"},
        {"data": {"n": 2}},
        {"action": "test.undone"},
        {"reason_digest": ""},
        {"user_id": 7},
        {"at": timezone.now()},
    ],
)
def test_a_row_changed_behind_the_databases_back_is_found(window: Window, change: dict[str, object]) -> None:
    target = events(window, 3)[1]
    audit.seal()
    with unprotected():
        AuditEvent.objects.filter(pk=target.pk).update(**change)
    faults = audit.verify().faults
    assert any(f"event {target.pk} " in fault and "was changed" in fault for fault in faults)


def test_a_removed_event_leaves_a_gap_that_is_found(window: Window) -> None:
    target = events(window, 3)[1]
    audit.seal()
    with unprotected():
        AuditSeal.objects.filter(event=target).delete()
        AuditReason.objects.filter(event=target).delete()
        AuditEvent.objects.filter(pk=target.pk).delete()
    assert any("seal 2 is missing" in fault for fault in audit.verify().faults)


def test_a_trail_cut_short_and_sealed_anew_is_found_by_the_head_noted_earlier(window: Window) -> None:
    events(window, 3)
    head = audit.verify().head
    with unprotected():
        AuditSeal.objects.filter(sequence=3).delete()
        last = AuditEvent.objects.latest("id")
        AuditReason.objects.filter(event=last).delete()
        AuditEvent.objects.filter(pk=last.pk).delete()
    events(window, 1)
    assert audit.verify().faults == []
    assert any("noted earlier" in fault for fault in audit.verify(head).faults)


def test_a_changed_reason_is_found_and_an_erased_one_is_not_a_fault(window: Window) -> None:
    first, second = events(window, 2)
    AuditReason.objects.filter(event=first).update(text="something else")
    assert any(f"reason of event {first.pk}" in fault for fault in audit.verify().faults)
    AuditReason.objects.filter(event=first).update(text="r0")
    audit.erase_reason(second, actor=ROOT)
    assert audit.verify().faults == []
    assert str(AuditEvent.objects.get(pk=second.pk).reason) == "(erased)"
    with pytest.raises(Refused, match="erased before"):
        audit.erase_reason(second, actor=ROOT)


def test_erasing_a_reason_asks_for_the_permission(window: Window) -> None:
    event = events(window, 1)[0]
    with pytest.raises(Forbidden):
        audit.erase_reason(event, actor=builders.acting(builders.a_person("pia", group="Product manager")))


def test_an_event_that_commits_late_is_sealed_after_the_ones_before_it(window: Window) -> None:
    early = events(window, 1)[0]
    audit.seal()
    late = AuditEvent(
        action="test.late", door="command", actor="x", subject_type="t", subject_id="1", subject="s"
    )
    late.pk = early.pk + 1_000
    late.save()
    audit.seal()
    AuditEvent.objects.create(
        pk=early.pk + 500, action="t", door="api", actor="x", subject_type="t", subject_id="1", subject="s"
    )
    assert audit.seal() == 1
    assert audit.verify().faults == []


def test_the_export_has_every_event_with_its_seal(window: Window) -> None:
    events(window, 3)
    audit.seal()
    lines = list(audit.export())
    assert [line["sequence"] for line in lines] == [1, 2, 3]
    assert [line["reason"] for line in lines] == ["r0", "r1", "r2"]
    assert lines[0]["digest"] == AuditSeal.objects.get(sequence=1).digest
