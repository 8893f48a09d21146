import hashlib
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from operations import keys
from operations.errors import Invalid, Refused
from operations.feed import Reader
from operations.key_rules import MOST_WORDS, origin
from operations.models import ApiKey, AuditEvent
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

MODULE, ORIGIN = "patient_engagement", "https://app.example.org"


def test_only_a_digest_of_160_random_bits_is_stored() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    prefix, secret = text.split("_")[1:]
    assert (key.prefix, key.digest) == (prefix, hashlib.sha256(secret.encode()).hexdigest())
    assert len(secret) * 5 == 160
    assert secret not in str(ApiKey.objects.values().get())
    assert secret not in str(list(AuditEvent.objects.values()))


def test_a_key_is_found_by_its_text_and_by_nothing_else() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    assert keys.find(text) == key
    for wrong in (text[:-1], text + "a", text.upper(), f"ops_{key.prefix}_", "", "ops", "a_b_c_d", text[4:]):
        assert keys.find(wrong) is None


def test_a_revoked_or_expired_key_is_not_found() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    keys.revoke(key, actor=ROOT)
    assert keys.find(text) is None
    with pytest.raises(Refused, match="revoked before"):
        keys.revoke(key, actor=ROOT)
    tomorrow = timezone.now() + timedelta(days=1)
    _, text = keys.create("short", ["read"], actor=ROOT, expires_at=tomorrow)
    assert keys.find(text) is not None
    with time_machine.travel(tomorrow, tick=False):
        assert keys.find(text) is None


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [("", ["read"], "name"), ("x" * 101, ["read"], "name"), ("a", [], "scopes"), ("a", ["fly"], "scopes")],
)
def test_a_bad_key_names_the_field(name: str, scopes: list[str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        keys.create(name, scopes, actor=ROOT)
    assert set(caught.value.fields) == {field}


def test_a_name_is_taken_once() -> None:
    keys.create("billing", ["read"], actor=ROOT)
    with pytest.raises(Invalid, match="taken"):
        keys.create("billing", ["read"], actor=ROOT)


def test_a_key_is_checked_without_a_query_by_its_parts() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    parts = keys.split(text)
    assert parts is not None
    assert (parts[0], keys.digest(parts[1])) == (key.prefix, key.digest)
    for other in ("", "ops", "ops_a", "ops_a_b_c", "key_a_b", "ops_a_\udcff", "ops_é_b"):
        assert keys.split(other) is None


@given(st.text())
def test_any_text_is_looked_up_without_an_error(text: str) -> None:
    assert keys.find(text) is None
    assert keys.find(f"ops_abc_{text}") is None


def test_making_and_revoking_a_key_is_announced() -> None:
    reader = Reader(["keys"])
    key, _ = keys.create("billing", ["read"], actor=ROOT)
    assert reader.poll() == {"keys": {""}}
    keys.revoke(key, actor=ROOT)
    assert reader.poll() == {"keys": {""}}


# --- kinds -------------------------------------------------------------------------------------------------


def a_browser_key(**other: Any) -> ApiKey:
    given = {"kind": "browser", "modules": [MODULE], "origins": [ORIGIN], "scopes": ["evaluate"], **other}
    return keys.create("shop", actor=ROOT, **given)[0]


def test_a_key_is_a_servers_for_all_modules_unless_said_otherwise() -> None:
    key, _ = keys.create("billing", ["read"], actor=ROOT)
    assert (key.kind, key.modules, key.origins) == ("server", [], [])


def test_a_browser_key_keeps_its_modules_and_its_origins_as_browsers_write_them() -> None:
    key = a_browser_key(
        modules=["patient_engagement", "health", "health"],
        origins=["HTTPS://App.Example.org:443", "https://app.example.org", "http://localhost:3000 "],
    )
    key.refresh_from_db()
    assert key.kind == "browser"
    assert key.modules == ["health", "patient_engagement"]
    assert key.origins == ["http://localhost:3000", "https://app.example.org"]
    event = AuditEvent.objects.get(action="api_key.created")
    assert event.data == {
        "kind": "browser",
        "scopes": ["evaluate"],
        "modules": key.modules,
        "origins": key.origins,
        "prefix": key.prefix,
    }


@pytest.mark.parametrize(
    ("other", "field", "rule"),
    [
        ({"kind": "mobile"}, "kind", "one of server, browser"),
        ({"scopes": ["evaluate", "read"]}, "scopes", "evaluate and no other"),
        ({"scopes": ["read"]}, "scopes", "evaluate and no other"),
        ({"scopes": []}, "scopes", "one or more of"),
        ({"modules": []}, "modules", "one module at least"),
        ({"modules": ["Patient Engagement"]}, "modules", "'Patient Engagement' is no module's key"),
        ({"modules": [f"m{number}" for number in range(MOST_WORDS + 1)]}, "modules", "more than 50"),
        ({"origins": []}, "origins", "one origin at least"),
        ({"origins": [ORIGIN, "*"]}, "origins", "'*': must be like https://app.example.org"),
        ({"origins": [f"{ORIGIN}:{port}" for port in range(1, 52)]}, "origins", "more than 50"),
        ({"kind": "server"}, "origins", "only a browser key"),
        ({"kind": "server", "origins": [], "scopes": ["rollout"]}, "modules", "limited to modules"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at", "in the future"),
    ],
)
def test_what_does_not_fit_the_kind_names_the_field_and_the_rule(
    other: dict[str, Any], field: str, rule: str
) -> None:
    with pytest.raises(Invalid) as caught:
        a_browser_key(**other)
    assert list(caught.value.fields) == [field]
    assert rule in caught.value.fields[field]
    assert not ApiKey.objects.exists()


def test_a_server_key_that_only_evaluates_may_be_limited_to_modules() -> None:
    assert a_browser_key(kind="server", origins=[]).modules == [MODULE]


def test_the_database_knows_the_kinds() -> None:
    key = a_browser_key()
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(kind="mobile")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://app.example.org", "https://app.example.org"),
        (" HTTPS://APP.example.org:8443\n", "https://app.example.org:8443"),
        ("https://app.example.org:443", "https://app.example.org"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://app.example.org", None),
        ("http://localhost.example.org", None),
        ("https://app.example.org/", None),
        ("https://app.example.org?x", None),
        ("https://ada@app.example.org", None),
        ("https://*.example.org", None),
        ("https://bücher.example", None),
        ("https://app..example.org", None),
        ("https://-app.example.org", None),
        ("https://app.example.org:0", None),
        ("https://app.example.org:65536", None),
        ("https://app.example.org:٣", None),
        ("https://" + ".".join(["a" * 60] * 5), None),
        ("ftp://app.example.org", None),
        ("app.example.org", None),
        ("null", None),
        ("*", None),
        ("", None),
    ],
)
def test_an_origin_is_what_a_browser_would_write(text: str, found: str | None) -> None:
    assert origin(text) == found


# --- last use ----------------------------------------------------------------------------------------------


@pytest.fixture
def last_use(monkeypatch: pytest.MonkeyPatch) -> Iterator[keys.LastUse]:
    """One whose timer does not fire during a test."""
    monkeypatch.setattr(keys, "FLUSH_SECONDS", 3_600)
    made = keys.LastUse()
    yield made
    if made._timer:
        made._timer.cancel()


def test_last_use_is_written_in_batches(last_use: keys.LastUse) -> None:
    made = [keys.create(f"key-{number}", ["read"], actor=ROOT)[0] for number in range(3)]
    for key in made * 5:
        last_use.note(key.pk)
    assert not ApiKey.objects.exclude(last_used_at=None).exists()
    last_use.flush()
    assert ApiKey.objects.exclude(last_used_at=None).count() == 3


def test_a_last_use_is_kept_to_the_second(last_use: keys.LastUse) -> None:
    key, _ = keys.create("billing", ["read"], actor=ROOT)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        for seconds in (0, 0.9, 0.2, 5):
            clock.shift(seconds)
            last_use.note(key.pk)
    last_use.flush()
    key.refresh_from_db()
    assert key.last_used_at == start + timedelta(seconds=6.1)


def test_a_later_use_that_another_process_wrote_stays(last_use: keys.LastUse) -> None:
    key, _ = keys.create("billing", ["read"], actor=ROOT)
    later = timezone.now()
    ApiKey.objects.update(last_used_at=later)
    with time_machine.travel(later - timedelta(minutes=5)):
        last_use.note(key.pk)
    last_use.flush()
    key.refresh_from_db()
    assert key.last_used_at == later


def test_a_key_that_is_gone_does_not_keep_the_others_from_being_written(last_use: keys.LastUse) -> None:
    key, _ = keys.create("billing", ["read"], actor=ROOT)
    last_use.note(key.pk + 1)
    last_use.note(key.pk)
    last_use.flush()
    key.refresh_from_db()
    assert key.last_used_at is not None


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_what_could_not_be_written_is_remembered(
    error: Exception, last_use: keys.LastUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(used: object) -> None:
        # A use while the write is under way.
        last_use.note(second.pk)
        raise error

    first, _ = keys.create("first", ["read"], actor=ROOT)
    second, _ = keys.create("second", ["read"], actor=ROOT)
    last_use.note(first.pk)
    with monkeypatch.context() as patch:
        patch.setattr(keys, "_write", fail)
        with pytest.raises(type(error)):
            last_use.flush()
    last_use.flush()
    assert not ApiKey.objects.filter(last_used_at=None).exists()


def test_a_write_that_failed_is_tried_again_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written = threading.Event()
    failures = [OperationalError("gone"), OperationalError("still gone")]

    def write(used: dict[int, float]) -> None:
        if failures:
            raise failures.pop(0)
        assert list(used) == [7]
        written.set()

    monkeypatch.setattr(keys, "_write", write)
    monkeypatch.setattr(keys, "FLUSH_SECONDS", 0.01)
    with caplog.at_level(logging.WARNING):
        keys.LastUse().note(7)
        assert written.wait(timeout=10)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_no_use_is_lost_between_threads(last_use: keys.LastUse, monkeypatch: pytest.MonkeyPatch) -> None:
    written: set[int] = set()
    monkeypatch.setattr(keys, "_write", written.update)

    def use(first: int) -> None:
        for number in range(2_000):
            last_use.note(first + number)
            if number % 100 == 0:
                last_use.flush()

    threads = [threading.Thread(target=use, args=(10_000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    last_use.flush()
    assert len(written) == 8_000
