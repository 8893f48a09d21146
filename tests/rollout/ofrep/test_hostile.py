"""Requests that nobody's client sends: each gets an answer or a 400, in bounded time and memory."""

import json
import time
import tracemalloc
from io import BytesIO
from typing import Any

import pytest

from rollout.ofrep import questions
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import where
from tests.rollout.ofrep.calling import FLAGS, MODULES, Product, asked

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"
PATHS = [FLAGS, f"{FLAGS}/{CORE}"]


class Endless(BytesIO):
    """A body that never ends, and counts what is read of it."""

    def __init__(self) -> None:
        super().__init__()
        self.read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 <= size <= questions.LARGEST_BODY + 1
        self.read_bytes += size
        return b" " * size


class Waiting(BytesIO):
    """The body of a server that does not say where one ends: whoever reads on waits for ever."""

    def read(self, size: int | None = -1) -> bytes:
        left = len(self.getvalue()) - self.tell()
        assert size is not None
        assert 0 <= size <= left, "this would wait for ever"
        return super().read(size)


# --- the size of a body ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_a_context_of_a_megabyte_is_refused_before_it_is_read(path: str, product: Product) -> None:
    body = json.dumps({"context": {"targetingKey": "a", "blob": "x" * 1_000_000}}).encode()
    tracemalloc.start()
    began = time.perf_counter()
    heard = product.call("POST", path, body)
    took, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert heard.status == 400
    assert heard.document["errorCode"] == "PARSE_ERROR"
    assert "262,144" in heard.document["errorDetails"]
    assert took < 1
    assert peak < 500_000


def test_a_body_without_a_length_is_read_to_its_end_and_not_beyond_the_limit(product: Product) -> None:
    good = json.dumps({"context": {"targetingKey": "W00000"}}).encode()
    chunked: dict[str, Any] = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert product.call("POST", FLAGS, **{**chunked, "wsgi.input": BytesIO(good)}).status == 200
    endless = Endless()
    heard = product.call("POST", FLAGS, **{**chunked, "wsgi.input": endless})
    assert (heard.status, heard.document["errorCode"]) == (400, "PARSE_ERROR")
    assert endless.read_bytes == questions.LARGEST_BODY + 1


def test_no_more_is_read_than_was_sent(product: Product) -> None:
    good = json.dumps({"context": {"targetingKey": "W00000"}}).encode()
    said = str(len(good))
    assert product.call("POST", FLAGS, **{"wsgi.input": Waiting(good), "CONTENT_LENGTH": said}).status == 200
    # Nothing says how much there is: there is nothing.
    heard = product.call("POST", FLAGS, **{"wsgi.input": Waiting(good), "CONTENT_LENGTH": ""})
    assert (heard.status, heard.document["errorCode"]) == (400, "PARSE_ERROR")


@pytest.mark.parametrize("said", ["-5", "-1", "+4", "1e3", "0x10", "abc", "5_0", "9" * 19, "9" * 5_000, "³"])
def test_a_length_that_is_none_is_refused_unread(said: str, product: Product) -> None:
    sent: dict[str, Any] = {"wsgi.input": Waiting(b"{}"), "CONTENT_LENGTH": said}
    heard = asked(product.door, "POST", FLAGS, **sent, HTTP_AUTHORIZATION=f"Bearer {product.key}")
    assert (heard.status, heard.document["errorCode"]) == (400, "PARSE_ERROR")


@pytest.mark.parametrize(("said", "status"), [("2", 400), ("10", 400), ("200", 200)])
def test_a_length_that_lies_does_no_harm(said: str, status: int, product: Product) -> None:
    body = BytesIO(json.dumps({"context": {"targetingKey": "W00000"}}).encode())
    assert product.call("POST", FLAGS, **{"wsgi.input": body, "CONTENT_LENGTH": said}).status == status


# --- what stands in it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe{}",
        b'{"context": {"a": "\xff"}}',
        b'{"context": {"a": "\xed\xa0\x80"}}',
        b'{"context": {"a": NaN}}',
        b'{"context": {"a": Infinity}}',
        b'{"context": {"a": 1e999}}',
        b'{"context": {"a": ' + b"9" * 100_000 + b"}}",
        b'{"context": {"a": "\\ud800"}}',
        b'{"context": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"context":' * 20_000,
        b"[" * 200_000,
        b'"' + b"\\" * 200_000,
        b'{"context": {}} {"context": {}}',
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_what_is_no_json_of_this_world_is_refused(path: str, body: bytes, product: Product) -> None:
    began = time.perf_counter()
    heard = product.call("POST", path, body)
    assert (heard.status, heard.document["errorCode"]) == (400, "PARSE_ERROR")
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("name", ["targetingKey", "workspace"])
@pytest.mark.parametrize(
    "value",
    [
        5,
        0,
        1.5,
        True,
        False,
        [],
        ["a"],
        {},
        {"a": 1},
        "a\x00b",
        "a\nb",
        "\x7f",
        "\u200b",
        "\u2028",
        "x" * 121,
    ],
)
def test_what_can_be_no_id_is_named(name: str, value: Any, product: Product) -> None:
    for path in PATHS:
        heard = product.call("POST", path, {"context": {name: value}})
        assert (heard.status, heard.document["errorCode"]) == (400, "INVALID_CONTEXT")
        assert heard.document["errorDetails"].startswith(f"context.{name}: must ")


def test_no_id_and_an_empty_one_are_no_unit(product: Product) -> None:
    for context in ({}, {"targetingKey": None}, {"targetingKey": ""}, {"workspace": "", "targetingKey": ""}):
        heard = product.flag(CORE, **context)
        assert (heard.status, heard.document["reason"]) == (200, "DEFAULT")
    assert product.on(CORE, workspace="", targetingKey="W00000")


def test_the_last_of_keys_that_stand_twice_counts(product: Product) -> None:
    body = (
        b'{"context": {"targetingKey": "W00039"}, "context": {"targetingKey": "x", "targetingKey": "W00000"}}'
    )
    assert product.flag(CORE, body).document["value"] is True


def test_odd_attributes_meet_no_condition_and_break_none(product: Product) -> None:
    operators = {
        "equals": "q",
        "in": "q",
        "contains": "q",
        "starts_with": "q",
        "ends_with": "q",
        "matches": "q",
        "greater": "5",
        "less": "5",
        "before": "2020-01-01",
        "after": "2020-01-01",
        "version_at_least": "1.2.3",
        "version_below": "1.2.3",
        "version_equals": "1.2.3",
    }
    for operator, value in operators.items():
        groups = [
            {"match": "all", "conditions": [{"attribute": "it", "operator": operator, "values": [value]}]}
        ]
        builders.a_flag(f"by_{operator}", from_phase=4, rules=[RuleDraft("it", groups)])
    product.look()
    odd: list[Any] = [
        None,
        [],
        {},
        [[]],
        {"it": "a"},
        [None, 5, {}],
        "",
        "\x00",
        "b" * 200_000,
        True,
        "1e999",
    ]
    odd += ["99999/01/01", "v1.2.3.4.5", "1.2.3-" + "b" * 500, "NaN", "٣"]
    # Numbers and moments compare, whatever their size.
    large = {2**63: {"by_greater", "by_after"}, -(2**63): {"by_less", "by_before"}}
    for value, met in [*((value, set()) for value in odd), *large.items()]:
        answers = product.answers(targetingKey="W00000", it=value)
        assert {key for key in answers if key.startswith("by_") and answers[key]["value"]} == met, value


def test_a_pattern_that_would_hang_is_answered_at_once(product: Product) -> None:
    groups = [
        {"match": "all", "conditions": [{"attribute": "it", "operator": "matches", "values": ["(a+)+$"]}]}
    ]
    builders.a_flag("slow", rules=[RuleDraft("backtracks", groups), RuleDraft("others", where(it="b"))])
    product.look()
    began = time.perf_counter()
    heard = product.flag("slow", targetingKey="W00039", it="a" * 9_000 + "!")
    assert time.perf_counter() - began < 1
    assert heard.document["reason"] == "DEFAULT"


def test_a_context_of_many_attributes_costs_no_more_than_reading_it(product: Product) -> None:
    context = {f"a{number}": number for number in range(15_000)}
    body = json.dumps({"context": {**context, "targetingKey": "W00000"}}).encode()
    assert len(body) < questions.LARGEST_BODY
    began = time.perf_counter()
    assert product.flag(CORE, body).document["value"] is True
    assert time.perf_counter() - began < 1


# --- methods and paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
def test_flags_are_asked_for_by_post_alone(method: str, product: Product) -> None:
    for path in PATHS:
        heard = product.call(method, path)
        assert (heard.status, heard.headers["Allow"]) == (405, "POST, OPTIONS")
        assert (heard.body == b"") == (method == "HEAD")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "é",
        "日本",
        "a b",
        "a/b",
        "..",
        "../../admin",
        "%",
        "%2F",
        "a\x00b",
        "\r\nX-Evil: yes",
        "<script>",
        "x" * 60_000,
    ],
)
def test_any_text_in_the_path_is_a_flag_that_is_not_there(key: str, product: Product) -> None:
    heard = product.flag(key, targetingKey="a")
    assert (heard.status, heard.document["errorCode"], heard.document["key"]) == (404, "FLAG_NOT_FOUND", key)
    assert "X-Evil" not in heard.headers
    assert not any("\n" in value for value in heard.headers.values())


def test_a_path_that_is_no_utf_8_is_a_flag_that_is_not_there(product: Product) -> None:
    for path in (f"{FLAGS}/", MODULES):
        method = "POST" if path != MODULES else "GET"
        assert product.call(method, path, b"{}", PATH_INFO=f"{path}\xff\xfe").status in {400, 404}
    heard = product.call("POST", FLAGS, {"context": {}}, PATH_INFO=f"{FLAGS}/\xff")
    assert (heard.status, heard.document["key"]) == (404, "\ufffd")


def test_nothing_that_was_sent_becomes_a_header(product: Product) -> None:
    evil = "a\r\nX-Evil: yes"
    for heard in (
        product.flag(CORE, targetingKey=evil),
        product.module(evil),
        product.module("health", HTTP_USER_ID=evil),
        product.all(evil, targetingKey="a"),
        product.call("OPTIONS", FLAGS, HTTP_ORIGIN=evil),
    ):
        assert heard.status in {200, 204, 400, 404}
        assert not any("Evil" in text for header in heard.headers.items() for text in header)


def test_odd_content_types_are_read_as_json_all_the_same(product: Product) -> None:
    for kind in ("", "text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded"):
        heard = product.call("POST", FLAGS, {"context": {}}, CONTENT_TYPE=kind)
        assert heard.status == 200
