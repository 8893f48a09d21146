"""What looks like spam: pure judgement, each rule by itself, and what people write meets none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.pages import browsers, spam

HONEST = ["Reminders are not sent", "Since Tuesday, see https://status.example.org and https://example.org/a"]
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/118.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36 EdgA/120.0.1"
)


def judged(
    texts: list[str] | None = None, *, trap: str = "", seconds: float | None = 60, same: int = 0
) -> str:
    said = HONEST if texts is None else texts
    return spam.reason(said, trap=trap, seconds=seconds, same=[f"FB-{number}" for number in range(same)])


def test_what_somebody_writes_in_a_minute_is_no_spam() -> None:
    assert judged() == ""


def test_whoever_fills_in_what_people_do_not_see_is_no_person() -> None:
    assert judged(trap="https://buy.example") == "A field that people do not see was filled in."


def test_nobody_writes_in_three_seconds() -> None:
    assert judged(seconds=1.24) == "Sent 1.2 seconds after the form was opened."
    assert judged(seconds=2.999) != ""
    assert judged(seconds=3.0) == ""


def test_a_form_that_comes_back_may_be_sent_at_once() -> None:
    assert judged(seconds=None) == ""


def test_the_same_text_is_told_with_where_it_stands() -> None:
    assert judged(same=2) == "The same text came before, within a day: FB-0, FB-1."
    assert len(judged(same=100)) < 200


def test_many_links_are_told_and_a_few_are_not() -> None:
    assert judged(["See", "https://a.example http://b.example www.c.example"]) == ""
    assert judged(["See https://a.example", "http://b.example www.c.example HTTPS://d.example"]) == "4 links."


@pytest.mark.parametrize("text", ["[url=x]y[/url]", "<a href='x'>y</a>", "<A  HREF=x>", "[link]x[/link]"])
def test_links_in_the_markup_of_forums_are_told(text: str) -> None:
    assert judged(["Hello", text]) == "Links written as a forum or a web page does."


def test_one_phrase_over_and_over_is_told() -> None:
    assert judged(["Buy", "cheap pills now " * 20]) == "61 words, of which only 4 are different."
    assert judged(["Down", "down " * 20]) == ""


@given(st.lists(st.text(max_size=300), max_size=6), st.text(max_size=20))
def test_any_text_is_judged(texts: list[str], trap: str) -> None:
    assert isinstance(spam.reason(texts, trap=trap, seconds=10, same=[]), str)


def test_a_long_text_is_judged_at_once() -> None:
    assert judged(["A", "<a " * 100_000]) == "100001 words, of which only 2 are different."


@pytest.mark.parametrize(
    ("user_agent", "browser", "device"),
    [
        (CHROME, "Chrome 118.0.0.0", "Windows 10 or 11"),
        (f"{CHROME} Edg/118.0.2088.46", "Edge 118.0.2088.46", "Windows 10 or 11"),
        (IPHONE, "Safari 17.1", "iPhone, iOS 17.1"),
        (ANDROID, "Edge 120.0.1", "Android 14"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox 130.0", "Linux"),
        ("Mozilla/5.0 (Windows NT 6.1; rv:91.0) Firefox/91.0", "Firefox 91.0", "Windows 6.1"),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
    ],
)
def test_a_browser_is_named_as_people_know_it(user_agent: str, browser: str, device: str) -> None:
    assert (browsers.browser_of(user_agent), browsers.device_of(user_agent)) == (browser, device)
