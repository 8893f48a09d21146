"""Answers that a source of vitals must not believe, and what it says of them."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest

from monitoring.sources.base import SourceFailed
from monitoring.sources.prometheus_server import Row, Server
from tests.monitoring.played_server import OK, PlayedServer
from tests.monitoring.prometheus_world import NOON

Play = Callable[..., PlayedServer]


@pytest.fixture
def play() -> Iterator[Play]:
    playing: list[PlayedServer] = []

    def begin(*parts: str, pause: float = 0) -> PlayedServer:
        playing.append(PlayedServer(*parts, pause=pause))
        return playing[-1]

    yield begin
    for each in playing:
        each.close()


def vector(*values: object, **more: object) -> str:
    result = [{"metric": {"workspace": "W1"}, "value": [1.0, value]} for value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more})


def failure(url: str, **limits: int | float) -> str:
    with pytest.raises(SourceFailed) as failed:
        Server(url, **limits).query("up", NOON)  # type: ignore[arg-type]
    return str(failed.value)


def test_a_good_answer_is_its_series_and_values(play: Play) -> None:
    played = play(OK + vector("1.5", "2"))
    assert Server(f"http://{played.address}").query("up", NOON) == [
        Row({"workspace": "W1"}, 1.5),
        Row({"workspace": "W1"}, 2.0),
    ]


def test_the_url_may_hold_a_path_and_a_user(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    played = play(OK + vector())
    assert Server(f"http://ada:p%40ss@{played.address}/prom/").query("up == 1", NOON) == []
    head, body = played.asked.split("\r\n\r\n")
    assert head.startswith("POST /prom/api/v1/query HTTP/1.1")
    assert f"Authorization: Basic {b64encode(b'ada:p@ss').decode()}" in head
    assert body == "query=up+%3D%3D+1&time=1772712000.000&timeout=20s"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (OK + "<html>", "is not Prometheus' API"),
        (OK + "[]", "is not Prometheus' API"),
        (OK + '{"status": "success"}', "is not Prometheus' API"),
        (OK + "[" * 100_000, "is not Prometheus' API"),
        (OK + vector("1")[:-9], "is not Prometheus' API"),
        (OK + vector("one"), "cannot be read"),
        (OK + vector(None), "cannot be read"),
        (OK + vector("1").replace('{"workspace": "W1"}', '{"workspace": 1}'), "cannot be read"),
        (OK + vector("1").replace('"value"', '"histogram"'), "cannot be read"),
        (OK + vector("1").replace("vector", "matrix"), "not one for current values"),
        (OK + vector("NaN"), "answered nan for {'workspace': 'W1'}"),
        (OK + vector("+Inf"), "answered inf"),
        (OK + vector("-1"), "answered -1.0"),
        (OK + vector("1", warnings=["store a\nis away"]), "in part only: store a is away"),
        (OK + '{"status": "error", "error": "too many samples"}', "refused the query: too many samples"),
        ("HTTP/1.1 422 No\r\n\r\n" + '{"status": "error", "error": "bad"}', "refused the query: bad"),
        ("HTTP/1.1 503 Busy\r\n\r\nbusy", "answered 503"),
        ("HTTP/1.1 401 No\r\n\r\n", "answered 401: check the user and password"),
        ("HTTP/1.1 302 Go\r\nLocation: http://example.org/\r\n\r\n", "answered 302, a redirect"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + vector("1")[:50], "is not Prometheus' API"),
        ("SSH-2.0-OpenSSH\r\n", "cannot be reached: BadStatusLine"),
    ],
)
def test_nonsense_fails_and_says_why_without_the_password(play: Play, answer: str, words: str) -> None:
    said = failure(f"http://ada:secret@{play(answer).address}")
    assert words in said
    assert "secret" not in said


def test_a_server_that_says_nothing_is_left_in_time(play: Play) -> None:
    began = time.monotonic()
    assert (
        failure(f"http://{play().address}", whole_seconds=0.2)
        == "Prometheus did not answer within 0.2 seconds."
    )
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("head", ["HTTP/1.1 200 OK\r\n", OK])
def test_a_server_that_trickles_is_left_in_time(play: Play, head: str) -> None:
    played = play(head, *("X-A: b\r\n" for _ in range(50)), pause=0.05)
    assert "did not answer within 0.2 seconds" in failure(f"http://{played.address}", whole_seconds=0.2)


def test_an_answer_without_end_is_cut(play: Play) -> None:
    played = play(OK + " " * 2_000)
    assert failure(f"http://{played.address}", longest_answer=1_000) == (
        "Prometheus' answer is longer than 1,000 bytes."
    )


def test_a_plain_server_behind_https_fails(play: Play) -> None:
    assert "cannot be reached" in failure(f"https://{play('HTTP/1.1 400 No').address}")


def test_no_server_is_a_failure_of_the_settings() -> None:
    assert failure("") == "PROMETHEUS_URL is not set."
