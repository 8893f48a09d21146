"""What `db_health` finds in an SQLite file: damage, orphans, free pages, indexes."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from monitoring import database_health
from monitoring.database_health import asking
from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Level, Unanswered
from monitoring.database_health.sqlite import file, indexes, planner
from operations.errors import Refused
from tests.doors import run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="runs where the portal is on SQLite"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "other.sqlite3"


@pytest.fixture
def other(path: Path) -> Iterator[Database]:
    """A file of its own, opened as the portal opens its."""
    wrapper = _wrapper(path)
    yield Database(wrapper)
    wrapper.close()


def _wrapper(path: Path) -> Any:
    return DatabaseWrapper(connections["default"].settings_dict | {"NAME": str(path)}, "other")


def write(path: Path, script: str) -> None:
    with sqlite3.connect(path) as raw:
        raw.executescript(script)
    raw.close()


def test_the_portals_own_file_is_well() -> None:
    report = database_health.examine("check")
    assert {finding.name for finding in report.at(Level.PASS)} >= {"integrity", "foreign_keys", "settings"}


def test_a_damaged_file_is_a_breach(path: Path, other: Database) -> None:
    write(path, "CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1), (2), (3);")
    assert file.integrity(other).level == Level.PASS
    other.connection.close()
    write(path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'i';")
    answer = file.integrity(other)
    assert (answer.level, answer.remedy) == (Level.BREACH, file.RESTORE)


def test_a_file_that_cannot_be_opened_for_damage_is_a_breach(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("Dear Ada, this is a letter. " * 100)
    monkeypatch.setattr(database_health, "connections", {"default": _wrapper(path)})
    ran = run("db_health", "check", "--json")
    assert (ran.code, ran.document["verdict"]) == (3, "breach")
    (found,) = ran.document["findings"]
    assert (found["name"], found["items"][0]["name"]) == ("integrity", "file is not a database")
    assert run("db_health", "indexes").code == 3


def test_a_missing_file_is_refused_and_not_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_health, "connections", {"default": _wrapper(path)})
    with pytest.raises(Refused, match=r"there is no file .*other\.sqlite3"):
        database_health.examine("check")
    assert not path.exists()


def test_reading_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    before = path.read_bytes()
    wrapper = _wrapper(path)
    monkeypatch.setattr(database_health, "connections", {"default": wrapper})
    for check in database_health.CHECKS:
        database_health.examine(check)
    wrapper.close()
    assert path.read_bytes() == before


def test_a_writer_does_not_wait_for_a_question(path: Path, other: Database) -> None:
    write(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    with other.reading() as cursor, sqlite3.connect(path, timeout=0) as writer:
        cursor.execute("SELECT a FROM t")
        writer.execute("INSERT INTO t VALUES (2)")
        writer.commit()
    writer.close()


def test_rows_that_refer_to_nothing_are_a_breach(path: Path, other: Database) -> None:
    write(
        path,
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); "
        "INSERT INTO c VALUES (1), (2);",
    )
    answer = file.foreign_keys(other)
    assert (answer.level, answer.value) == (Level.BREACH, 2)
    assert answer.items[0].name == "c to p"


def test_a_check_that_takes_too_long_is_unknown(other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIME_LIMIT", -1.0)
    monkeypatch.setattr(asking, "PROGRESS_STEPS", 1)
    with pytest.raises(Unanswered, match="longer than"):
        file.integrity(other)


def test_free_pages_hold_when_they_are_many(
    path: Path, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000)); DELETE FROM t;")
    assert file.size(other).level == Level.PASS
    monkeypatch.setattr(file, "LEAST_FREE", 50_000)
    answer = file.size(other)
    assert answer.level == Level.HOLD
    assert "VACUUM" in answer.remedy


def test_a_long_log_holds(path: Path, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert file.write_ahead_log(other).value == 0
    monkeypatch.setattr(file, "LOG_HOLD", 1_000)
    path.with_name("other.sqlite3-wal").write_bytes(bytes(2_000))
    assert file.write_ahead_log(other).level == Level.HOLD


def test_a_file_opened_in_another_way_holds(path: Path, other: Database) -> None:
    assert file.settings(other).level == Level.PASS
    with other.connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 10")
        cursor.execute("PRAGMA foreign_keys = OFF")
    answer = file.settings(other)
    assert answer.level == Level.HOLD
    assert [item.name.split()[0] for item in answer.items] == ["busy_timeout", "foreign_keys"]


def test_a_file_that_cannot_be_written_is_a_breach(other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert file.writable(other).level == Level.BREACH


def test_a_large_table_without_statistics_holds_until_it_is_analyzed(
    path: Path, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "LARGE", 3)
    write(path, 'CREATE TABLE "a ""b" (n); INSERT INTO "a ""b" VALUES (1), (2), (3); CREATE TABLE c (n);')
    answer = planner.statistics(other)
    assert (answer.level, [item.name for item in answer.items]) == (Level.HOLD, ['a "b'])
    write(path, 'CREATE INDEX i ON "a ""b" (n); ANALYZE;')
    assert planner.statistics(other).level == Level.PASS


def test_indexes_are_judged_by_what_they_do(path: Path, other: Database) -> None:
    write(
        path,
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (
            id INTEGER PRIMARY KEY REFERENCES p, a REFERENCES p, b REFERENCES p, d REFERENCES p,
            e REFERENCES p, f, UNIQUE (a, f)
        );
        CREATE INDEX first ON c (b); CREATE INDEX second ON c (b); CREATE INDEX lower ON c (lower(f));
        CREATE INDEX short ON c (f); CREATE INDEX long ON c (f, b); CREATE INDEX upper ON c (upper(f));
        CREATE INDEX part ON c (d) WHERE f IS NULL; CREATE INDEX nulls ON c (e) WHERE "e" IS NOT NULL;
        """,
    )
    found = indexes.duplicate(other)
    assert [(item.name, item.remedy) for item in found.items] == [("second", 'DROP INDEX "second";')]
    assert found.level == Level.HOLD
    found = indexes.redundant(other)
    assert [item.name for item in found.items] == ["short"]
    found = indexes.unindexed(other)
    assert [item.remedy for item in found.items] == ['CREATE INDEX "c_d" ON "c" ("d");']


def test_a_redundant_index_holds_only_when_it_is_large(
    path: Path, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, "CREATE TABLE t (a, b); CREATE INDEX short ON t (a); CREATE INDEX long ON t (a, b);")
    assert indexes.redundant(other).level == Level.PASS
    monkeypatch.setattr(indexes, "SMALL", 1)
    assert indexes.redundant(other).level == Level.HOLD
