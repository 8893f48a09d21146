"""Who may ask the door: keys of servers and of browsers, origins, and how often."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations import keys
from operations.models import ApiKey
from rollout.ofrep import access
from tests.builders import ROOT
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import FLAGS, MODULES, PAGES, Product, a_browser_key

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"
ROUTES = [("POST", FLAGS), ("POST", f"{FLAGS}/{CORE}"), ("GET", f"{MODULES}patient_engagement")]


def statuses(product: Product, **headers: str) -> set[int]:
    """What the three routes answer."""
    return {product.call(method, path, {"context": {}}, **headers).status for method, path in ROUTES}


# --- keys --------------------------------------------------------------------------------------------------


def test_a_key_comes_in_either_header(product: Product) -> None:
    key, product.key = product.key, ""
    for headers in (
        {"HTTP_AUTHORIZATION": f"Bearer {key}"},
        {"HTTP_AUTHORIZATION": f"  bearer   {key} "},
        {"HTTP_X_API_KEY": key},
        {"HTTP_X_API_KEY": key, "HTTP_AUTHORIZATION": "Basic dTpw"},
    ):
        assert statuses(product, **headers) == {200}


@pytest.mark.parametrize(
    "text", ["", "wrong", "ops_a_b", "ops__", "ops_é_é", "Bearer", "ops_a_b\x00", "ops_" + "a" * 10_000]
)
def test_any_other_text_is_no_key(text: str, product: Product) -> None:
    product.key = ""
    for headers in ({"HTTP_AUTHORIZATION": f"Bearer {text}"}, {"HTTP_X_API_KEY": text}):
        assert statuses(product, **headers) == {401}
    assert product.call("POST", FLAGS).headers["WWW-Authenticate"] == 'Bearer realm="ops-portal"'


def test_the_secret_counts_and_not_only_the_prefix(product: Product) -> None:
    product.key = product.key[:-1] + ("a" if product.key[-1] != "a" else "b")
    assert statuses(product) == {401}


def test_a_key_for_something_else_is_forbidden(product: Product) -> None:
    product.key = an_api_key("read", "rollout", name="other")
    product.look()
    assert statuses(product) == {403}


def test_a_new_key_opens_and_a_revoked_one_is_turned_away_after_the_next_look(product: Product) -> None:
    row, product.key = keys.create("second", ["evaluate"], actor=ROOT)
    assert statuses(product) == {401}
    product.look()
    assert statuses(product) == {200}
    keys.revoke(row, actor=ROOT)
    assert statuses(product) == {200}
    product.look()
    assert statuses(product) == {401}


def test_a_key_expires_without_a_look(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    expires_at = timezone.now() + timedelta(hours=1)
    product.key = keys.create("short", ["evaluate"], expires_at=expires_at, actor=ROOT)[1]
    product.look()
    assert statuses(product) == {200}

    monkeypatch.setattr(timezone, "now", lambda: expires_at)
    assert statuses(product) == {401}


def test_the_use_of_a_key_is_noted(product: Product) -> None:
    assert statuses(product) == {200}
    keys.last_use.flush()
    assert ApiKey.objects.get().last_used_at is not None


def test_a_key_of_one_module_hears_nothing_of_another(product: Product) -> None:
    product.key = keys.create("health", ["evaluate"], modules=["health_management"], actor=ROOT)[1]
    product.look()
    assert list(product.answers(targetingKey="u")) == ["health_management"]
    assert product.flag("health_management", targetingKey="u").status == 200
    assert product.flag(CORE, targetingKey="W00000").document["errorCode"] == "FLAG_NOT_FOUND"
    assert product.flag(CORE).document == {
        **product.flag("nope").document,
        "key": CORE,
        "errorDetails": f"There is no flag {CORE!r}.",
    }
    assert product.module("patient_engagement").status == 404
    assert product.module("health").status == product.module("health_management").status == 200


# --- pages -------------------------------------------------------------------------------------------------


@pytest.fixture
def page(product: Product) -> Product:
    """A page of PAGES with its key for Patient Engagement, beside the server's."""
    product.key = a_browser_key("patient_engagement")
    product.look()
    return product


def test_a_browser_key_is_for_its_pages_only(page: Product) -> None:
    assert statuses(page, HTTP_ORIGIN=PAGES) == {200}
    for origin in (
        "https://evil.example",
        "null",
        "",
        f"{PAGES}.evil.example",
        f"{PAGES}:8443",
        "http://app.example.org",
    ):
        assert statuses(page, HTTP_ORIGIN=origin) == {403}, origin
    # Without an origin it is no page that asks.
    assert statuses(page) == {403}


def test_a_browser_key_is_for_its_modules_only(page: Product) -> None:
    heard = page.call("POST", FLAGS, {"context": {"workspace": "W00000"}}, HTTP_ORIGIN=PAGES)
    answered = {flag["key"] for flag in heard.document["flags"]}
    assert CORE in answered
    assert "health_management" not in answered
    single = page.call("POST", f"{FLAGS}/health_management", {"context": {}}, HTTP_ORIGIN=PAGES)
    assert (single.status, single.document["errorCode"]) == (404, "FLAG_NOT_FOUND")
    assert page.module("health", HTTP_ORIGIN=PAGES).status == 404


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_preflight_lets_the_pages_of_a_key_ask(method: str, path: str, page: Product) -> None:
    asked = {"HTTP_ORIGIN": PAGES, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method}
    page.key = ""
    heard = page.call("OPTIONS", path, **asked)
    assert (heard.status, heard.body) == (204, b"")
    assert heard.headers["Access-Control-Allow-Origin"] == PAGES
    assert method in heard.headers["Access-Control-Allow-Methods"].split(", ")
    assert set(heard.headers["Access-Control-Allow-Headers"].split(", ")) >= {
        "authorization",
        "content-type",
        "if-none-match",
        "x-api-key",
    }
    assert heard.headers["Vary"] == "Origin"
    assert int(heard.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in heard.headers


def test_a_preflight_of_other_pages_allows_nothing(page: Product) -> None:
    heard = page.call("OPTIONS", FLAGS, HTTP_ORIGIN="https://evil.example")
    assert "Access-Control-Allow-Origin" not in heard.headers
    assert heard.headers["Vary"] == "Origin"


def test_pages_can_read_answers_and_errors_with_their_headers(page: Product) -> None:
    def heard(path: str = FLAGS, **headers: str) -> Any:
        return page.call("POST", path, {"context": {"workspace": "W00000"}}, HTTP_ORIGIN=PAGES, **headers)

    etag = heard().headers["ETag"]
    replies = [heard(), heard(HTTP_IF_NONE_MATCH=etag), heard(f"{FLAGS}/nope"), heard(HTTP_AUTHORIZATION="")]
    busy = Product(page.key, rate="1/min")
    replies += [busy.call("POST", FLAGS, {"context": {}}, HTTP_ORIGIN=PAGES) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 304, 404, 401, 200, 429]
    for reply in replies:
        assert reply.headers["Access-Control-Allow-Origin"] == PAGES
        assert reply.headers["Access-Control-Expose-Headers"] == "ETag, Retry-After"
        assert reply.headers["Vary"] == "Origin"


def test_pages_of_a_revoked_key_are_strangers_again(page: Product) -> None:
    keys.revoke(ApiKey.objects.get(kind="browser"), actor=ROOT)
    page.look()
    assert "Access-Control-Allow-Origin" not in page.call("OPTIONS", FLAGS, HTTP_ORIGIN=PAGES).headers
    assert statuses(page, HTTP_ORIGIN=PAGES) == {401}


def test_one_key_does_not_open_the_pages_of_another(page: Product) -> None:
    other = "https://other.example.org"
    a_browser_key("health_management", name="other pages", origins=(other,))
    page.look()
    heard = page.call("POST", FLAGS, {"context": {}}, HTTP_ORIGIN=other)
    # Its page may read the answer, which is that this key is not for it.
    assert (heard.status, heard.headers["Access-Control-Allow-Origin"]) == (403, other)


# --- how often ---------------------------------------------------------------------------------------------


def test_each_key_has_its_own_rate(product: Product) -> None:
    second = an_api_key("evaluate", name="second")
    busy = Product(product.key, rate="2/min")
    assert [busy.flag(CORE).status for _ in range(3)] == [200, 200, 429]
    busy.key = second
    assert busy.flag(CORE).status == 200


def test_whoever_has_no_good_key_is_counted_by_address(page: Product) -> None:
    strict = Product(page.key, anonymous="3/min")
    wrong = {"HTTP_AUTHORIZATION": "Bearer wrong"}
    tries = [wrong, {"HTTP_ORIGIN": "https://evil.example"}, wrong, wrong]
    assert [strict.call("POST", FLAGS, {"context": {}}, **each).status for each in tries] == [
        401,
        403,
        401,
        429,
    ]
    # A good key from the same address is not held up, and another address begins anew.
    assert strict.call("POST", FLAGS, {"context": {}}, HTTP_ORIGIN=PAGES).status == 200
    assert strict.call("POST", FLAGS, **wrong, REMOTE_ADDR="192.0.2.2").status == 401
    # What a sender writes about its address counts for nothing.
    assert strict.call("POST", FLAGS, **wrong, HTTP_X_FORWARDED_FOR="192.0.2.9").status == 429


@pytest.mark.parametrize(
    ("rate", "now", "wait"),
    [("1/s", 1000.5, 1), ("1/min", 1000.0, 21), ("1/h", 0.25, 3600), ("1/d", 1.0, 86_400)],
)
def test_retry_after_is_whole_seconds_until_the_next_window(
    rate: str, now: float, wait: int, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Product(product.key, rate=rate)
    monkeypatch.setattr(time, "time", lambda: now)
    assert busy.flag(CORE).status == 200
    said = busy.flag(CORE).headers["Retry-After"]
    assert said.isdecimal()
    assert int(said) == wait
    monkeypatch.setattr(time, "time", lambda: now + wait)
    assert busy.flag(CORE).status == 200


def test_counting_forgets_rather_than_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MOST_COUNTED", 10)
    rate = access.Rate("5/d")
    for number in range(1_000):
        rate.count(number)
    assert len(rate._counts) <= 11
