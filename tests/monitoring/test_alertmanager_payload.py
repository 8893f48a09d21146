"""What the body of a webhook may be, and what the portal reads from it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from monitoring.alertmanager import wording
from monitoring.alertmanager.payload import NotVersion4, Payload, Told, moment, read
from tests.monitoring.webhook import ZERO, a_message, an_alert

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
NAMELESS = "An alert without a name"
BEGAN = datetime(2026, 3, 2, 13, 0, 0, 123456, tzinfo=UTC)


def taken(*alerts: Any, **fields: Any) -> Payload:
    return read(a_message(*alerts, **fields), NOW)


def told(*, annotations: dict[str, str] | None = None, url: str = "", **labels: str) -> Told:
    return Told("f1", BEGAN, None, labels, annotations or {}, url)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-03-02T13:00:00Z", BEGAN.replace(microsecond=0)),
        ("2026-03-02T13:00:00.1Z", BEGAN.replace(microsecond=100_000)),
        ("2026-03-02T13:00:00.123456789Z", BEGAN),
        ("2026-03-02T14:30:00.123456789+01:30", BEGAN),
        ("2026-03-02t13:00:00.123456z", BEGAN),
        (ZERO, datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+05:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("2026-03-02T13:00:00", None),
        ("2026-03-02 13:00:00Z", None),
        ("20260302T130000Z", None),
        ("2026-02-30T13:00:00Z", None),
        ("٢٠٢٦-03-02T13:00:00Z", None),
        ("", None),
        (1772456400, None),
        (None, None),
    ],
)
def test_times_are_read_as_go_writes_them(text: Any, wanted: datetime | None) -> None:
    assert moment(text) == wanted


def test_an_alert_that_fires_has_no_end_and_one_that_is_resolved_has() -> None:
    ended = BEGAN + timedelta(minutes=5)
    firing, resolved = taken(an_alert(BEGAN), an_alert(BEGAN, ended)).alerts
    assert (firing.started_at, firing.ended_at) == (BEGAN, None)
    assert (resolved.started_at, resolved.ended_at) == (BEGAN, ended)
    assert firing.labels["instance"] == "api-1:8080"


def test_what_newer_versions_add_is_let_be() -> None:
    found = taken({**an_alert(BEGAN), "silenceURL": "x", "values": {"A": 1}}, appVersion=7, orgId=1)
    assert len(found.alerts) == 1
    assert not found.rejected


def test_what_older_versions_lack_is_not_missed() -> None:
    message = a_message({**an_alert(BEGAN), "annotations": None}, groupLabels=None)
    del message["truncatedAlerts"]
    assert read(message, NOW).truncated == 0


def test_an_end_in_the_future_is_now_and_one_before_the_beginning_is_that() -> None:
    late, early = taken(
        an_alert(BEGAN, NOW + timedelta(days=400)), an_alert(BEGAN, BEGAN - timedelta(hours=1))
    ).alerts
    assert late.ended_at == NOW
    assert early.ended_at == BEGAN


def test_what_the_portal_pushed_is_left_be() -> None:
    found = taken(an_alert(BEGAN, ops_portal_alert="7"), an_alert(BEGAN))
    assert (found.own, len(found.alerts)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": "3"}, "version"),
        ({"version": 4}, "version"),
        ({"groupKey": None}, "groupKey"),
        ({"groupKey": ""}, "groupKey"),
        ({"groupKey": "x" * 10_001}, "groupKey"),
        ({"status": "pending"}, "status"),
        ({"truncatedAlerts": -1}, "truncatedAlerts"),
        ({"truncatedAlerts": True}, "truncatedAlerts"),
        ({"truncatedAlerts": 2**64}, "truncatedAlerts"),
        ({"receiver": 5}, "receiver"),
        ({"externalURL": []}, "externalURL"),
        ({"groupLabels": []}, "groupLabels"),
        ({"commonLabels": {"a": 1}}, "commonLabels"),
        ({"commonAnnotations": "x"}, "commonAnnotations"),
        ({"alerts": {}}, "alerts"),
        ({"alerts": []}, "alerts"),
        ({"alerts": None}, "alerts"),
    ],
)
def test_a_body_that_is_not_version_4_is_refused_with_its_field(change: Any, field: str) -> None:
    with pytest.raises(NotVersion4) as refused:
        taken(an_alert(BEGAN), **change)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("body", [None, [], "x", 4, {}, {"alerts": []}])
def test_what_is_no_message_at_all_is_refused(body: Any) -> None:
    with pytest.raises(NotVersion4, match=r"body: must be an object|version: must be \"4\""):
        read(body, NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "pending"}, "status"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"fingerprint": "a b"}, "fingerprint"),
        ({"fingerprint": "f" * 65}, "fingerprint"),
        ({"fingerprint": "\0"}, "fingerprint"),
        ({"fingerprint": 12}, "fingerprint"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": {"a": None}}, "labels"),
        ({"labels": dict.fromkeys(map(str, range(201)), "x")}, "labels"),
        ({"annotations": {"a": {}}}, "annotations"),
        ({"startsAt": ZERO}, "startsAt"),
        ({"startsAt": "soon"}, "startsAt"),
        ({"startsAt": "2026-03-04T13:30:00Z"}, "startsAt"),
        ({"generatorURL": 1}, "generatorURL"),
        ({"status": "resolved"}, "endsAt"),
        ({"status": "resolved", "endsAt": None}, "endsAt"),
    ],
)
def test_a_wrong_alert_is_named_and_the_right_ones_are_taken(change: Any, field: str) -> None:
    found = taken(an_alert(BEGAN), {**an_alert(BEGAN), **change})
    assert len(found.alerts) == 1
    assert [(each.index, each.field) for each in found.rejected] == [(1, field)]


def test_an_alert_that_is_no_object_is_named_as_a_whole() -> None:
    assert [(each.index, each.field) for each in taken(7, an_alert(BEGAN)).rejected] == [(0, "")]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([ZERO, "firing"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({*a_message(), *an_alert(BEGAN)})
NAMES = ("summary", "description", "alertname", "severity", "runbook_url", "action", "instance", "module")


@given(
    message=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=2),
    alert=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=2),
    pairs=st.dictionaries(st.text() | st.sampled_from(NAMES), st.text(), max_size=3),
)
def test_whatever_comes_is_read_or_named(
    message: dict[str, Any], alert: dict[str, Any], pairs: dict[str, str]
) -> None:
    given_alert = {**an_alert(BEGAN), "labels": pairs, "annotations": pairs, **alert}
    try:
        found = taken(given_alert, **message)
    except NotVersion4:
        return
    assert len(found.alerts) + found.own + len({each.index for each in found.rejected}) == len(
        message.get("alerts", [given_alert])
    )
    for each in found.alerts:
        texts = wording.texts_of(each, found.truncated)
        assert "\0" not in json.dumps(texts, ensure_ascii=False)
        assert texts["title"]
        json.dumps(texts).encode()


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "critical"),
        ("page", "critical"),
        (" Critical ", "critical"),
        ("P1", "critical"),
        ("error", "error"),
        ("high", "error"),
        ("major", "error"),
        ("warning", "warning"),
        ("WARN", "warning"),
        ("minor", "warning"),
        ("info", "info"),
        ("none", "info"),
        ("", "error"),
        ("crtical", "error"),
    ],
)
def test_the_severity_says_the_level_and_an_unknown_one_is_an_error(severity: str, level: str) -> None:
    assert wording.level_of({"severity": severity}) == level
    assert wording.level_of({}) == "error"


def test_the_documentation_names_the_severities() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "alertmanager.md").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("| label `severity`"))
    named = {
        word: level
        for words, level in re.findall(r"((?:`\w+` )+)→ (\w+)", line)
        for word in re.findall(r"`(\w+)`", words)
    }
    assert len(named) > 20
    assert {word: wording.level_of({"severity": word}) for word in named} == named


def test_texts_come_from_the_annotations() -> None:
    notes = {
        "summary": "Disk\nfull",
        "description": "98 %\nand growing",
        "action": "Delete old logs",
        "runbook_url": "https://wiki.example.org/disk",
    }
    found = wording.texts_of(
        told(annotations=notes, alertname="Disk", instance="db-1:9100", job="node", workspace="FA002"), 0
    )
    assert found["title"] == "Disk full"
    assert found["summary"] == "98 %\nand growing"
    assert found["advice"] == "Delete old logs"
    assert found["affected"] == "workspace FA002, instance db-1:9100, job node"
    assert found["url"] == "https://wiki.example.org/disk"
    assert found["labels"]["job"] == "node"


def test_without_annotations_the_name_is_the_title() -> None:
    assert wording.texts_of(told(alertname="Disk"), 0)["title"] == "Disk"
    assert wording.texts_of(told(), 0)["title"] == NAMELESS


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//example.org", "http://", "http://[", "https://a b", "x"],
)
def test_only_what_a_browser_opens_is_an_address(address: str) -> None:
    assert wording.texts_of(told(url=address), 0)["url"] == ""
    assert wording.texts_of(told(url="http://prom/graph", annotations={"runbook_url": address}), 0)[
        "url"
    ] == ("http://prom/graph")


def test_a_runbook_that_is_an_address_is_where_to_look_and_one_that_is_text_is_the_advice() -> None:
    assert wording.texts_of(told(annotations={"runbook": "https://wiki/x"}), 0)["url"] == "https://wiki/x"
    assert wording.texts_of(told(annotations={"runbook": "Restart it"}), 0)["advice"] == "Restart it"


def test_texts_are_cut_and_lose_what_cannot_be_printed() -> None:
    notes = {"summary": "a\0b\u202e" + "x" * 300, "description": "y" * 9_000 + "\x1b[31m"}
    found = wording.texts_of(told(annotations=notes, **{"a\0": "v\ud800" * 600, "\0": "x"}), 0)
    assert found["title"] == "ab" + "x" * 197 + "…"
    assert (len(found["summary"]), found["summary"][-1]) == (5_000, "…")
    assert list(found["labels"]) == ["a"]
    assert (len(found["labels"]["a"]), found["labels"]["a"][-1]) == (500, "…")


@pytest.mark.parametrize("nothing", ["", " ", "\0", "\u202e"])
def test_what_shows_nothing_is_no_title(nothing: str) -> None:
    notes = {"summary": nothing, "title": nothing}
    assert wording.texts_of(told(annotations=notes, alertname="Disk"), 0)["title"] == "Disk"
    assert wording.texts_of(told(annotations=notes, alertname=nothing), 0)["title"] == NAMELESS


def test_what_was_left_out_is_said() -> None:
    assert "left 12 further alerts of this group out" in wording.texts_of(told(), 12)["summary"]
    assert "another alert" in wording.texts_of(told(), 1)["summary"]


def test_a_group_is_known_by_its_key_and_a_long_one_by_its_digest() -> None:
    assert wording.group_of('{}:{alertname="Disk"}') == 'alertmanager:{}:{alertname="Disk"}'
    long, other = wording.group_of("x" * 300), wording.group_of("x" * 301)
    assert len(long) == len("alertmanager:") + 64
    assert long != other
    assert wording.group_of("a\0") != wording.group_of("a")
