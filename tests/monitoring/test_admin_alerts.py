"""The inbox: which alerts it lists, in which order, and how many can be answered at once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.alerts import responding
from monitoring.models import Alert, Silence
from operations.groups import ALL, SUPPORT, VIEWER
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.monitoring import alert_states as states

pytestmark = pytest.mark.django_db

LIST = "admin:monitoring_alert_changelist"


@pytest.fixture
def support() -> Client:
    return builders.signed_in(SUPPORT)


def titles(client: Client, **query: Any) -> list[str]:
    return [alert.title for alert in client.get(reverse(LIST), query).context["cl"].result_list]


def operate(name: str) -> str:
    return reverse("admin:monitoring_alert_operate", args=[name])


def chosen(client: Client, action: str, alerts: list[Alert], **more: str) -> Any:
    ticked = {"action": action, "_selected_action": [str(alert.pk) for alert in alerts], **more}
    return client.post(reverse(LIST), ticked)


def every_state() -> None:
    states.late("Late")
    states.raised("Open", "warning")
    states.acknowledged("Taken")
    states.silenced("Quiet")
    states.pending("Pending")
    states.resolved("Over")


def test_what_is_due_first_stands_first_and_says_how_long_there_is(support: Client) -> None:
    states.raised("Later", "warning")
    states.acknowledged("Taken", "error")
    states.late("Late")
    states.raised("Now", "critical")
    assert titles(support) == ["Late", "Now", "Taken", "Later"]
    text = support.get(reverse(LIST)).content.decode()
    assert "12 min late" in text
    assert "in 4 min" in text
    assert "Critical 95" in text


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", {"Late", "Open", "Taken", "Quiet"}),
        ("unacknowledged", {"Late", "Open"}),
        ("acknowledged", {"Taken"}),
        ("silenced", {"Quiet"}),
        ("pending", {"Pending"}),
        ("resolved", {"Over"}),
        ("owed", {"Over"}),
        ("all", {"Late", "Open", "Taken", "Quiet", "Pending", "Over"}),
    ],
)
def test_the_inbox_is_filtered_by_state(support: Client, state: str, expected: set[str]) -> None:
    every_state()
    assert set(titles(support, **({"state": state} if state else {}))) == expected


def test_the_inbox_is_filtered_by_level_source_and_escalation_and_searched_by_title(support: Client) -> None:
    states.raised("Data is lost", "critical")
    states.measured("disk_is_full", "warning")
    assert titles(support, level__exact="critical") == ["Data is lost"]
    assert titles(support, source__exact="alertmanager") == ["Disk is full"]
    assert titles(support, escalation="2") == ["Data is lost"]
    assert titles(support, escalation="nonsense") == ["Data is lost", "Disk is full"]
    assert titles(support, q="full") == ["Disk is full"]


@pytest.mark.parametrize("group", ALL)
def test_every_group_sees_the_inbox_and_who_may_not_respond_is_offered_nothing(group: str) -> None:
    every_state()
    client = builders.signed_in(group)
    text = client.get(reverse(LIST)).content.decode()
    assert "Late" in text
    may = group != VIEWER
    assert ('value="acknowledge"' in text) is may
    assert (
        operate("raise") in client.get(reverse("admin:monitoring_alert_add")).headers.get("Location", "")
    ) is may
    assert client.get(operate("acknowledge"), {"object": Alert.objects.latest("pk").pk}).status_code == (
        200 if may else 403
    )


def test_a_storm_of_300_is_acknowledged_in_one_go(support: Client) -> None:
    storm = states.a_storm(300)
    text = support.get(reverse(LIST)).content.decode()
    assert "Select all 300 alerts" in text
    response = chosen(support, "acknowledge", storm[:50], select_across="1")
    assert response.status_code == 200
    page = response.content.decode()
    assert "And 280 more alerts." in page
    assert page.count('name="object"') == 300
    assert f'action="{operate("acknowledge")}"' in page
    tokens = [f"{alert.pk}:" for alert in storm]
    answer = support.post(operate("acknowledge"), {"object": tokens, "note": "One cause"}, follow=True)
    assert "Acknowledge: 300 of 300 alerts." in answer.content.decode()
    assert answer.content.decode().count("is acknowledged: it is yours now") == 0
    assert not Alert.objects.unanswered().exists()
    assert AuditEvent.objects.filter(action="alert.acknowledged").count() == 300


def test_of_a_storm_what_was_answered_meanwhile_is_counted_and_shown(support: Client) -> None:
    storm = states.a_storm(30)
    for alert in storm[:2]:
        responding.resolve(alert, actor=ROOT)
    tokens = [f"{alert.pk}:" for alert in storm]
    response = support.post(operate("resolve"), {"object": tokens, "note": ""})
    text = response.content.decode()
    assert "Resolve: 28 of 30 alerts." in text
    assert storm[0].title in text
    assert "was resolved at" in text
    assert not Alert.objects.open().exists()


def test_nobody_counts_beyond_what_can_be_chosen(support: Client) -> None:
    states.a_storm(501)
    text = support.get(reverse(LIST)).content.decode()
    assert "across all pages" not in text
    assert "9999999999" not in text
    assert len(titles(support, p=11)) == 1
    refused = chosen(support, "acknowledge", [Alert.objects.all()[0]], select_across="1")
    assert refused.status_code == 302
    assert "Choose at most 500 at once." in support.get(reverse(LIST)).content.decode()


def test_many_are_escalated_or_silenced_from_the_inbox() -> None:
    manager = builders.signed_in("Product manager")
    alerts = [states.raised(f"Alert {number}", "error") for number in range(3)]
    page = manager.get(chosen(manager, "escalate", alerts).url)
    assert page.content.decode().count("Level 2 has no contact") == 3
    tokens = [f"{alert.pk}:" for alert in alerts]
    manager.post(operate("escalate"), {"object": tokens, "reason": "All of us"})
    assert set(Alert.objects.values_list("escalation", flat=True)) == {2}
    manager.post(operate("silence"), {"object": tokens, "lasts": "1", "reason": "Being repaired"})
    assert Silence.objects.in_force().count() == 3


def test_an_alert_is_raised_by_hand(support: Client) -> None:
    builders.modules()
    module = builders.module()
    raised = support.post(
        operate("raise"),
        {
            "title": "Refills are lost",
            "level": "critical",
            "urgency": "99",
            "module": module.pk,
            "summary": "Three pharmacies report it",
            "affected": "All who order by phone",
            "advice": "Stop the import",
        },
        follow=True,
    )
    assert "“Refills are lost” is raised. To be acknowledged by" in raised.content.decode()
    alert = Alert.objects.get()
    assert (alert.level, alert.urgency, alert.module, alert.source) == ("critical", 99, module, "person")
    assert (alert.summary, alert.affected, alert.advice) == (
        "Three pharmacies report it",
        "All who order by phone",
        "Stop the import",
    )


def test_an_urgency_outside_its_level_is_marked_at_its_field(support: Client) -> None:
    text = support.post(
        operate("raise"), {"title": "Slow", "level": "info", "urgency": "99"}
    ).content.decode()
    assert "must be from 0 to 49 for the level info" in text
    assert not Alert.objects.exists()


@pytest.mark.parametrize("wrong", ["nonsense", "9" * 40, "0"])
def test_an_alert_that_is_not_there_is_not_found_among_others_either(support: Client, wrong: str) -> None:
    alert = states.raised()
    assert support.get(operate("resolve"), {"object": [str(alert.pk), wrong]}).status_code == 404
    assert support.get(operate("resolve"), {"object": wrong}).status_code == 404
