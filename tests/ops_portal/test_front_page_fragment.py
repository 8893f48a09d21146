"""The parts of the front page by themselves, which the page's script asks for."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from operations.groups import PRODUCT_MANAGER, SUPPORT
from rollout import phases
from tests import builders
from tests.builders import ROOT
from tests.monitoring import alert_states

pytestmark = pytest.mark.django_db

OVERVIEW = "/admin/overview"


def digests(text: str) -> dict[str, str]:
    """The parts in order, with the digest of each."""
    return dict(re.findall(r'data-part="(\w+)" data-digest="(\w+)"', text))


def test_what_did_not_change_is_answered_without_a_body() -> None:
    builders.a_plan_in_phase(1)
    client = builders.signed_in(PRODUCT_MANAGER)
    page = client.get("/admin/").content.decode()
    first = client.get(OVERVIEW)
    etag = first.headers["ETag"]
    assert f'data-etag="{etag.replace(chr(34), "&quot;")}"' in page
    assert digests(page) == digests(first.content.decode())
    again = client.get(OVERVIEW, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == etag
    assert re.fullmatch(r"\d\d:\d\d", again.headers["As-Of"])
    assert "no-store" in again.headers["Cache-Control"]


def test_a_change_changes_the_parts_that_show_it_and_no_other() -> None:
    plan = builders.a_plan_in_phase(1)
    client = builders.signed_in(PRODUCT_MANAGER)
    before = client.get(OVERVIEW)
    phases.pause(plan, actor=ROOT, reason="Look first")
    after = client.get(OVERVIEW, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "Patient Engagement is paused" in after.content.decode()
    old, new = digests(before.content.decode()), digests(after.content.decode())
    assert list(old) == list(new)
    changed = {name for name in old if old[name] != new[name]}
    assert changed == {"tiles", "needs", "plans", "events"}


def test_nobody_is_answered_with_what_another_person_sees() -> None:
    builders.a_plan_in_phase(1)
    manager = builders.signed_in(PRODUCT_MANAGER).get(OVERVIEW)
    other = builders.signed_in(SUPPORT, "sam")
    answer = other.get(OVERVIEW, headers={"If-None-Match": manager.headers["ETag"]})
    assert answer.status_code == 200


@pytest.mark.parametrize("staff", [None, False])
def test_who_is_not_signed_in_as_staff_is_told_nothing(staff: bool | None) -> None:
    builders.a_plan_in_phase(1)
    alert_states.raised("Refills are lost")
    client = Client()
    if staff is not None:
        client.force_login(User.objects.create_user("eve", is_staff=staff))
    answer = client.get(OVERVIEW)
    assert (answer.status_code, answer.content) == (403, b"Sign in again.")
    assert "ETag" not in answer.headers
    assert "login" in client.get("/admin/").headers["Location"]


def test_a_staff_member_without_permissions_sees_no_part() -> None:
    builders.a_plan_in_phase(1)
    alert_states.raised("Refills are lost")
    client = Client()
    client.force_login(User.objects.create_user("newcomer", is_staff=True))
    text = client.get(OVERVIEW).content.decode()
    assert list(digests(text)) == ["tiles", "banner"]
    assert "Patient Engagement" not in text
    assert "Refills" not in text


def test_nothing_is_written_by_asking() -> None:
    client = builders.signed_in(PRODUCT_MANAGER)
    assert client.post(OVERVIEW).status_code == 405
    assert client.head(OVERVIEW).status_code == 200
