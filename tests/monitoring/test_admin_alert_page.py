"""An alert's page: its story, what is owed, who was told, who is called, and what was learned."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring.alerts import contacts, responding, routes
from monitoring.alerts.announcing import announce
from monitoring.models import Alert, Dispatch, Notice, Occurrence
from operations.groups import ADMINISTRATOR, ALL, SUPPORT, VIEWER
from operations.models import Channel, OutboxMessage
from tests import builders
from tests.builders import ROOT
from tests.monitoring import alert_states as states
from tests.monitoring import seeds

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> Client:
    return builders.signed_in(SUPPORT)


def page_of(client: Client, alert: Alert) -> str:
    response = client.get(reverse("admin:monitoring_alert_change", args=[alert.pk]))
    assert response.status_code == 200
    return response.content.decode()


def operate(name: str) -> str:
    return reverse("admin:monitoring_alert_operate", args=[name])


def a_channel(name: str = "Ops mail") -> Channel:
    return Channel.objects.create(name=name, kind="mail", address="ops@example.org", created_by="root")


def a_route(*levels: str) -> None:
    routes.add(actor=ROOT, name="All", channel=a_channel(), levels=levels)


@pytest.mark.parametrize("group", ALL)
@pytest.mark.parametrize(
    "state", [states.late, states.acknowledged, states.silenced, states.pending, states.resolved]
)
def test_every_group_reads_an_alert_in_every_state(group: str, state: Callable[[], Alert]) -> None:
    alert = state()
    text = page_of(builders.signed_in(group), alert)
    assert alert.title in text
    assert (operate("respond") in text) is (group != VIEWER and Alert.objects.open().exists())
    may_silence = group not in (VIEWER, SUPPORT)
    assert (operate("silence") in text) is (may_silence and alert.resolved_at is None)


def test_an_open_alert_says_by_when_it_must_be_acknowledged_in_the_zone_of_the_portal(
    support: Client,
) -> None:
    with timezone.override("Europe/Berlin"):
        text = page_of(support, states.raised())
    assert re.search(r"Acknowledge by .*\d\d:\d\d CES?T, in 4 min\.", text)
    for name in ("acknowledge", "respond", "resolve", "escalate"):
        assert operate(name) in text
    assert operate("post-mortem") not in text


def test_who_may_not_respond_reads_the_same_without_the_buttons() -> None:
    text = page_of(builders.signed_in(VIEWER), states.late())
    assert "12 min late" in text
    assert "operate/" not in text


def test_the_four_stages_say_who_answered_in_time_and_who_late(support: Client) -> None:
    alert = states.late("Claims fail")
    alert = responding.acknowledge(alert, actor=ROOT, note="On it")
    text = page_of(support, alert)
    for name in ("Assessment", "Response", "Resolution", "Post-incident"):
        assert f"<h3>{name}</h3>" in text
    assert "12 min late" in text
    assert "by root on the command line" in text
    assert "Overdue for 2 min" in text
    assert "Now, 42 min left" in text or "Now, 43 min left" in text


def test_of_an_informational_alert_nothing_is_owed_but_to_be_seen(support: Client) -> None:
    text = page_of(support, states.raised("Deployed", "info"))
    assert "<h3>Assessment</h3>" in text
    assert "<h3>Resolution</h3>" not in text
    assert "An informational alert calls nobody." in text


def test_nobody_told_is_said_loudly_with_a_way_to_repair_it() -> None:
    builders.modules()
    alert = states.raised(module=builders.module())
    said = "Nobody was told: no route takes critical alerts of Patient Engagement."
    text = page_of(builders.signed_in(ADMINISTRATOR), alert)
    assert said in text
    assert reverse("admin:monitoring_route_operate", args=["add"]) in text
    text = page_of(builders.signed_in(SUPPORT, "sue"), alert)
    assert said in text
    assert "Add a route" not in text


def test_what_is_being_gathered_is_not_called_untold(support: Client) -> None:
    contacts.add(actor=ROOT, level=2, name="On call", email="call@example.org")
    alert = states.raised()
    assert "Nobody was told" not in page_of(support, alert)
    Notice.objects.update(gathered_at=timezone.now())
    assert "Nobody was told: no route takes critical alerts without a module." in page_of(support, alert)
    a_route("critical")
    assert "when it fired, no route took critical alerts" in page_of(support, alert)


def test_an_informational_alert_may_be_escalated_to_who_wants_to_know(support: Client) -> None:
    contacts.add(actor=ROOT, level=1, name="Curious", phone="+1 555 1", least_level="info")
    contacts.add(actor=ROOT, level=1, name="Busy", phone="+1 555 2", least_level="warning")
    page = support.get(operate("escalate"), {"object": states.raised("Deployed", "info").pk}).content.decode()
    assert "Curious" in page
    assert "Busy" not in page
    assert "calls nobody by itself" in page


def test_a_route_that_is_off_is_named_as_the_reason_why_nobody_was_told(support: Client) -> None:
    a_route("critical")
    alert = states.raised()
    assert "Nobody was told" not in page_of(support, alert)
    Channel.objects.update(disabled_at=timezone.now(), disabled_why="It bounced")
    assert "is switched off (All)" in page_of(support, alert)


def test_the_story_says_whom_the_portal_told_and_what_became_of_the_message() -> None:
    a_route("critical")
    contacts.add(actor=ROOT, level=2, name="On call", email="call@example.org")
    alert = states.raised()
    Notice.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    announce()
    assert Dispatch.objects.filter(alert=alert).count() == 2
    administrator, support = builders.signed_in(ADMINISTRATOR), builders.signed_in(SUPPORT, "sue")
    text = page_of(administrator, alert)
    assert "Told Ops mail" in text
    assert "Told call@example.org" in text
    assert "On its way" in text
    message = OutboxMessage.objects.all()[0]
    link = reverse("admin:operations_outboxmessage_change", args=[message.pk])
    assert link in text
    OutboxMessage.objects.update(attempts=3, last_error="Connection refused")
    assert "Failing, 3 tries" in page_of(support, alert)
    OutboxMessage.objects.update(dead_at=timezone.now())
    text = page_of(support, alert)
    assert "Not delivered: given up" in text
    assert "Connection refused" in text
    assert link not in text
    OutboxMessage.objects.update(dead_at=None, delivered_at=timezone.now())
    assert "Delivered" in page_of(support, alert)
    OutboxMessage.objects.all().delete()
    assert "Sent" in page_of(support, alert)


def test_the_ladder_names_whom_each_level_calls_and_marks_the_present_one(support: Client) -> None:
    contacts.add(actor=ROOT, level=1, name="Developers", email="dev@example.org")
    contacts.add(actor=ROOT, level=2, name="Only the worst", phone="+1 555 2", least_level="critical")
    contacts.add(actor=ROOT, level=3, name="CTO", phone="+1 555 3", least_level="error")
    text = page_of(support, states.raised("Slow", "error"))
    assert "Developers" in text
    assert "Only the worst" not in text
    assert 'href="tel:+15553"' in text
    assert text.count('aria-current="step"') == 1
    assert "Next level:" in text
    text = page_of(support, states.acknowledged("Taken", "error"))
    assert "it escalates no further by itself" in text
    assert "Next level:" not in text


def test_a_link_of_the_source_is_followed_only_over_http(support: Client) -> None:
    alert = states.measured("memory", url="https://prometheus.example/graph")
    text = page_of(support, alert)
    assert 'href="https://prometheus.example/graph" rel="noreferrer' in text
    Alert.objects.update(url="javascript:alert(1)")
    assert "javascript:" not in page_of(support, alert)


def test_what_belongs_to_it_is_linked(support: Client) -> None:
    alert = states.measured("memory", group_key="db", labels={"instance": "db-1"})
    other = states.measured("disk", group_key="db")
    start = timezone.now() - timedelta(hours=1)
    Occurrence.objects.create(alert=alert, fingerprint="f", started_at=start)
    text = page_of(support, alert)
    assert "Same incident" in text
    assert reverse("admin:monitoring_alert_change", args=[other.pk]) in text
    assert "instance=db-1" in text
    assert "still firing" in text
    past = states.ago(states.resolved("Refills are lost"), timedelta(days=2))
    again = states.raised("Refills are lost")
    text = page_of(support, again)
    assert "Earlier, of the same cause" in text
    assert reverse("admin:monitoring_alert_change", args=[past.pk]) in text


def test_a_silenced_alert_says_until_when_by_whom_and_why(support: Client) -> None:
    text = page_of(support, states.silenced())
    assert "by root on the command line: Being replaced" in text
    assert "Silenced: nothing is owed." in text
    Alert.objects.update(acknowledged_at=timezone.now(), acknowledged_by="admin:ada")
    text = page_of(support, Alert.objects.get())
    assert "by root on the command line: Being replaced" in text
    assert "Nothing is owed." in text


def test_the_post_mortem_has_its_timeline_already(support: Client) -> None:
    alert = states.resolved("Logins failed", summary="Nobody could sign in", affected="Everybody")
    draft = support.get(operate("post-mortem"), {"object": alert.pk}).content.decode()
    for part in (
        "Nobody could sign in",
        "Everybody",
        "Timeline (UTC)",
        "Restarted the broker",
        "What went well",
    ):
        assert part in draft
    assert "Resolved 1 min after it fired." in draft
    text = "What happened\nThe broker stood still."
    answer = support.post(operate("post-mortem"), {"object": f"{alert.pk}:", "text": text}, follow=True)
    shown = answer.content.decode()
    assert "The broker stood still." in shown
    assert "Rewrite post-mortem" in shown
    again = support.get(operate("post-mortem"), {"object": alert.pk}).content.decode()
    assert "The broker stood still." in again
    assert "What went well" not in again


def test_what_is_being_done_acknowledges_too_and_stands_in_the_story(support: Client) -> None:
    alert = states.raised()
    support.post(operate("respond"), {"object": f"{alert.pk}:", "note": "Stopped the import"})
    text = page_of(support, alert)
    assert "Stopped the import" in text
    assert "ada in the admin" in text
    alert.refresh_from_db()
    assert alert.acknowledged_by == "admin:ada"


def test_an_answer_that_came_second_says_who_was_first(support: Client) -> None:
    alert = states.acknowledged()
    response = support.post(operate("acknowledge"), {"object": f"{alert.pk}:", "note": ""})
    assert "was acknowledged by" in response.content.decode()


def test_a_plan_and_a_health_check_show_their_open_alerts_and_the_front_page_all() -> None:
    manager = builders.signed_in("Product manager")
    plan = builders.a_plan_in_phase(1)
    check = seeds.a_check(plan)
    alert = states.raised("Adoption is low", "warning", module=plan.module)
    Alert.objects.update(health_check=check)
    elsewhere = states.raised("Elsewhere", "critical")
    plan_page = manager.get(reverse("admin:rollout_plan_change", args=[plan.pk])).content.decode()
    check_page = manager.get(reverse("admin:monitoring_healthcheck_change", args=[check.pk])).content.decode()
    link = reverse("admin:monitoring_alert_change", args=[alert.pk])
    for text in (plan_page, check_page):
        assert link in text
        assert "Elsewhere" not in text
    front = manager.get(reverse("admin:index")).content.decode()
    assert front.index(f"Acknowledge: {elsewhere.title}") < front.index(f"Acknowledge: {alert.title}")
    assert "Critical 1" in front
    assert "Nobody is told of" not in front


def test_the_front_page_tells_administrators_what_would_reach_nobody_and_what_is_owed() -> None:
    builders.modules()
    states.resolved()
    administrator = builders.signed_in(ADMINISTRATOR)
    text = administrator.get(reverse("admin:index")).content.decode()
    assert "Nobody is told of critical and error alerts of" in text
    assert "1 post-mortem" in text
    a_route("critical", "error")
    text = administrator.get(reverse("admin:index")).content.decode()
    assert "Nobody is told of" not in text
