"""What `db_health` finds in PostgreSQL: real sessions, locks, indexes and tables, with and without rights."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from monitoring import database_health
from monitoring.database_health import asking
from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Level, Unanswered
from monitoring.database_health.postgres import (
    activity,
    bloat,
    counters,
    indexes,
    replication,
    server,
    statements,
    tables,
)
from operations.errors import Refused
from tests.doors import run

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOBODY = f"db_health_nobody_{os.getpid()}"


@pytest.fixture
def beside() -> Iterator[Callable[[], Any]]:
    """Opens sessions beside the test's own, which commit each statement."""
    opened: list[Any] = []

    def session() -> Any:
        known = connection.get_connection_params()
        names = ("dbname", "user", "password", "host", "port")
        found = psycopg.connect(**{each: known[each] for each in names if each in known}, autocommit=True)
        opened.append(found)
        return found

    yield session
    for each in opened:
        each.close()


@pytest.fixture
def scratch(beside: Any) -> Iterator[Any]:
    """A committed table of 20,000 rows, of which 1,000 are left, and a whole one; no autovacuum."""
    session = beside()
    session.execute("DROP TABLE IF EXISTS scratch, whole")
    made = "id, 'number ' || id AS name FROM generate_series(1, 20000) id"
    session.execute(f"CREATE TABLE scratch WITH (autovacuum_enabled = false) AS SELECT {made}")
    session.execute(f"CREATE TABLE whole WITH (autovacuum_enabled = false) AS SELECT {made}")
    session.execute("CREATE INDEX scratch_id ON scratch (id)")
    session.execute("CREATE INDEX whole_id ON whole (id)")
    session.execute("DELETE FROM scratch WHERE id > 1000")
    session.execute("SELECT pg_stat_force_next_flush()")
    yield session
    session.execute("DROP TABLE scratch, whole")


@pytest.fixture
def nobody() -> Iterator[None]:
    """Go on as a role that may see nothing of others."""
    sql(f"DROP ROLE IF EXISTS {NOBODY}; CREATE ROLE {NOBODY}; SET LOCAL ROLE {NOBODY}")
    yield
    sql("RESET ROLE")


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def ask(question: Callable[[Database], Answer | None]) -> Answer:
    found = question(Database(connection))
    assert found is not None
    return found


def test_a_transaction_left_open_is_found_without_what_it_asked(
    beside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = beside()
    session.execute("SET application_name = 'forgetful'")
    session.execute("BEGIN")
    session.execute("SELECT 'Ada Lovelace', 1815")
    assert ask(activity.idle_in_transaction).level == Level.PASS
    monkeypatch.setattr(activity, "IDLE_HOLD", 0.0)
    ran = run("db_health", "check", "--json")
    (found,) = [each for each in ran.document["findings"] if each["name"] == "idle_in_transaction"]
    assert (ran.code, found["met"], found["level"]) == (2, False, "hold")
    (item,) = found["items"]
    assert item["remedy"] == f"SELECT pg_terminate_backend({session.info.backend_pid});"
    assert "(forgetful), idle in transaction: SELECT ?, ?" in item["reason"]
    monkeypatch.setattr(activity, "IDLE_BREACH", 0.0)
    shown = run("db_health", "check")
    assert shown.code == 3
    assert f"           > {item['remedy']}" in shown.out
    assert "Ada" not in shown.out + ran.out
    assert "1815" not in shown.out + ran.out


def test_a_session_that_waits_for_a_lock_names_who_holds_it(
    beside: Any, scratch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, waiter, changer = beside(), beside(), beside()
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE scratch IN ACCESS EXCLUSIVE MODE")
    first = threading.Thread(target=lambda: changer.execute("ALTER TABLE scratch ADD COLUMN more int"))
    thread = threading.Thread(target=lambda: waiter.execute("SELECT count(*) FROM scratch"))
    first.start()
    try:
        monkeypatch.setattr(activity, "LOCK_HOLD", 0.0)
        monkeypatch.setattr(activity, "RUNNING_HOLD", 0.0)
        _until(lambda: ask(activity.locks_waiting), lambda found: bool(found.items))
        thread.start()
        # Who waits behind the second waits for the first, too.
        answer = _until(
            lambda: ask(activity.locks_waiting), lambda found: found.reason.startswith("2 sessions")
        )
        sql("SELECT pg_stat_clear_snapshot()")
        running = ask(activity.running_now)
        # What is locked is not waited for: the others are answered all the same.
        monkeypatch.setattr(asking, "LOCK_LIMIT", 0.05)
        with pytest.raises(Unanswered, match="a table is locked"):
            ask(indexes.invalid)
    finally:
        holder.execute("ROLLBACK")
        first.join(timeout=10)
        thread.join(timeout=10)
    assert answer.level == Level.HOLD
    assert [item.name for item in answer.items] == [f"pid {holder.info.backend_pid}"]
    assert "2 waiting" in f"{answer.items[0].value} {answer.items[0].unit}"
    assert "wanted: scratch (AccessExclusiveLock), scratch (AccessShareLock)" in answer.items[0].reason
    assert running.items[0].name == f"pid {changer.info.backend_pid}"
    assert ask(activity.locks_waiting).level == Level.PASS


def test_a_session_that_waits_for_a_row_is_found(beside: Any, scratch: Any) -> None:
    holder, waiter = beside(), beside()
    holder.execute("BEGIN")
    holder.execute("UPDATE scratch SET name = 'Ada' WHERE id = 7")
    thread = threading.Thread(target=lambda: waiter.execute("DELETE FROM scratch WHERE id = 7"))
    thread.start()
    try:
        answer = _until(lambda: ask(activity.locks_waiting), lambda found: bool(found.items))
    finally:
        holder.execute("ROLLBACK")
        thread.join(timeout=10)
    assert answer.items[0].name == f"pid {holder.info.backend_pid}"
    assert "wanted: a row that was changed" in answer.items[0].reason


def _until(look: Callable[[], Answer], enough: Callable[[Answer], bool]) -> Answer:
    for _ in range(500):
        found = look()
        if enough(found):
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def test_a_long_transaction_is_found(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = beside()
    done = threading.Thread(target=lambda: session.execute("SELECT pg_sleep(0.3)"))
    done.start()
    monkeypatch.setattr(activity, "LONG_HOLD", 0.0)

    def look() -> Answer:
        sql("SELECT pg_stat_clear_snapshot()")
        return ask(activity.long_transactions)

    answer = _until(look, lambda found: bool(found.items))
    done.join(timeout=10)
    assert answer.items[0].remedy == f"SELECT pg_cancel_backend({session.info.backend_pid});"
    assert "pg_sleep(?)" in answer.items[0].reason


def test_few_connections_left_hold_and_then_break(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(server.connections).level == Level.PASS
    monkeypatch.setattr(server, "CONNECTIONS_HOLD", 0.1)
    answer = ask(server.connections)
    assert answer.level == Level.HOLD
    assert answer.items[0].unit == "sessions"
    monkeypatch.setattr(server, "CONNECTIONS_BREACH", 0.1)
    assert ask(server.connections).level == Level.BREACH


def test_the_tightest_limit_of_connections_counts() -> None:
    name = connection.settings_dict["NAME"]
    sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT 1')
    answer = ask(server.connections)
    assert (answer.level, answer.breach_at) == (Level.BREACH, 95)
    assert "the database's CONNECTION LIMIT" in answer.reason


def test_a_database_that_only_reads_is_a_breach() -> None:
    assert ask(server.writable).level == Level.PASS
    sql("SET LOCAL default_transaction_read_only = on")
    assert ask(server.writable).level == Level.BREACH


def test_old_transaction_ids_hold_and_then_break(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(server.transaction_ids).level == Level.PASS
    monkeypatch.setattr(server, "AGE_HOLD", 0.0)
    assert ask(server.transaction_ids).level == Level.HOLD
    monkeypatch.setattr(server, "AGES", 100)
    assert ask(server.transaction_ids).level == Level.BREACH


def test_a_setting_that_is_not_as_wanted_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    sql("SET LOCAL default_transaction_isolation = 'serializable'")
    answer = ask(server.settings)
    assert answer.level == Level.HOLD
    assert any("default_transaction_isolation is serializable" in item.name for item in answer.items)
    monkeypatch.setattr(server, "WANTED", {"fsync": ("on", "")})
    assert ask(server.settings).level == Level.PASS


def test_an_index_whose_making_failed_is_found(scratch: Any) -> None:
    assert ask(indexes.invalid).level == Level.PASS
    with pytest.raises(psycopg.errors.UniqueViolation):
        scratch.execute("CREATE UNIQUE INDEX CONCURRENTLY scratch_once ON scratch ((id / 10))")
    answer = ask(indexes.invalid)
    assert answer.level == Level.HOLD
    assert [item.remedy for item in answer.items] == ["REINDEX INDEX CONCURRENTLY scratch_once;"]
    assert "scratch_once" not in str(ask(indexes.duplicate).items)


def test_duplicate_redundant_unused_and_missing_indexes_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "SMALL", 1)
    monkeypatch.setattr(indexes, "FEWEST_SECONDS", 0.0)
    monkeypatch.setattr(indexes, "FEWEST_SCANS", 0)
    sql("""
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE "the Child" (
            a int REFERENCES parent, b int REFERENCES parent, c int REFERENCES parent,
            "D" int REFERENCES parent, e text, f text COLLATE "C", CONSTRAINT ab UNIQUE (a, b)
        );
        CREATE INDEX one ON "the Child" (b); CREATE INDEX two ON "the Child" (b);
        CREATE INDEX short ON "the Child" (e); CREATE INDEX long ON "the Child" (e, c);
        CREATE INDEX e_like ON "the Child" (e text_pattern_ops); CREATE INDEX f ON "the Child" (f);
        CREATE INDEX f_like ON "the Child" (f text_pattern_ops); CREATE INDEX low ON "the Child" (lower(e));
        CREATE INDEX part ON "the Child" (c) WHERE e IS NULL; CREATE INDEX "D" ON "the Child" ("D", e);
    """)
    found = ask(indexes.duplicate)
    assert [item.remedy for item in found.items] == ["DROP INDEX CONCURRENTLY two;"]
    names = {item.name for item in ask(indexes.redundant).items}
    assert names >= {"short", "f_like"}
    assert not names & {"e_like", "one", "two", "low", "part", '"D"', "f"}
    found = ask(indexes.unindexed)
    assert 'CREATE INDEX CONCURRENTLY ON "the Child" (c);' in {item.remedy for item in found.items}
    assert not {'"the Child" (a)', '"the Child" (b)', '"the Child" ("D")'} & {
        each.name for each in found.items
    }
    monkeypatch.setattr("monitoring.database_health.surplus.SHOWN", 1_000)
    unused = {item.name for item in ask(indexes.unused).items}
    assert unused >= {"short", "long", "e_like", "low", "part"}
    # They keep a rule, or serve a foreign key.
    assert not unused & {"ab", "parent_pkey", '"D"'}


def test_unused_is_not_said_of_what_was_counted_too_shortly_or_hardly_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indexes, "FEWEST_SECONDS", 1e12)
    with pytest.raises(Unanswered, match="too short to say"):
        ask(indexes.unused)
    monkeypatch.setattr(indexes, "FEWEST_SECONDS", 0.0)
    monkeypatch.setattr(indexes, "FEWEST_SCANS", 10**12)
    with pytest.raises(Unanswered, match="hardly read"):
        ask(indexes.unused)


def test_dead_rows_surplus_space_and_old_statistics_are_found(
    scratch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bloat, "LEAST_SURPLUS", 100_000)
    monkeypatch.setattr(tables, "LARGE", 500)
    sql("SELECT pg_stat_clear_snapshot()")
    stale = ask(tables.planner_statistics)
    assert "ANALYZE scratch;" in {item.remedy for item in stale.items}
    scratch.execute("ANALYZE scratch, whole")
    sql("SELECT pg_stat_clear_snapshot()")
    dead = ask(tables.dead_rows)
    assert dead.level == Level.HOLD
    (item,) = [each for each in dead.items if each.name == "scratch"]
    assert item.value == 19_000
    assert "switched off" in item.reason
    assert item.remedy == "VACUUM (ANALYZE) scratch;"
    found = ask(bloat.of_tables)
    (item,) = [each for each in found.items if each.name == "scratch"]
    (held,) = scratch.execute("SELECT pg_relation_size('scratch')").fetchone()
    # 19 of 20 rows are gone.
    assert 0.9 * held <= (item.value or 0) <= held
    assert "whole" not in {each.name for each in found.items}


def test_a_bloated_index_is_found_and_a_whole_one_is_not(
    scratch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bloat, "LEAST_SURPLUS", 100_000)
    scratch.execute("ANALYZE scratch, whole")
    found = {each.name: each for each in ask(bloat.of_indexes).items}
    assert found["scratch_id"].remedy == "REINDEX INDEX CONCURRENTLY scratch_id;"
    assert "whole_id" not in found


def test_a_large_table_read_from_end_to_end_is_found(scratch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGE", 500)
    monkeypatch.setattr(tables, "FEWEST_SCANS", 3)
    for _ in range(4):
        scratch.execute("SELECT count(*) FROM scratch WHERE name = 'number 7'")
    scratch.execute("SELECT pg_stat_force_next_flush()")
    sql("SELECT pg_stat_clear_snapshot()")
    assert "scratch" in {item.name for item in ask(tables.sequential_scans).items}


def test_counters_are_judged_by_what_they_are_counted_against(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "transactions": 100_000,
        "rollbacks": 10,
        "hits": 995_000,
        "blocks": 1_000_000,
        "temp_files": 0,
        "temp_bytes": 0,
        "deadlocks": 2,
        "checksum_failures": 0,
        "since": "since then",
    }
    monkeypatch.setattr(counters, "counted", lambda _: row)
    judged = (
        counters.deadlocks,
        counters.temporary_files,
        counters.checksum_failures,
        counters.failures,
        counters.cache_hits,
    )
    assert {ask(each).level for each in judged} == {Level.PASS}
    row.update(rollbacks=500, hits=900_000, temp_files=200, deadlocks=3, checksum_failures=1)
    assert [ask(each).level for each in judged] == ["hold", "hold", "breach", "unknown", "hold"]
    row.update(transactions=10, blocks=10, temp_files=1, deadlocks=1, checksum_failures=None)
    assert [ask(each).level for each in judged] == ["pass", "pass", "unknown", "unknown", "unknown"]


def test_a_slot_that_nobody_reads_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replication, "KEPT_HOLD", 0)
    monkeypatch.setattr(
        Database, "rows", lambda *_: [{"name": "old", "active": False, "status": "reserved", "kept": 5}]
    )
    answer = ask(replication.slots)
    assert answer.level == Level.HOLD
    assert answer.items[0].remedy.startswith("SELECT pg_drop_replication_slot('old');")


def test_without_pg_stat_statements_the_steps_to_it_are_told() -> None:
    sql("DROP EXTENSION IF EXISTS pg_stat_statements")
    with pytest.raises(Unanswered, match="is not installed") as unanswered:
        ask(statements.slow)
    assert "CREATE EXTENSION pg_stat_statements" in unanswered.value.remedy
    assert statements.busiest(Database(connection)) is None
    assert ask(statements.mean_time).unit == "ms"


def test_slow_and_busy_statements_are_told_apart_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    sql("""
        CREATE TEMP TABLE counted AS
        SELECT oid AS dbid, query, calls, mean_exec_time, calls * mean_exec_time AS total_exec_time
        FROM pg_database, (VALUES
            ('SELECT * FROM visits WHERE name = $1', 2000::bigint, 3.0::float8),
            ('ALTER ROLE ada PASSWORD ' || quote_literal('secret'), 4, 900.0),
            ('SELECT slow FROM visits', 5, 450.0),
            ('<insufficient privilege>', 10, 1.0)
        ) s (query, calls, mean_exec_time) WHERE datname = current_database()
    """)
    monkeypatch.setattr(statements, "_view", lambda _: "counted")
    slow, busiest, mean = ask(statements.slow), ask(statements.busiest), ask(statements.mean_time)
    # Once in a while is not slow "on average".
    assert (slow.level, [item.name for item in slow.items]) == (Level.HOLD, ["SELECT slow FROM visits"])
    assert [item.name for item in busiest.items] == [
        "SELECT * FROM visits WHERE name = $1",
        "ALTER ROLE ada PASSWORD ?",
        "SELECT slow FROM visits",
        "a statement of another user, hidden from this one",
    ]
    assert busiest.items[0].reason == "2,000 calls, 6.0 s in all, 51 % of the time"
    assert (mean.level, mean.value) == (Level.PASS, 5.87)


def test_a_role_without_rights_gets_reasons_and_no_crash(nobody: None, beside: Any) -> None:
    session = beside()
    session.execute("BEGIN")
    session.execute("SELECT 'Ada Lovelace'")
    for check in database_health.CHECKS:
        ran = run("db_health", check, "--json")
        assert ran.code in (0, 2, 3)
        assert "Ada" not in ran.out
        found = {each["name"]: each for each in ran.document["findings"]}
        if check == "check":
            assert found["idle_in_transaction"]["met"] is None
            assert "of other users cannot be seen" in found["idle_in_transaction"]["reason"]
            assert found["connections"]["met"] is True
            assert found["migrations"]["met"] is None
            assert "may not see this" in found["migrations"]["reason"]
        if check == "performance":
            assert found["portal_queries"]["met"] is None
            assert found["running_now"]["met"] is None


def test_a_full_server_is_refused_with_the_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("FATAL: sorry, too many clients already")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    ran = run("db_health", "check")
    assert ran.code == 1
    assert "kept for superusers" in ran.err


def test_a_server_that_is_not_there_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    default = connections["default"]
    known = default.settings_dict | {"HOST": "127.0.0.1", "PORT": "1", "PASSWORD": "not to be shown"}
    monkeypatch.setattr(database_health, "connections", {"default": type(default)(known, "other")})
    with pytest.raises(Refused) as refusal:
        database_health.examine("check")
    assert "did not answer" in refusal.value.message
    assert "not to be shown" not in refusal.value.message


def test_nothing_of_a_question_stays_in_a_transaction_around_it() -> None:
    sql("SET LOCAL statement_timeout = 12345")
    Database(connection).rows("SELECT 1")
    with pytest.raises(Unanswered):
        Database(connection).rows("SELECT * FROM no_such_table")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')"
        )
        assert cursor.fetchone() == ("12345ms", "off")
