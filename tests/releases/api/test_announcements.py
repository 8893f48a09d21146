"""`GET /api/announcements`: what is for everybody, and with a key what is for one workspace."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests import builders
from tests.doors import an_api_key, get
from tests.releases.announcements.builders import HOUR, an_end_of, announce, people

pytestmark = pytest.mark.django_db


def titles(heard: Any) -> list[str]:
    assert heard.status_code == 200, heard.content
    return [each["title"] for each in heard.json()["announcements"]]


def anybody(query: str = "", **headers: str) -> Any:
    return Client().get(f"/api/announcements{query}", headers=headers)


def some_for_each() -> None:
    """One for everybody, one for a module, one for a workspace, and what nobody sees."""
    builders.a_plan_in_phase(1)
    people("A")
    announce(title="All")
    announce(title="Module", audience="module", module=builders.module())
    announce(title="A only", audience="workspaces", workspaces=["A"])
    announce(title="Mailed", channels=["mail"])
    announce(title="Later", at=timezone.now() + HOUR)
    for how in ("cancelled", "complete"):
        an_end_of(announce(title=how), how)


def test_everybody_sees_what_is_for_everybody_and_nothing_else() -> None:
    some_for_each()
    heard = anybody()
    assert titles(heard) == ["All"]
    told = heard.json()["announcements"][0]
    assert set(told) == {
        *("id", "kind", "title", "text", "state"),
        *("startsAt", "endsAt", "publishedAt", "changedAt"),
    }
    assert (told["kind"], told["state"], told["publishedAt"][-1]) == ("info", "published", "Z")


def test_a_key_that_may_read_sees_what_is_for_a_workspace_as_well() -> None:
    some_for_each()
    key = an_api_key("read")
    for workspace, seen in (
        ("W00000", ["Module", "All"]),
        ("W00039", ["All"]),
        ("A", ["A only", "All"]),
        ("nowhere", ["All"]),
    ):
        heard = get(f"/api/announcements?workspace={workspace}", key)
        assert titles(heard) == seen
        assert heard.headers["Cache-Control"] == "private, no-cache"
    assert titles(get("/api/announcements", key)) == ["All"]


def test_who_has_no_key_hears_nothing_of_a_workspace() -> None:
    some_for_each()
    assert anybody("?workspace=A").status_code == 401
    assert anybody("?workspace=").status_code == 401
    assert get("/api/announcements?workspace=A", an_api_key("evaluate")).status_code == 403
    assert get("/api/announcements", "wrong").status_code == 401


@pytest.mark.parametrize("query", ["workspace=", "workspace=a%00b", "workspace=a%20b", "limit=0", "limit=x"])
def test_what_can_be_no_parameter_is_named(query: str) -> None:
    heard = get(f"/api/announcements?{query}", an_api_key("read"))
    assert heard.status_code == 400
    assert set(heard.json()["error"]["fields"]) == {query.partition("=")[0]}


def test_what_is_over_is_not_shown_even_before_the_clock_completes_it() -> None:
    announce(ends_at=timezone.now() + HOUR)
    assert len(titles(anybody())) == 1
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        assert titles(anybody()) == []


def test_it_costs_two_queries_with_a_key_and_one_without(django_assert_max_num_queries: Any) -> None:
    some_for_each()
    key = an_api_key("read")
    with django_assert_max_num_queries(1):
        anybody()
    with django_assert_max_num_queries(2):
        get("/api/announcements?workspace=A", key)


def test_a_copy_may_be_kept_for_a_moment_and_is_named_by_its_etag() -> None:
    announce()
    heard = anybody()
    assert heard.headers["Cache-Control"] == "public, max-age=10"
    assert "X-API-Key" in heard.headers["Vary"]
    assert anybody(**{"If-None-Match": heard.headers["ETag"]}).status_code == 304
    announce(title="Another")
    assert anybody(**{"If-None-Match": heard.headers["ETag"]}).status_code == 200


def test_a_list_says_that_there_are_older_ones() -> None:
    for number in range(3):
        announce(title=f"N{number}")
    heard = anybody("?limit=2")
    assert (titles(heard), heard.json()["more"]) == (["N2", "N1"], True)
