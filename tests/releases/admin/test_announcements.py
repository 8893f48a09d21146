"""Announcements by hand: the preview says who reads what before anything is sent."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.models import Announcement
from tests import builders
from tests.releases.announcements.builders import HOUR, a_window, an_end_of, announce, mailed, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    return builders.signed_in("Release manager")


def page(operation: str) -> str:
    return reverse("admin:releases_announcement_operate", args=[operation])


def entered(**given: Any) -> dict[str, Any]:
    return {
        "kind": "info",
        "title": "A new look",
        "text": "All new.",
        "audience": "everybody",
        "in_product": "on",
        "by_mail": "on",
        **given,
    }


def confirm(client: Client, operation: str, target: Announcement | None = None, **given: Any) -> Any:
    """Preview, then press the button of the page that came back."""
    named = {"object": f"{target.pk}:{target.version}"} if target else {}
    previewed = client.post(page(operation), {**named, **given, "_preview": "1"})
    assert previewed.status_code == 200
    seen = previewed.context["seen"]
    return client.post(page(operation), {**named, **given, "seen": seen}, follow=True)


def test_the_preview_names_who_is_mailed_and_what_and_sends_nothing(manager: Client) -> None:
    people("A", "ann@example.org", "bob@example.org")
    shown = manager.post(page("publish"), {**entered(), "_preview": "1"}).content.decode()
    assert "2 people: ann@example.org, bob@example.org" in shown
    assert "Information: A new look" in shown
    assert not Announcement.objects.exists()


def test_what_was_previewed_is_published(manager: Client) -> None:
    people("A", "ann@example.org")
    said = confirm(manager, "publish", **entered()).content.decode()
    assert "A new look is published. 1 person is mailed." in said
    assert len(mailed()) == 1


def test_it_is_changed_completed_and_cancelled_on_its_page(manager: Client) -> None:
    announcement = announce(kind="incident", ends_at=timezone.now() + HOUR)
    shown = manager.get(reverse("admin:releases_announcement_change", args=[announcement.pk]))
    assert [button.name for button in shown.context["buttons"]] == ["change", "complete", "cancel"]
    first = manager.get(page("change"), {"object": announcement.pk}).context["form"]
    stands = {name: first[name].value() or "" for name in ("title", "text")}
    ends = timezone.localtime(announcement.ends_at).strftime("%Y-%m-%dT%H:%M")
    confirm(manager, "change", announcement, **{**stands, "title": "Late", "ends_at": ends})
    announcement.refresh_from_db()
    assert (announcement.title, announcement.version) == ("Late", 2)
    confirm(manager, "complete", announcement, note="All is well.")
    announcement.refresh_from_db()
    assert announcement.state == "complete"
    shown = manager.get(reverse("admin:releases_announcement_change", args=[announcement.pk]))
    assert shown.context["buttons"] == []
    other = announce()
    confirm(manager, "cancel", other, note="")
    other.refresh_from_db()
    assert other.state == "cancelled"


def test_a_windows_announcement_takes_its_times_and_only_open_ones_are_offered(manager: Client) -> None:
    open_, told = a_window(title="Open"), a_window(title="Told")
    a_window(kind="freeze", title="Freeze")
    announce(kind="maintenance", window=told)
    form = manager.get(page("publish")).context["form"]
    assert list(form.fields["window"].queryset) == [open_]
    confirm(manager, "publish", **entered(kind="maintenance", window=open_.pk))
    assert Announcement.objects.get(window=open_).starts_at == open_.starts_at


def test_a_product_manager_announces_and_takes_nothing_back() -> None:
    client, announcement = builders.signed_in("Product manager", "pm"), announce()
    assert client.get(page("publish")).status_code == 200
    assert client.get(page("cancel"), {"object": announcement.pk}).status_code == 403
    viewer = builders.signed_in("Viewer", "vic")
    assert viewer.get(page("publish")).status_code == 403
    assert viewer.get(reverse("admin:releases_announcement_changelist")).status_code == 200


def test_bad_input_stands_beside_its_field(manager: Client) -> None:
    shown = manager.post(
        page("publish"), {**entered(audience="workspaces", workspaces="nowhere"), "_preview": "1"}
    )
    assert shown.context["form"].errors["workspaces"] == ["there is no nowhere"]


def test_the_list_takes_as_many_queries_for_many_as_for_few(
    manager: Client, django_assert_max_num_queries: Any
) -> None:
    people("A")
    for number in range(12):
        made = announce(title=f"N{number}", audience="workspaces", workspaces=["A"])
        if number % 3:
            an_end_of(made, "cancelled")
    for query in ("", "?state=now", "?state=later", "?state=done"):
        with django_assert_max_num_queries(14):
            assert manager.get(reverse("admin:releases_announcement_changelist") + query).status_code == 200
