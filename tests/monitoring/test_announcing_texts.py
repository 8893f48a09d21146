"""What messages about alerts say, word by word: in the portal's zone, with its name."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from monitoring.alerts import links, responding, sweeping
from monitoring.alerts.announcing import wording
from monitoring.models import Alert
from operations.models import OutboxMessage
from operations.spelling import span
from tests import builders
from tests.builders import ROOT
from tests.monitoring.announcing_world import (
    SOON,
    START,
    a_channel,
    a_contact,
    a_route,
    again,
    clock,
    fire,
    many,
    outgoing,
    ripen,
)

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
LINK = re.compile(r"https://ops\.example\.org/alerts/(\S+)")
TEXTS = {
    "title": "12.3 % of requests fail",
    "summary": "1,260 of 10,240 requests failed in the last 15 minutes; before, 0.4 % did.",
    "affected": "64 workspaces with the feature. The 567 without it are well.",
    "done": "The plan was paused at 10 %.",
    "advice": "Look at what the newest release changed. If it is the feature, roll it back.",
    "url": "https://prometheus.example.org/graph",
}


@pytest.fixture
def now(settings: Any) -> Iterator[Any]:
    settings.TIME_ZONE = "Europe/Paris"
    settings.PORTAL_URL = "https://ops.example.org"
    builders.modules()
    with clock() as traveller:
        yield traveller


def serious(level: str = "critical", **values: Any) -> Alert:
    return fire("error_rate", level, module=builders.module(), **{**TEXTS, **values})


def message(number: int = -1) -> tuple[str, str]:
    """The subject and the text of a message, its links as LINK."""
    payload = outgoing()[number].payload
    text = payload.get("text") or payload["body"]
    return payload["subject"], LINK.sub("LINK", text)


def parts() -> list[str]:
    return message()[1].split("\n\n")


def test_an_alert_that_fires_says_what_whom_what_was_done_what_to_do_and_by_when(now: Any) -> None:
    a_route(a_channel("#ops"))
    a_contact(2, "DevOps", email="devops@example.org", phone="+1-555-DEVOPS")
    a_contact(3, "Ada", email="cto@example.org")
    serious(at=START - 2 * MINUTE)
    ripen(now)
    assert message(0) == (
        "[CRITICAL] Patient Engagement: 12.3 % of requests fail – acknowledge by 14:05 CET",
        """\
12.3 % of requests fail
CRITICAL · urgency 95 · Patient Engagement · since 13:58 CET

What happened: 1,260 of 10,240 requests failed in the last 15 minutes; before, 0.4 % did.
To whom: 64 workspaces with the feature. The 567 without it are well.
Already done: The plan was paused at 10 %.
Yours to do: Look at what the newest release changed. If it is the feature, roll it back.

Owed: acknowledge by 14:05 CET, say what is done about it by 14:15 CET, resolve by 15:00 CET
Acknowledge it here: LINK
Its source: https://prometheus.example.org/graph

Also told: devops@example.org
On call at level 2 (senior developers and DevOps): DevOps (+1-555-DEVOPS)
Unless somebody acknowledges it, it goes to level 3 (CTO) at 22:00 CET: Ada (cto@example.org)""",
    )


def test_the_link_names_the_alert_and_whom_the_message_went_to(now: Any) -> None:
    a_route(a_channel("#ops"))
    alert = serious()
    ripen(now)
    found = LINK.search(outgoing()[0].payload["text"])
    assert found
    assert links.read(found[1]) == (alert, "#ops")


def test_several_alerts_of_an_incident_are_one_message_the_worst_first(now: Any) -> None:
    a_route()
    fire("p95", "error", module=builders.module(), title="95 of 100 answers take up to 1,840 ms")
    serious(summary="", affected="", done="", advice="", url="")
    for number in range(7):
        fire(f"w{number}", "warning", module=builders.module(), title=f"Clinic {number} is slow")
    ripen(now)
    subject, text = message()
    assert subject == (
        "[CRITICAL] Patient Engagement: 12.3 % of requests fail (and 8 more) – acknowledge by 14:05 CET"
    )
    assert text.split("\n\n")[2].splitlines() == [
        "Of the same incident:",
        "- [ERROR] 95 of 100 answers take up to 1,840 ms – acknowledge by 16:00 CET",
        "- [WARNING] Clinic 0 is slow – acknowledge by 22:00 CET",
        "- [WARNING] Clinic 1 is slow – acknowledge by 22:00 CET",
        "- [WARNING] Clinic 2 is slow – acknowledge by 22:00 CET",
        "- [WARNING] Clinic 3 is slow – acknowledge by 22:00 CET",
        "- [WARNING] Clinic 4 is slow – acknowledge by 22:00 CET",
        "- and 2 more: 2 warning",
    ]
    assert len(text.splitlines()) <= 25


def test_getting_worse_says_what_it_was(now: Any) -> None:
    a_route()
    serious("warning")
    ripen(now)
    serious("error")
    ripen(now)
    subject, _ = message()
    assert subject == (
        "[ERROR, was warning] Patient Engagement: 12.3 % of requests fail – acknowledge by 16:00 CET"
    )
    assert parts()[0].splitlines()[1:] == [
        "ERROR · urgency 80 · Patient Engagement · since 14:00 CET · seen 2 times",
        "It got worse. It was warning before.",
    ]


def test_overdue_says_since_when_nobody_answered(now: Any) -> None:
    a_route()
    serious()
    ripen(now)
    now.move_to(START + 5 * MINUTE)
    sweeping.sweep()
    ripen(now)
    subject, text = message()
    assert subject == (
        "[CRITICAL, overdue] Patient Engagement: 12.3 % of requests fail – "
        "nobody has acknowledged it since 14:00 CET"
    )
    assert "OVERDUE. Nobody has acknowledged it since 14:00 CET (5 min)." in text
    assert "Owed: acknowledge (late since 14:05 CET), say what is done about it by 14:15 CET" in text


def test_a_resolution_that_is_late_names_who_has_it(now: Any) -> None:
    a_route()
    alert = serious()
    ripen(now)
    responding.respond(alert, actor=ROOT, note="Looking")
    now.move_to(START + HOUR)
    sweeping.sweep()
    ripen(now)
    subject, text = message()
    assert subject == (
        "[CRITICAL, overdue] Patient Engagement: 12.3 % of requests fail – resolve (late since 15:00 CET)"
    )
    assert "OVERDUE. command:root has had it since 14:00 CET (1 h), and it is not resolved." in text
    assert "Answer it here: LINK" in text


def test_an_escalation_says_to_whom_and_since_when_nobody_answered(now: Any) -> None:
    a_route()
    a_contact(3, "Ada", email="cto@example.org", phone="+1-555-EMERGENCY")
    serious()
    ripen(now)
    now.move_to(START + 8 * HOUR)
    sweeping.sweep()
    ripen(now)
    subject, text = message()
    assert subject == (
        "[CRITICAL, escalated to level 3] Patient Engagement: 12.3 % of requests fail – "
        "nobody has acknowledged it since 14:00 CET"
    )
    assert "ESCALATED to level 3 (CTO). Nobody has acknowledged it since 14:00 CET (8 h)." in text
    assert "On call at level 3 (CTO): Ada (+1-555-EMERGENCY)" in text
    assert "Unless somebody" not in text


def test_an_escalation_by_hand_says_who_and_why(now: Any) -> None:
    a_route()
    alert = serious("error")
    ripen(now)
    responding.acknowledge(alert, actor=ROOT)
    responding.escalate(again(alert), actor=ROOT, reason="I need a DBA")
    ripen(now)
    assert parts()[0].splitlines()[2] == (
        "ESCALATED to level 2 (senior developers and DevOps) by command:root: I need a DBA. "
        "command:root has had it since 14:00 CET (11 s), and it is not resolved."
    )


def test_an_escalation_by_hand_needs_no_reason(now: Any) -> None:
    a_route()
    alert = serious("error")
    ripen(now)
    responding.escalate(alert, actor=ROOT)
    ripen(now)
    assert parts()[0].splitlines()[2] == (
        "ESCALATED to level 2 (senior developers and DevOps) by command:root. "
        "Nobody has acknowledged it since 14:00 CET (22 s)."
    )


def test_the_end_says_how_long_who_and_that_a_post_mortem_is_owed(now: Any) -> None:
    a_route(a_channel("#ops"))
    a_contact(2, "Grace")
    alert = serious()
    ripen(now)
    now.move_to(START + 80 * MINUTE)
    responding.resolve(alert, actor=ROOT, note="Rolled back: an index was missing.")
    ripen(now)
    assert message(-2) == (
        "[RESOLVED] Patient Engagement: 12.3 % of requests fail – after 1 h 20 min",
        """\
12.3 % of requests fail
CRITICAL · urgency 95 · Patient Engagement · from 14:00 CET to 15:20 CET
RESOLVED after 1 h 20 min by command:root: Rolled back: an index was missing.

What happened: 1,260 of 10,240 requests failed in the last 15 minutes; before, 0.4 % did.
To whom: 64 workspaces with the feature. The 567 without it are well.
Already done: The plan was paused at 10 %.

Owed: write the post-mortem by Sun 22 Nov 14:00 CET
Its whole story: LINK
Its source: https://prometheus.example.org/graph

Also told: grace@example.org""",
    )


def test_an_end_by_itself_says_that_the_cause_is_gone(now: Any) -> None:
    a_route()
    serious("error")
    ripen(now)
    Alert.objects.update(clears_at=START + 20 * MINUTE)
    now.move_to(START + 20 * MINUTE)
    sweeping.sweep()
    ripen(now)
    subject, text = message()
    assert subject == "[RESOLVED] Patient Engagement: 12.3 % of requests fail – after 20 min"
    assert "RESOLVED after 20 min: its cause is gone." in text
    assert "Owed" not in text


def test_a_chat_gets_at_most_three_thousand_characters_and_a_subject_is_one_line(now: Any) -> None:
    a_route()
    a_contact(2, "Grace")
    long = "A sentence that goes on and on. " * 150
    serious(title="Two\nlines " * 15, summary=long, affected=long, done=long, advice=long, url="")
    ripen(now)
    mail, chat = sorted(outgoing(), key=lambda each: each.kind == "channel")
    assert len(chat.payload["text"]) <= 3_000
    assert "Acknowledge it here: " in chat.payload["text"]
    assert len(mail.payload["body"]) > len(chat.payload["text"])
    assert "\n" not in chat.payload["subject"]
    assert len(chat.payload["subject"]) < 250


def test_a_digest_counts_names_the_most_urgent_and_links_to_all(now: Any) -> None:
    a_route(a_channel("mail", "mail", "ops@example.org"))
    builders.modules()
    many(25, "error", module=builders.module(), name="Slow")
    over = fire("over", "error", title="The cache is down")
    many(4, "critical", name="Broken")
    responding.resolve(over, actor=ROOT)
    assert ripen(now) == (1, 30)
    subject, text = message()
    assert subject == "[DIGEST] 30 alerts: 4 critical, 25 error, 1 resolved"
    head, counts, urgent, foot = text.split("\n\n")
    assert head == "Many alerts at once: they come together, once a minute at most, until it is calm."
    assert counts.splitlines() == [
        "By level: 4 critical, 25 error, 1 resolved",
        "By module: Patient Engagement 25, no module 5",
    ]
    lines = urgent.splitlines()
    assert lines[0] == "The most urgent:"
    assert len(lines) == 41
    assert re.fullmatch(r"- \[CRITICAL\] Broken \d holds – acknowledge by 14:05 CET", lines[1])
    assert lines[2] == "  LINK"
    assert foot.splitlines() == [
        "Over: The cache is down",
        "All of them: https://ops.example.org/admin/monitoring/alert/",
    ]


def test_a_digest_fits_into_a_chat(now: Any) -> None:
    a_route()
    many(200, "error", name="A cause with a name that is rather long, as names of causes are")
    ripen(now)
    text = outgoing()[0].payload["text"]
    assert 2_500 < len(text) <= 3_000
    assert text.endswith("All of them: https://ops.example.org/admin/monitoring/alert/")


def test_a_webhook_gets_json_without_what_people_typed(now: Any) -> None:
    a_route(a_channel("hook", "webhook", "https://example.org/hook"))
    measured = serious(labels={"instance": "db1"})
    typed = responding.raise_alert(
        actor=ROOT,
        title="Records of a clinic are missing",
        summary="Mrs Miller's file",
        affected="Mrs Miller",
        advice="Call her",
        level="critical",
        module=builders.module(),
    )
    ripen(now)
    sent = OutboxMessage.objects.get().payload
    assert sent["event"] == "alert.fired"
    assert sent["data"]["incident"] == "patient_engagement"
    assert sent["data"]["counts"] == {"critical": 2, "error": 0, "warning": 0, "info": 0, "resolved": 0}
    by_id = {each["id"]: each for each in sent["data"]["alerts"]}
    first = by_id[measured.pk]
    assert links.read(first.pop("url").rpartition("/")[2]) == (measured, "hook")
    assert first == {
        "id": measured.pk,
        "kind": "fired",
        "level": "critical",
        "urgency": 95,
        "title": "12.3 % of requests fail",
        "module": "patient_engagement",
        "source": "rule",
        "status": "open",
        "count": 1,
        "firstSeen": "2026-11-21T13:00:00Z",
        "resolvedAt": None,
        "due": "2026-11-21T13:05:00Z",
        "escalation": 2,
        "labels": {"instance": "db1"},
        "summary": TEXTS["summary"],
    }
    assert "summary" not in by_id[typed.pk]
    assert "Miller" not in str(sent)


def test_one_message_that_says_several_things_is_called_after_the_strongest(now: Any) -> None:
    a_route(a_channel("hook", "webhook", "https://example.org/hook"))
    alert = fire("a", "error", group_key="db")
    ripen(now)
    now.shift(6 * MINUTE)
    responding.resolve(alert, actor=ROOT)
    fire("b", "error", group_key="db")
    ripen(now)
    last = OutboxMessage.objects.latest("created_at").payload
    assert last["event"] == "alert.fired"
    assert last["data"]["counts"] == {"critical": 0, "error": 1, "warning": 0, "info": 0, "resolved": 1}
    assert [each["kind"] for each in last["data"]["alerts"]] == ["fired", "resolved"]


def test_services_that_keep_incidents_are_told_which_and_when_it_is_over(now: Any) -> None:
    a_route()
    first, second = (fire(cause, "error", group_key="db") for cause in "ab")
    fire("c", "warning", group_key="mail")
    heard = []
    for act in (
        lambda: None,
        lambda: responding.resolve(first, actor=ROOT),
        lambda: responding.resolve(second, actor=ROOT),
    ):
        act()
        now.shift(6 * MINUTE)
        OutboxMessage.objects.all().delete()
        ripen(now)
        heard.append(sorted((each.payload["incident"], each.payload["tone"]) for each in outgoing()))
    assert heard == [
        [("db", "failure"), ("mail", "warning")],
        [("db", "warning")],
        [("db", "success")],
    ]
    many(6, "error")
    ripen(now)
    digest = outgoing()[-1].payload
    assert (digest["event"], digest["incident"], digest["tone"]) == ("alert.digest", "", "failure")


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (59 * SECOND, "59 s"),
        (SOON + MINUTE, "1 min"),
        (HOUR, "1 h"),
        (HOUR + 20 * MINUTE, "1 h 20 min"),
        (DAY, "1 d"),
        (DAY + 3 * HOUR + 5 * MINUTE, "1 d 3 h"),
        (-MINUTE, "0 s"),
    ],
)
def test_times_are_said_shortly(length: timedelta, text: str) -> None:
    assert span(length) == text


def test_a_time_has_its_zone_and_another_day_its_date(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    assert wording.when(START, START) == "14:00 CET"
    assert wording.when(START + 11 * HOUR, START) == "Sun 22 Nov 01:00 CET"
    assert wording.when(START.replace(month=7), START.replace(month=7)) == "15:00 CEST"


def test_lists_are_cut_and_say_so() -> None:
    assert wording.listing(["a", "b", "a"]) == "a, b"
    assert wording.listing("abcde", most=3) == "a, b and 3 more"
    assert wording.block("one\n\ntwo\nthree", 100, 2) == "one\ntwo …"
    assert wording.block("x" * 20, 10, 2) == "x" * 9 + "…"
