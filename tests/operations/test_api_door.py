"""Keys, scopes, rates, idempotency and the one error form, through real calls."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from rest_framework.settings import api_settings

from operations import keys
from operations.actor import Door
from operations.doors.api import actor_of
from operations.models import ApiKey, AuditEvent, IdempotencyKey
from operations.spelling import camel
from rollout import reports
from rollout.api import rollouts, workspaces
from rollout.models import PhaseRun
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, bearing, get, post

pytestmark = pytest.mark.django_db

ROLLOUT = "/api/rollouts/patient_engagement"
PHASE = f"{ROLLOUT}/phase"


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the rates for one test."""

    def set_rates(**rates: str) -> None:
        monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)

    return set_rates


def error(response: Any, status: int) -> dict[str, Any]:
    """The error of an answer, which has the one form and this status."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) <= {"code", "message", "fields"}
    assert all(body["error"][name] for name in ("code", "message"))
    return dict(body["error"])


# --- keys and scopes ---------------------------------------------------------------------------------------


def test_a_key_comes_as_bearer_or_in_its_own_header() -> None:
    builders.modules()
    key = an_api_key("read")
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer  {key} "},
        {"X-API-Key": key},
    ):
        assert Client().get("/api/rollouts", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer ops_aaaaaaaa_bbbb"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YTpi"},
        {"X-API-Key": "ops_\x01_x"},
        {"X-API-Key": "é" * 300},
    ],
)
def test_without_a_known_key_the_answer_is_401_and_says_how_to_sign_in(headers: dict[str, str]) -> None:
    response = Client().get("/api/rollouts", headers=headers)
    assert error(response, 401)["code"] in ("not_authenticated", "authentication_failed")
    assert response["WWW-Authenticate"].startswith("Bearer ")


def test_a_revoked_or_expired_key_is_401() -> None:
    key = an_api_key("read")
    keys.revoke(ApiKey.objects.get(), actor=ROOT)
    error(get("/api/rollouts", key), 401)
    tomorrow = timezone.now() + timedelta(days=1)
    _, short = keys.create("short", ["read"], actor=ROOT, expires_at=tomorrow)
    assert get("/api/rollouts", short).status_code == 200
    with time_machine.travel(tomorrow + timedelta(seconds=1)):
        error(get("/api/rollouts", short), 401)


def test_a_key_without_the_scope_is_403_and_hears_which_one() -> None:
    builders.modules()
    assert "read" in error(get("/api/rollouts", an_api_key("evaluate")), 403)["message"]
    error(post(PHASE, {"number": 1}, an_api_key("read", name="reader")), 403)


def test_a_browser_key_is_403_at_every_door_but_the_flags() -> None:
    # What other tests left would be written to a key of the same number.
    keys.last_use.flush()
    builders.modules()
    _, key = keys.create(
        "shop",
        ["evaluate"],
        actor=ROOT,
        kind="browser",
        modules=["patient_engagement"],
        origins=["https://app.example.org"],
    )
    for response in (get("/api/rollouts", key), post(PHASE, {"number": 1}, key)):
        found = error(response, 403)
        assert found["message"] == "This key is for browsers: it evaluates flags and nothing else."
    keys.last_use.flush()
    assert ApiKey.objects.get().last_used_at is None


def test_no_scope_permits_to_override_or_to_approve() -> None:
    granted = rollouts.GRANTS | workspaces.GRANTS
    assert not granted & {"rollout.override_gate", "rollout.approve_phase", "operations.add_apikey"}


def test_the_actor_is_the_key_with_what_its_scopes_permit() -> None:
    key, _ = keys.create("billing", ["rollout", "read"], actor=ROOT)

    class Request:
        auth = key

    actor = actor_of(Request(), rollouts.GRANTS, on_behalf_of="ada")  # type: ignore[arg-type]
    assert (actor.door, actor.label, actor.on_behalf_of, actor.user) == (Door.API, "billing", "ada", None)
    assert actor.grants == rollouts.GRANTS


def test_the_last_use_of_a_key_is_noted_and_written_in_batches() -> None:
    builders.modules()
    key = an_api_key("read")
    get("/api/rollouts", key)
    assert ApiKey.objects.get().last_used_at is None
    keys.last_use.flush()
    assert ApiKey.objects.get().last_used_at is not None


# --- rates -------------------------------------------------------------------------------------------------


def test_a_key_over_its_rate_is_429_with_whole_seconds_until_the_window_ends(
    rates: Callable[..., None],
) -> None:
    builders.modules()
    one, other = an_api_key("read"), an_api_key("read", name="other")
    rates(key="3/min", anonymous="1/min")
    with time_machine.travel(1_000_000_000 * 60 + 20.5, tick=False):
        for _ in range(3):
            assert get("/api/rollouts", one).status_code == 200
        refused = get("/api/rollouts", one)
        assert error(refused, 429)["code"] == "throttled"
        assert refused["Retry-After"] == "40"
        assert get("/api/rollouts", other).status_code == 200
    with time_machine.travel(1_000_000_001 * 60, tick=False):
        assert get("/api/rollouts", one).status_code == 200


def test_a_browser_key_that_knocks_at_other_doors_is_counted_by_its_address(
    rates: Callable[..., None],
) -> None:
    _, key = keys.create(
        "shop", ["evaluate"], actor=ROOT, kind="browser", modules=["m"], origins=["https://app.example.org"]
    )
    rates(key="9/min", anonymous="2/min")
    statuses = [get("/api/rollouts", key).status_code for _ in range(3)]
    assert statuses == [403, 403, 429]


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "ops_aaaaaaaa_guess"}, {"Authorization": "Bearer guess"}]
)
def test_who_is_turned_away_is_counted_by_address(
    rates: Callable[..., None], headers: dict[str, str]
) -> None:
    rates(key="100/min", anonymous="2/min")
    with time_machine.travel(1_000_000_000 * 60, tick=False):
        for _ in range(2):
            error(Client().get("/api/rollouts", headers=headers), 401)
        refused = Client().get("/api/rollouts", headers=headers)
        error(refused, 429)
        assert refused["Retry-After"] == "60"
        elsewhere = Client(REMOTE_ADDR="10.9.8.7").get("/api/rollouts", headers=headers)
        error(elsewhere, 401)
        forged = {**headers, "X-Forwarded-For": "10.1.1.1"}
        error(Client().get("/api/rollouts", headers=forged), 429)


def test_a_key_that_keeps_asking_for_what_it_may_not_is_slowed_down(rates: Callable[..., None]) -> None:
    rates(key="100/min", anonymous="2/min")
    key = an_api_key("evaluate")
    with time_machine.travel(1_000_000_000 * 60, tick=False):
        assert [get("/api/rollouts", key).status_code for _ in range(3)] == [403, 403, 429]


def test_rates_are_counted_in_the_cache_by_one_increment(rates: Callable[..., None]) -> None:
    builders.modules()
    key = an_api_key("read")
    with time_machine.travel(1_000_000_000 * 60, tick=False):
        get("/api/rollouts", key)
        get("/api/rollouts", key)
        assert cache.get(f"throttle:key:{ApiKey.objects.get().pk}:1000000000") == 2


def test_a_cache_that_does_not_answer_counts_nothing_and_refuses_nobody(settings: Any) -> None:
    key = an_api_key("read")
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    assert get("/api/rollouts", key).status_code == 200


# --- the error form ----------------------------------------------------------------------------------------


def test_an_unknown_address_and_an_unknown_thing_are_404_in_the_same_form() -> None:
    key = an_api_key("read")
    assert error(get("/api/nothing/here", key), 404)["code"] == "not_found"
    assert error(get("/api/rollouts/", key), 404)["code"] == "not_found"
    assert "nope" in error(get("/api/rollouts/nope", key), 404)["message"]


def test_a_refusal_is_409_with_its_code() -> None:
    builders.a_plan_in_phase(1)
    found = error(post(PHASE, {"number": 2}, an_api_key("rollout")), 409)
    assert found["code"] == "soak"
    assert "verdict" in found["message"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("{", "malformed", None),
        ("[" * 100_000, "malformed", None),
        (b"\xff\xfe{}", "malformed", None),
        ('{"number": NaN}', "malformed", None),
        ("[]", "invalid", "body"),
        ("null", "invalid", "body"),
        ('"phase 1"', "invalid", "body"),
        ({}, "invalid", "number"),
        ({"number": "1"}, "invalid", "number"),
        ({"number": 1.0}, "invalid", "number"),
        ({"number": True}, "invalid", "number"),
        ({"number": None}, "invalid", "number"),
        ({"number": 10**400}, "invalid", "phase"),
        ({"number": 99}, "invalid", "phase"),
        ({"number": 1, "phase": 2}, "invalid", "phase"),
        ({"number": 1, "dryrun": True}, "invalid", "dryrun"),
        ({"number": 1, "dryRun": "yes"}, "invalid", "dryRun"),
        ({"number": 1, "dryRun": 1}, "invalid", "dryRun"),
        ({"number": 1, "version": 0}, "invalid", "version"),
        ({"number": 1, "updatedBy": 7}, "invalid", "updatedBy"),
        ({"number": 1, "updatedBy": "x" * 201}, "invalid", "updatedBy"),
        ({"number": 1, "updatedBy": "a\x00b"}, "invalid", "updatedBy"),
        ('{"number": 1, "updatedBy": "\\ud800"}', "invalid", "updatedBy"),
    ],
)
def test_a_bad_body_is_400_and_names_the_field(body: Any, code: str, field: str | None) -> None:
    builders.a_plan()
    before = AuditEvent.objects.count()
    found = error(post(PHASE, body, an_api_key("rollout")), 400)
    assert found["code"] == code
    assert field is None or field in found["fields"], found
    assert not PhaseRun.objects.exists()
    assert AuditEvent.objects.count() == before + 1  # the key


def test_a_method_that_is_not_there_is_405_and_says_which_are() -> None:
    response = Client().delete("/api/rollouts", **bearing(an_api_key("read")))
    assert error(response, 405)
    assert "GET" in response["Allow"]


def test_a_body_that_is_not_json_is_415() -> None:
    builders.a_plan()
    key = an_api_key("rollout")
    response = Client().post(PHASE, {"number": 1}, **bearing(key))
    assert error(response, 415)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_a_body_over_the_limit_is_413(settings: Any, headers: dict[str, str]) -> None:
    builders.a_plan()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    body = {"number": 1, "updatedBy": "x" * 1_000}
    assert error(post(PHASE, body, an_api_key("rollout"), **headers), 413)["code"] == "too_large"


@pytest.mark.parametrize("extra", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"SERVER_PROTOCOL": "HTTP/2"}])
def test_a_body_of_unknown_length_is_refused_and_not_taken_for_an_empty_one(extra: dict[str, Any]) -> None:
    builders.a_plan_in_phase(1)
    key = an_api_key("rollout")
    response = Client().post(
        f"{ROLLOUT}/pause", content_type="application/json", **bearing(key), CONTENT_LENGTH="", **extra
    )
    assert error(response, 400)["code"] == "malformed"
    assert builders.engagement().status == "running"


def test_an_answer_that_is_not_acceptable_is_406() -> None:
    error(get("/api/rollouts", an_api_key("read"), Accept="text/html"), 406)


def test_a_database_that_does_not_answer_is_503_and_says_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise OperationalError("connection refused by 10.0.0.5")

    key = an_api_key("read")
    monkeypatch.setattr(reports, "live_plans", fail)
    response = get("/api/rollouts", key)
    assert "10.0.0.5" not in error(response, 503)["message"]
    assert response["Retry-After"] == "1"


def test_a_defect_is_500_in_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("a defect")

    key = an_api_key("read")
    monkeypatch.setattr(reports, "live_plans", fail)
    client = Client(raise_request_exception=False)
    assert "defect" not in error(client.get("/api/rollouts", **bearing(key)), 500)["message"]


def test_fields_are_spelled_as_the_api_spells_them() -> None:
    assert [camel(name) for name in ("expires_at", "percentage", "Idempotency-Key")] == [
        "expiresAt",
        "percentage",
        "Idempotency-Key",
    ]


# --- idempotency -------------------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_first_answer_and_act_once() -> None:
    builders.a_plan()
    key = an_api_key("rollout")
    first = post(PHASE, {"number": 1}, key, **{"Idempotency-Key": "run-1"})
    again = post(PHASE, {"number": 1}, key, **{"Idempotency-Key": "run-1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert PhaseRun.objects.count() == 1


def test_the_same_key_with_another_body_is_409() -> None:
    builders.a_plan()
    key = an_api_key("rollout")
    post(PHASE, {"number": 1}, key, **{"Idempotency-Key": "run-1"})
    again = post(PHASE, {"phase": 1}, key, **{"Idempotency-Key": "run-1"})
    assert error(again, 409)["code"] == "idempotency_key_reused"


def test_a_key_counts_for_one_api_key_and_one_path_and_a_day() -> None:
    builders.a_plan_in_phase(1)
    one, other = an_api_key("rollout"), an_api_key("rollout", name="other")
    named = {"Idempotency-Key": "same"}
    assert post(f"{ROLLOUT}/set", {"percentage": 20}, one, **named).status_code == 200
    assert post(f"{ROLLOUT}/pause", {}, one, **named).status_code == 200
    assert post(f"{ROLLOUT}/resume", {"percentage": 12}, other, **named).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert post(f"{ROLLOUT}/set", {"percentage": 11}, one, **named).json()["to"] == 11


def test_a_refused_request_is_not_kept_and_may_be_sent_again() -> None:
    plan = builders.a_plan_in_phase(1)
    key, named = an_api_key("rollout"), {"Idempotency-Key": "run-2"}
    error(post(PHASE, {"number": 2}, key, **named), 409)
    assert not IdempotencyKey.objects.exists()
    builders.open_gate(plan)
    assert post(PHASE, {"number": 2}, key, **named).status_code == 200


@pytest.mark.parametrize("named", ["", "x" * 201, "tab\there"])
def test_a_key_that_cannot_be_kept_is_400(named: str) -> None:
    builders.a_plan()
    found = error(post(PHASE, {"number": 1}, an_api_key("rollout"), **{"Idempotency-Key": named}), 400)
    assert "Idempotency-Key" in found["fields"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_under_one_key_act_once() -> None:
    builders.a_plan()
    key = an_api_key("rollout")
    start = threading.Barrier(2)
    answers: list[Any] = []

    def send() -> None:
        try:
            start.wait(timeout=10)
            response = post(PHASE, {"number": 1}, key, **{"Idempotency-Key": "run-1"})
            answers.append((response.status_code, json.loads(response.content)))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [status for status, _ in answers] == [200, 200]
    assert answers[0] == answers[1]
    assert PhaseRun.objects.count() == 1
