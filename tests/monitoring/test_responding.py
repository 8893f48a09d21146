"""What people do about alerts, what it changes, and what is refused."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from monitoring.alerts import responding
from monitoring.models import Alert
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.monitoring.alarms import again, an_alert, kinds, later, notices, raised, sweep_after

MINUTE = timedelta(minutes=1)
NOBODY = Actor(door=Door.API, label="stranger")


@pytest.mark.django_db
def test_a_critical_alert_goes_through_the_stages_of_the_guide() -> None:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        began = timezone.now()
        alert = raised("critical")
        assert alert.due_at == began + 5 * MINUTE
        alert = responding.acknowledge(alert, actor=ROOT, note="looking")
        assert (alert.state, alert.due_at) == ("acknowledged", began + 15 * MINUTE)
        alert = responding.respond(alert, actor=ROOT, note="restoring the backup")
        assert alert.due_at == began + 60 * MINUTE
        alert = responding.resolve(alert, actor=ROOT, note="restored")
        assert (alert.state, alert.due_at, alert.next_at) == ("resolved", began + timedelta(hours=24), None)
        alert = responding.write_postmortem(alert, actor=ROOT, text="What we learned")
        assert (alert.due_at, again(alert).postmortem) == (None, "What we learned")
    assert kinds(alert) == ["fired", "acknowledged", "responded", "resolved", "postmortem"]
    assert notices(alert) == ["fired", "resolved"]
    actions = AuditEvent.objects.filter(subject_type="monitoring.alert").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "alert.raised",
        "alert.acknowledged",
        "alert.responded",
        "alert.resolved",
        "alert.postmortem",
    ]


@pytest.mark.django_db
def test_an_acknowledged_alert_escalates_no_further_and_is_reminded_of_once() -> None:
    alert = raised("critical")
    responding.acknowledge(alert, actor=ROOT)
    assert sweep_after(minutes=59).stepped == 0
    assert sweep_after(minutes=61).stepped == 1
    assert sweep_after(hours=20).stepped == 0
    alert = again(alert)
    assert (alert.escalation, notices(alert)) == (2, ["fired", "overdue"])


@pytest.mark.django_db
def test_one_that_nobody_acknowledges_is_reminded_of_and_escalates_by_the_table() -> None:
    alert = raised("error")
    assert sweep_after(minutes=119).stepped == 0
    sweep_after(minutes=120)
    assert (again(alert).escalation, notices(alert)) == (2, ["fired", "escalated"])
    sweep_after(hours=8)
    assert (again(alert).escalation, again(alert).next_at) == (3, None)
    assert list(alert.notices.values_list("kind", "escalation")) == [
        ("fired", 1),
        ("escalated", 2),
        ("escalated", 3),
    ]


@pytest.mark.django_db
def test_a_critical_one_starts_at_two_and_is_overdue_after_five_minutes() -> None:
    alert = raised("critical")
    assert alert.escalation == 2
    sweep_after(minutes=5)
    assert notices(alert) == ["fired", "overdue"]
    sweep_after(hours=2)
    assert again(alert).escalation == 2
    sweep_after(hours=8)
    assert again(alert).escalation == 3


@pytest.mark.django_db
def test_information_is_never_escalated() -> None:
    alert = raised("info")
    sweep_after(hours=23)
    assert (again(alert).escalation, notices(alert)) == (0, ["fired"])


@pytest.mark.django_db
def test_a_person_escalates_level_by_level_up_to_the_third() -> None:
    alert = responding.escalate(raised("critical"), actor=ROOT, reason="nobody answers the phone")
    assert (alert.escalation, list(alert.notices.values_list("kind", "escalation"))[-1]) == (
        3,
        ("escalated", 3),
    )
    with pytest.raises(Refused, match="is at level 3"):
        responding.escalate(alert, actor=ROOT)


@pytest.mark.django_db
def test_the_portal_after_a_long_sleep_escalates_as_far_as_the_age_says() -> None:
    alert = raised("warning")
    sweep_after(hours=30)
    assert (again(alert).escalation, notices(alert)) == (3, ["fired", "escalated"])


@pytest.mark.django_db
def test_an_answer_acknowledges_and_whoever_resolves_has_acknowledged() -> None:
    alert = responding.respond(raised(), actor=ROOT, note="on it")
    assert (alert.state, kinds(alert)) == ("acknowledged", ["fired", "acknowledged", "responded"])
    other = responding.resolve(raised(title="Other"), actor=ROOT)
    assert other.acknowledged_by == str(ROOT)


@pytest.mark.django_db
def test_what_cannot_be_done_now_is_refused_and_says_why() -> None:
    alert = responding.acknowledge(raised(), actor=ROOT)
    with pytest.raises(Refused, match="was acknowledged by command:root"):
        responding.acknowledge(alert, actor=ROOT)
    with pytest.raises(Refused, match="post-mortem comes after"):
        responding.write_postmortem(alert, actor=ROOT, text="too early")
    responding.resolve(alert, actor=ROOT)
    for verb in (responding.acknowledge, responding.resolve, responding.escalate):
        with pytest.raises(Refused, match=r"was resolved at .* by command:root"):
            verb(alert, actor=ROOT)
    with pytest.raises(Refused, match="must hold for a while"):
        responding.acknowledge(an_alert(hold_for=MINUTE), actor=ROOT)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"level": "fatal"}, "level"),
        ({"level": "warning", "urgency": 95}, "urgency"),
        ({"summary": "x" * 5_001}, "summary"),
        ({"affected": "x" * 501}, "affected"),
        ({"advice": "x" * 1_001}, "advice"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"labels": {str(n): "x" for n in range(21)}}, "labels"),
        ({"labels": {"a": "x" * 200}}, "labels"),
    ],
)
def test_a_wrong_alert_names_its_field_and_leaves_nothing(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        responding.raise_alert(actor=ROOT, **{"title": "Data lost", "level": "critical", **values})
    assert list(fault.value.fields) == [field]
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_a_note_is_needed_to_answer_and_none_may_be_endless() -> None:
    alert = raised()
    for note in (" ", "x" * 2_001, "a\0"):
        with pytest.raises(Invalid, match="note"):
            responding.respond(alert, actor=ROOT, note=note)
    with pytest.raises(Invalid, match="note"):
        responding.acknowledge(alert, actor=ROOT, note="x" * 2_001)
    assert again(alert).state == "open"


@pytest.mark.django_db
def test_raising_the_same_again_raises_the_count_and_another_cause_another_alert() -> None:
    raised(title="Backup failed", cause="backup")
    raised(title="Backup failed on db2", cause="backup")
    raised(title="Breach")
    assert list(Alert.objects.order_by("pk").values_list("title", "count")) == [
        ("Backup failed on db2", 2),
        ("Breach", 1),
    ]


@pytest.mark.django_db
def test_what_the_api_raises_is_the_products() -> None:
    product = Actor(door=Door.API, label="backend", grants=frozenset({responding.RAISE}))
    alert = responding.raise_alert(actor=product, title="Reminders stopped", level="error")
    assert alert.source == Alert.Source.PRODUCT


@pytest.mark.django_db
def test_nobody_responds_without_permission() -> None:
    alert = raised()
    for verb in (
        partial(responding.raise_alert, title="x", level="info"),
        partial(responding.acknowledge, alert),
        partial(responding.respond, alert, note="x"),
        partial(responding.escalate, alert),
        partial(responding.resolve, alert),
        partial(responding.write_postmortem, alert, text="x"),
    ):
        with pytest.raises(Forbidden):
            verb(actor=NOBODY)
    viewer = builders.acting(builders.a_person(group="Viewer"))
    with pytest.raises(Forbidden):
        responding.acknowledge(alert, actor=viewer)
    support = builders.acting(builders.a_person("sue", group="Support"))
    assert responding.acknowledge(alert, actor=support).acknowledged_by == "admin:sue"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_acknowledge_at_once_one_hears_who_was_first() -> None:
    alert = raised()
    found = at_once(*[partial(responding.acknowledge, alert, actor=ROOT)] * 4)
    assert sum(isinstance(each, Refused) for each in found) == 3
    assert kinds(alert).count("acknowledged") == 1


@pytest.mark.django_db
def test_a_late_reminder_is_not_sent_for_what_was_answered_meanwhile() -> None:
    alert = raised("error")
    with later(hours=1):
        responding.acknowledge(alert, actor=ROOT)
    sweep_after(hours=2)
    assert notices(alert) == ["fired"]
