"""The sidebar: who sees what, and which entry a page belongs to."""

from typing import Any

import pytest
from django.test import RequestFactory

from ops_portal import navigation
from tests import builders

pytestmark = pytest.mark.django_db


def shown(path: str, group: str = "Administrator") -> list[dict[str, Any]]:
    request = RequestFactory().get(path)
    request.user = builders.a_person(group=group)
    return [item for found in navigation.groups(request) for item in found["items"]]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/admin/", "Overview"),
        ("/admin/feedback/ticket/12/change/", "Tickets"),
        ("/admin/feedback/ticket/summary/", "Summary"),
        ("/admin/monitoring/alert/operate/raise/", "Alerts"),
        ("/admin/password_change/", ""),
    ],
)
def test_one_entry_is_marked_the_one_that_the_page_belongs_to(path: str, title: str) -> None:
    assert [item["title"] for item in shown(path) if item["active"]] == ([title] if title else [])


def test_a_viewer_sees_no_keys_and_no_people() -> None:
    titles = {item["title"] for item in shown("/admin/", "Viewer")}
    assert {"Tickets", "Summary", "Phase 2 plan", "Plans"} <= titles
    assert not {"API keys", "Users"} & titles
