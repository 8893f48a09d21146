"""`manage.py db_health` on whatever database the portal has: its words, its JSON, its exit codes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import ForeignKey, Model

from monitoring import database_health
from monitoring.database_health import CHECKS, asking, probes, schema
from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Level, Question, Unanswered
from tests import builders
from tests.doors import every_row, run

pytestmark = pytest.mark.django_db

KEYS = {"name", "met", "value", "threshold", "unit", "reason", "remedy"}
PORTAL = ("operations", "rollout", "monitoring")
FOREVER = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine that runs the tests is busy with changes no verdict."""
    monkeypatch.setattr(probes, "TRIP_HOLD", 5_000.0)
    monkeypatch.setattr(probes, "TRIP_BREACH", 5_000.0)
    monkeypatch.setattr(probes, "QUERY_HOLD", 5_000.0)
    monkeypatch.setattr(probes, "QUERY_BREACH", 5_000.0)


def _without_an_index() -> Iterator[str]:
    """The same by Django's own introspection."""
    with connection.cursor() as cursor:
        models = [model for model in apps.get_models() if model._meta.app_label in PORTAL]
        for table in (model._meta.db_table for model in models if _refers(model)):
            found = connection.introspection.get_constraints(cursor, table).values()
            begins = {tuple(each["columns"][:1]) for each in found if each["index"] or each["unique"]}
            begins |= {tuple(each["columns"][:1]) for each in found if each["primary_key"]}
            keys = [each["columns"][0] for each in found if each["foreign_key"]]
            yield from (f"{table} ({column})" for column in keys if (column,) not in begins)


def _refers(model: type[Model]) -> bool:
    return any(isinstance(field, ForeignKey) for field in model._meta.concrete_fields)


def findings(document: Any) -> dict[str, Any]:
    return {finding["name"]: finding for finding in document["findings"]}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_tells_programs_and_people_the_same_and_changes_nothing(check: str) -> None:
    builders.a_plan_in_phase(1)
    before = every_row()
    told = run("db_health", check, "--json")
    shown = run("db_health", check)
    assert every_row() == before
    document = told.document
    assert (document["check"], told.err, shown.err) == (check, "", "")
    assert told.code == shown.code == {"pass": 0, "hold": 2, "unknown": 2, "breach": 3}[document["verdict"]]
    for finding in document["findings"]:
        assert set(finding) >= KEYS
        assert finding["name"] in shown.out
        assert finding["reason"]
    open_questions = [each["name"] for each in document["findings"] if each["met"] is None]
    assert document["unknown"] == open_questions
    assert document["database"]["vendor"] == connection.vendor
    assert "password" not in str(document["database"]).lower()


def test_the_portals_own_schema_is_whole() -> None:
    found = findings(run("db_health", "check", "--json").document)
    assert found["migrations"]["met"] is True
    assert found["reachable"]["met"] is True
    assert 0 <= found["reachable"]["value"] < probes.TRIP_HOLD
    found = findings(run("db_health", "indexes", "--json").document)
    assert found["duplicate_indexes"]["items"] == []


def test_no_foreign_key_of_the_portal_is_reported_that_an_index_begins_with() -> None:
    found = findings(run("db_health", "indexes", "--json").document)["unindexed_foreign_keys"]
    portals = {item["name"] for item in found["items"] if item["name"].startswith(PORTAL)}
    assert portals == set(_without_an_index())


def test_the_portals_own_queries_are_timed() -> None:
    found = findings(run("db_health", "performance", "--json").document)["portal_queries"]
    assert found["met"] is True
    assert {item["name"] for item in found["items"]} == set(probes.QUERIES)
    assert found["value"] == max(item["value"] for item in found["items"])


def test_a_slow_or_failing_query_of_the_portal_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "QUERY_HOLD", 0.0)
    assert probes.portal_queries(Database(connection)).level == Level.HOLD

    def fails() -> object:
        with connection.cursor() as cursor:
            return cursor.execute("SELECT * FROM no_such_table")

    monkeypatch.setattr(probes, "QUERY_HOLD", 5_000.0)
    monkeypatch.setattr(probes, "QUERIES", {**probes.QUERIES, "broken": fails})
    answer = probes.portal_queries(Database(connection))
    assert answer.level == Level.HOLD
    assert "1 failed" in answer.reason
    monkeypatch.setattr(probes, "QUERIES", {"broken": fails})
    with pytest.raises(Unanswered, match="no_such_table"):
        probes.portal_queries(Database(connection))


@pytest.mark.parametrize(
    ("free", "level"), [(50, "pass"), (20, "pass"), (19, "hold"), (5, "hold"), (4, "breach")]
)
def test_a_full_disk_holds_and_then_breaks(free: int, level: str) -> None:
    disk = 100 * 2**30
    assert probes.free_disk(free * 2**30, disk, "/data").level == level
    assert probes.free_disk(2**29, 2**30, "/data").level == "breach"


def test_a_migration_that_is_missing_is_a_breach_and_one_that_is_unknown_a_hold() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("rollout", "9999_from_a_newer_release")
    answer = schema.migrations(Database(connection))
    assert (answer.level, answer.items[0].name) == (Level.HOLD, "rollout.9999_from_a_newer_release")
    recorder.record_unapplied("monitoring", "0001_initial")
    ran = run("db_health", "check", "--json")
    found = findings(ran.document)["migrations"]
    assert (ran.code, ran.document["verdict"]) == (3, "breach")
    assert (found["met"], found["remedy"]) == (False, "manage.py migrate")
    assert "BREACH   migrations: 1 migration not applied" in run("db_health", "check").out


@pytest.mark.parametrize("words", [(), ("all",), ("check", "surplus"), ("check", "--dry-run")])
def test_bad_arguments_are_one_line_and_exit_code_1(words: tuple[str, ...]) -> None:
    ran = run("db_health", *words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)


def test_an_unreachable_database_is_one_line_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection failed:\nconnection refused")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    ran = run("db_health", "check", "--json")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("The database did not answer: connection failed: connection refused")
    assert ran.document["error"]["code"] == "unreachable"


def test_a_database_that_goes_away_meanwhile_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(database: Database) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(Database, "round_trips", lambda *_: vanish(Database(connection)))
    ran = run("db_health", "check")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "server closed the connection" in ran.err


def test_a_question_cannot_write() -> None:
    builders.modules()
    before = every_row()
    with pytest.raises(Unanswered, match=r"read-?only"):
        Database(connection).rows("DELETE FROM rollout_module")
    assert every_row() == before
    # And nothing of that is left for what comes after it.
    builders.a_plan()


def test_a_question_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIME_LIMIT", 0.05)
    with pytest.raises(Unanswered, match="it took longer than"):
        Database(connection).rows(FOREVER)
    assert Database(connection).row("SELECT 1 AS one") == {"one": 1}


def _for_ever(database: Database) -> None:
    database.rows(FOREVER)


def test_one_question_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIME_LIMIT", 0.2)
    questions = database_health.QUESTIONS[connection.vendor]["check"]
    broken = Question("broken", _for_ever, vital=True)
    monkeypatch.setitem(
        database_health.QUESTIONS,
        connection.vendor,
        {"check": [broken, *questions[:1]]},
    )
    report = database_health.examine("check")
    assert report.verdict == Level.UNKNOWN
    assert [finding.answer.level for finding in report.findings] == [Level.UNKNOWN, Level.PASS]


def test_the_command_is_there() -> None:
    assert get_commands()["db_health"] == "monitoring"
