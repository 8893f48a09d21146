"""Every kind of answer and error is what OFREP 0.3.0 says."""

from typing import Any

import pytest
from django.db import OperationalError

from rollout import flags
from rollout.ofrep import door
from rollout.serving import snapshot
from rollout.serving.follower import Follower
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import Heard, Product
from tests.rollout.ofrep.contract import BULK, SINGLE, faults, needs_contract

pytestmark = [pytest.mark.django_db, needs_contract]

CORE = "patient_engagement_module"


def conforms(path: str, heard: Heard) -> None:
    assert heard.headers["Content-Type"] == "application/json"
    assert faults(path, heard.status, heard.document) == []


def test_the_contract_as_it_is_read_here_still_refuses_what_it_should() -> None:
    good = {"key": "a", "reason": "DEFAULT", "variant": "on", "value": 1}
    assert faults(SINGLE, 200, good) == []
    assert faults(SINGLE, 200, {**good, "value": None})
    assert faults(SINGLE, 200, {**good, "reason": "TARGETED"})
    assert faults(SINGLE, 200, {name: good[name] for name in ("reason", "variant", "value")})
    assert faults(SINGLE, 400, {"key": "a", "errorCode": "FLAG_NOT_FOUND"})


@pytest.mark.parametrize(
    ("value_type", "value"),
    [("string", "é"), ("integer", 7), ("float", 2.0), ("float", 0.1), ("object", {"a": {"b": [2.0]}})],
)
def test_flags_of_every_type_conform_on_and_off(value_type: str, value: Any, product: Product) -> None:
    variants = [VariantDraft("some", value, 1)]
    builders.a_flag("plain", value_type=value_type, variants=variants)
    builders.a_flag("valued", value_type=value_type, variants=[*variants, VariantDraft("off", value)])
    builders.a_flag("bare", value_type=value_type)
    product.look()
    for unit in ("W00000", "W00039", "nobody"):
        bulk = product.all(targetingKey=unit)
        assert bulk.status == 200
        conforms(BULK, bulk)
        answers = product.answers(targetingKey=unit)
        for key in (CORE, "plain", "valued", "bare"):
            single = product.flag(key, targetingKey=unit)
            assert single.status == 200
            conforms(SINGLE, single)
            assert single.document == answers[key]
    assert product.answers(targetingKey="W00000")["plain"]["value"] == value
    assert "value" not in product.answers(targetingKey="W00039")["plain"]
    assert product.answers(targetingKey="W00039")["valued"]["value"] == value


def test_every_reason_conforms(product: Product) -> None:
    builders.a_flag("ruled", rules=[RuleDraft("all")])
    flags.kill(builders.flag("clinical_alerts"), True, actor=ROOT)
    product.look()
    for key, unit, reason in (
        ("ruled", "W00000", "TARGETING_MATCH"),
        (CORE, "W00000", "SPLIT"),
        (CORE, "W00039", "DEFAULT"),
        ("clinical_alerts", "W00000", "DISABLED"),
    ):
        heard = product.flag(key, targetingKey=unit)
        assert heard.document["reason"] == reason
        conforms(SINGLE, heard)


def test_the_environment_answers_static(product: Product, settings: Any) -> None:
    everybody = {**settings.ENVIRONMENT_OVERRIDES["health_management"], "enabled": True}
    settings.ENVIRONMENT_OVERRIDES = {"health_management": everybody}
    again = Product(product.key)
    heard = again.flag("health_management", targetingKey="user")
    assert (heard.document["value"], heard.document["reason"]) == (True, "STATIC")
    conforms(SINGLE, heard)


def test_a_flag_that_is_not_there_is_named(product: Product) -> None:
    heard = product.flag("no such flag/é", targetingKey="a")
    assert heard.status == 404
    conforms(SINGLE, heard)
    assert heard.document["key"] == "no such flag/é"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "PARSE_ERROR"),
        (b"{", "PARSE_ERROR"),
        (b"[]", "INVALID_CONTEXT"),
        (b"{}", "INVALID_CONTEXT"),
        (b'{"context": null}', "INVALID_CONTEXT"),
        (b'{"context": []}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": 5}}', "INVALID_CONTEXT"),
        (b'{"context": {"workspace": {"id": "a"}}}', "INVALID_CONTEXT"),
    ],
)
def test_a_body_that_cannot_be_read_is_named(body: bytes, code: str, product: Product) -> None:
    for path in (SINGLE, BULK):
        heard = product.call("POST", path.format(key=CORE), body)
        assert heard.status == 400
        conforms(path, heard)
        assert heard.document["errorCode"] == code
        # The Python client reads both of a 400, and the JavaScript one takes no error without a key.
        assert heard.document["errorDetails"]
        assert heard.document.get("key") == (CORE if path == SINGLE else None)


def test_a_bulk_answer_that_is_known_is_not_sent_again(product: Product) -> None:
    first = product.all(targetingKey="W00000")
    etag = first.headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        again = product.all(known, targetingKey="W00000")
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
        # A length would be that of the answer that is not sent.
        assert "Content-Length" not in again.headers
        assert "Content-Type" not in again.headers
    assert product.all(etag, targetingKey="W00001").status == 304
    assert product.all(etag, targetingKey="W00039").status == 200
    assert product.all('"other"', targetingKey="W00000").status == 200
    flags.kill(builders.flag(), True, actor=ROOT)
    product.look()
    changed = product.all(etag, targetingKey="W00000")
    assert changed.status == 200
    assert changed.headers["ETag"] != etag


@pytest.mark.parametrize("path", [SINGLE, BULK])
def test_whoever_may_not_ask_hears_why(path: str, product: Product) -> None:
    reading = an_api_key("read", name="reads")
    busy = Product(product.key, rate="1/min")
    product.look()
    asked = path.format(key=CORE)
    for status, heard in (
        (401, Product().call("POST", asked, {"context": {}})),
        (403, Product(reading).call("POST", asked, {"context": {}})),
        (200, busy.call("POST", asked, {"context": {}})),
        (429, busy.call("POST", asked, {"context": {}})),
    ):
        assert heard.status == status
        conforms(path, heard)
        if status != 200:
            assert (heard.document["errorCode"], heard.document.get("key")) == (
                "GENERAL",
                CORE if path == SINGLE else None,
            )
            assert heard.document["errorDetails"]


@pytest.mark.parametrize("path", [SINGLE, BULK])
def test_a_defect_is_an_error_that_clients_can_read(
    path: str, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(door, "outcome", broken)
    heard = product.call("POST", path.format(key=CORE), {"context": {}})
    assert heard.status == 500
    conforms(path, heard)
    assert heard.document["errorCode"] == "GENERAL"
    assert heard.document.get("key") == (CORE if path == SINGLE else None)
    assert b"secret" not in heard.body


def test_before_the_first_look_the_portal_says_when_to_ask_again(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def down() -> None:
        looks.append(True)
        raise OperationalError("down")

    monkeypatch.setattr(snapshot, "read", down)
    product.door._follower = Follower(10)
    for path in (SINGLE, BULK):
        heard = product.call("POST", path.format(key=CORE), {"context": {}})
        assert (heard.status, heard.headers["Retry-After"]) == (503, "1")
        assert heard.headers["Content-Type"] == "application/json"
        assert heard.document["errorCode"] == "GENERAL"
    heard = product.module("patient_engagement")
    assert (heard.status, heard.headers["Retry-After"]) == (503, "1")
    assert heard.document["error"]["code"] == "unavailable"
    # Whoever asks meanwhile does not wait for the database again.
    assert len(looks) == 1
