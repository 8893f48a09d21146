"""Subscriptions in the admin: a preview of the next dates, every verb, and what each group may do."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from operations.tasks import deliver
from reports import documents
from reports.models import Report, Subscription
from reports.subscriptions import sending
from tests import builders
from tests.reports.example_documents import document
from tests.reports.example_subscriptions import a_subscription

pytestmark = pytest.mark.django_db

LIST = "/admin/reports/subscription/"
MONDAY = "2026-03-09T12:00:00+00:00"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.modules()
    monkeypatch.setattr(documents, "build", lambda *args, **times: document())


def entered(**changes: Any) -> dict[str, Any]:
    usual = {
        "kind": "weekly",
        "module": builders.module().pk,
        "recipients": "cto@example.org, ada@example.org",
        "weekday": "0",
        "hour": "7",
    }
    return {**usual, **changes}


def operate(client: Client, name: str, subscription: Subscription | None = None, **given: Any) -> Any:
    """Confirm an operation."""
    address = reverse("admin:reports_subscription_operate", args=[name])
    target = {"object": f"{subscription.pk}:{subscription.version}"} if subscription else {}
    return client.post(address, {**target, **given}, follow=True)


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def change_page(subscription: Subscription) -> str:
    return reverse("admin:reports_subscription_change", args=[subscription.pk])


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager", "CTO"])
def test_who_reads_reports_sees_subscriptions_and_changes_none(group: str) -> None:
    subscription, client = a_subscription(), builders.signed_in(group)
    assert "cto@example.org" in page(client, LIST)
    html = page(client, change_page(subscription))
    assert "Every Monday at 07:00" in html
    assert "operate/" not in html
    for name in ("pause", "change", "remove", "send"):
        assert operate(client, name, subscription).status_code == 403
    assert operate(client, "add", **entered()).status_code == 403


@pytest.mark.parametrize("group", ["Product manager", "Administrator"])
def test_who_makes_reports_does_all_of_it(group: str) -> None:
    client = builders.signed_in(group)
    with time_machine.travel(MONDAY, tick=False):
        said = operate(client, "add", **entered()).content.decode()
        assert "goes out first at 2026-03-16 07:00 UTC" in said
        subscription = Subscription.objects.get()
        assert "is paused" in operate(client, "pause", subscription).content.decode()
        subscription.refresh_from_db()
        assert "goes out next at" in operate(client, "resume", subscription).content.decode()
        subscription.refresh_from_db()
        operate(client, "change", subscription, **entered(hour="18"))
        subscription.refresh_from_db()
        assert subscription.hour == 18
        assert "is removed" in operate(client, "remove", subscription).content.decode()
    assert not Subscription.objects.exists()


def test_the_preview_names_the_next_three_dates() -> None:
    client = builders.signed_in("Product manager")
    address = reverse("admin:reports_subscription_operate", args=["add"])
    with time_machine.travel(MONDAY, tick=False):
        html = client.post(address, {**entered(), "_preview": "1"}).content.decode()
    for date in ("Monday 16 March 2026, 07:00", "Monday 23 March 2026, 07:00", "Monday 30 March 2026, 07:00"):
        assert date in html
    assert not Subscription.objects.exists()


def test_the_dates_of_the_preview_keep_their_hour_when_the_clock_is_put_forward(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    client = builders.signed_in("Product manager")
    address = reverse("admin:reports_subscription_operate", args=["add"])
    with time_machine.travel("2026-03-20T12:00:00+00:00", tick=False):
        html = client.post(address, {**entered(), "_preview": "1"}).content.decode()
    assert "23 March 2026, 07:00 GMT" in html
    assert "30 March 2026, 07:00 BST" in html


def test_a_bad_address_is_named_beside_its_field() -> None:
    client = builders.signed_in("Product manager")
    said = operate(client, "add", **entered(recipients="cto@example.org nobody@")).content.decode()
    assert "&#x27;nobody@&#x27; is no mail address" in said
    said = operate(client, "add", **entered(weekday="")).content.decode()
    assert "a weekly summary goes out once a week" in said
    assert not Subscription.objects.exists()


def test_a_change_begins_with_what_stands_and_shows_its_dates() -> None:
    subscription, client = a_subscription(), builders.signed_in("Product manager")
    address = reverse("admin:reports_subscription_operate", args=["change"])
    html = page(client, f"{address}?object={subscription.pk}")
    assert "cto@example.org</textarea>" in html
    assert "It would go out next on" in html


def test_the_list_links_to_the_last_report() -> None:
    with time_machine.travel(MONDAY, tick=False):
        subscription = a_subscription()
    client = builders.signed_in("Viewer")
    assert "Not yet" in page(client, LIST)
    sending.send_due(subscription.next_at)
    report = Report.objects.get()
    assert reverse("admin:reports_report_change", args=[report.pk]) in page(client, LIST)
    assert "Waiting" in page(client, change_page(subscription))
    deliver()
    assert "Arrived at" in page(client, change_page(subscription))


def test_a_report_is_sent_to_me_now() -> None:
    subscription, client = a_subscription(), builders.signed_in("Product manager")
    assert "no mail address" in operate(client, "send", subscription).content.decode()
    person = builders.a_person(group="Product manager")
    person.email = "ada@example.org"
    person.save()
    assert "on its way to ada@example.org" in operate(client, "send", subscription).content.decode()
    assert Report.objects.count() == 1
