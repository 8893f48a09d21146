"""KPIs in the admin and over HTTP: what people see, enter and download."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from operations.models import AuditEvent
from reports.kpis import documents, entering, recording, setting
from reports.kpis.catalogue import entries_of
from reports.models import Kpi, KpiReading
from tests import builders
from tests.builders import ROOT, signed_in
from tests.doors import an_api_key, get
from tests.reports import kpi_world as world
from tests.reports.kpi_world import DAY, HOUR, NOW, Response

pytestmark = pytest.mark.django_db
LIST = "admin:reports_kpi_changelist"
MODULE = "patient_engagement"


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def one(key: str, module: str = MODULE) -> str:
    return reverse("admin:reports_kpi_one", args=[module, key])


def operate(name: str) -> str:
    return reverse("admin:reports_kpi_operate", args=[name])


def page(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_has_every_kpi_of_the_module_and_switches_between_modules():
    builders.modules()
    client = signed_in("Viewer")
    text = page(client, reverse(LIST))
    for entry in entries_of(MODULE).values():
        assert entry.title.replace("'", "&#x27;") in text
    assert "Nothing is measured yet" not in text  # tickets always tell
    other = page(client, reverse(LIST), module="health_management")
    assert "Goals completed" in other
    assert "Patient interactions" not in other
    assert client.get(reverse(LIST), {"module": "nothing"}).status_code == 404


def test_measured_and_entered_values_stand_beside_their_targets_with_their_small_line():
    plan = world.a_plan_of_four()
    world.hour(plan, world.cohort()[0], NOW - HOUR, Response(200, errors=1))
    for ago in (1, 2, 3):
        entering.enter(plan.module, "page_load", 2 + ago / 10, day=NOW.date() - ago * DAY, actor=ROOT)
    text = page(signed_in("Product manager"), reverse(LIST))
    assert "0.5 %" in text
    assert "measured, n = 200" in text
    assert "entered by command:root for 2026-03-17" in text
    assert "3 readings in 30 days: from 2.3 to 2.1" in text
    assert "<polyline" in text


def test_one_state_can_be_looked_at_alone():
    builders.modules()
    entering.enter(builders.module(), "mobile_load", 9, actor=ROOT)
    text = page(signed_in("Viewer"), reverse(LIST), state="missed")
    assert "Page load on a phone with 3G" in text
    assert "Uptime" not in text


def test_one_kpi_shows_its_history_who_entered_what_and_the_trail():
    builders.modules()
    module = builders.module()
    setting.set_target(module, "page_load", 2.0, actor=ROOT)
    for ago in (0, 40, 100):
        day = NOW.date() - ago * DAY
        entering.enter(module, "page_load", 2 + ago / 100, day=day, note=f"Run {ago}", actor=ROOT)
    client = signed_in("Product manager")
    text = page(client, one("page_load"))
    assert "Run 0" in text
    assert "Run 40" in text
    assert "<td>Run 100</td>" not in text
    assert "2 readings as a table" in text
    assert "<strong>Target set</strong>: 2, before that the guide&#x27;s" in text
    assert "<strong>Entered</strong>: 2.4 for 2026-02-06" in text
    assert "&lt; 2 s (set here" in text
    assert "3 readings as a table" in page(client, one("page_load"), days="365")
    assert "2 readings as a table" in page(client, one("page_load"), days="7")
    assert "No reading in the last 90 days" in page(client, one("uptime"))
    assert client.get(one("nothing")).status_code == 404
    assert client.get(one("page_load", "nothing")).status_code == 404


def test_a_value_is_entered_through_its_page_and_leads_back_to_the_kpi():
    builders.modules()
    client = signed_in("Product manager")
    offered = client.get(one("page_load")).context["buttons"]
    assert [button.title for button in offered] == ["Enter a value", "Set the target", "Set the baseline"]
    query = {name: value for name, (value,) in parse_qs(urlsplit(offered[0].url).query).items()}
    shown = page(client, offered[0].url)
    assert "Enter a value: Page load" in shown
    assert "&lt; 3 s" in shown
    answer = client.post(operate("enter"), {**query, "value": "2.4", "note": "Lighthouse"}, follow=True)
    assert answer.redirect_chain == [(one("page_load"), 302)]
    assert "Page load: 2.4 s is entered for 2026-03-18." in answer.content.decode()
    reading = KpiReading.objects.get()
    assert (reading.value, reading.by, reading.note) == (2.4, "admin:ada", "Lighthouse")
    assert AuditEvent.objects.filter(action="kpi.entered", door="admin").count() == 1


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written():
    builders.modules()
    client = signed_in("Product manager")
    given = {"module": MODULE, "key": "page_load", "value": "-1", "day": "2026-03-19"}
    text = client.post(operate("enter"), given).content.decode()
    assert "must be at least 0" in text
    assert "must not be in the future" in text
    text = client.post(operate("enter"), {**given, "value": "nan"}).content.decode()
    assert "Enter a number" in text
    assert not KpiReading.objects.exists()


def test_targets_and_baselines_refuse_what_was_decided_on_an_old_picture():
    builders.modules()
    client = signed_in("Product manager")
    given = {"module": MODULE, "key": "page_load", "version": "0"}
    assert client.post(operate("target"), {**given, "target": "2"}).status_code == 302
    text = client.post(operate("baseline"), {**given, "baseline": "4"}).content.decode()
    assert "was changed since this was shown" in text
    assert client.post(operate("baseline"), {**given, "version": "1", "baseline": "4"}).status_code == 302
    row = Kpi.objects.get()
    assert (row.target, row.baseline, row.version) == (2.0, 4.0, 2)


def test_an_own_kpi_is_added_and_retired():
    builders.modules()
    client = signed_in("Product manager")
    added = {"module": MODULE, "title": "Score", "judged": "value", "rule": "at_least", "target": "30"}
    answer = client.post(operate("add"), added)
    assert answer["Location"] == f"{reverse(LIST)}?module={MODULE}"
    assert "Score" in page(client, answer["Location"])
    buttons = client.get(one("score")).context["buttons"]
    assert buttons[-1].title == "Retire"
    answer = client.post(operate("retire"), {"module": MODULE, "key": "score", "version": "1"})
    assert answer["Location"] == f"{reverse(LIST)}?module={MODULE}"
    assert client.get(one("score")).status_code == 404


def test_links_to_the_row_lead_to_the_kpi():
    builders.modules()
    row = setting.set_target(builders.module(), "uptime", 99.0, actor=ROOT)
    client = signed_in("Viewer")
    assert client.get(reverse("admin:reports_kpi_change", args=[row.pk]))["Location"] == one("uptime")
    assert client.get(reverse("admin:reports_kpi_change", args=[999]))["Location"] == reverse(LIST)


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager", "CTO"])
def test_who_only_looks_is_offered_nothing_and_refused_by_the_address(group):
    builders.modules()
    client = signed_in(group)
    text = page(client, reverse(LIST))
    assert "Enter a value" not in text
    assert "Add a KPI" not in text
    assert client.get(one("uptime")).context["buttons"] == []
    for name in ("enter", "target", "baseline", "add", "retire"):
        assert client.get(operate(name), {"module": MODULE, "key": "uptime"}).status_code == 403


def test_a_stranger_sees_nothing():
    builders.modules()
    for address in (reverse(LIST), one("uptime"), reverse("admin:reports_kpi_csv")):
        assert Client().get(address).status_code == 302


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer).decode())))


def test_the_download_has_every_kpi_and_no_formula():
    builders.modules()
    module = builders.module()
    setting.add(module, "=cmd|' /C calc'!A0", unit="@unit", note="x", actor=ROOT)
    entering.enter(module, "page_load", 2.4, actor=ROOT)
    client = signed_in("Viewer")
    header, *rows = rows_of(client.get(reverse("admin:reports_kpi_csv"), {"module": MODULE}))
    assert header[:4] == ["group", "key", "kpi", "value"]
    assert len(rows) == len(entries_of(MODULE)) + 1
    assert next(row for row in rows if row[1] == "page_load")[3] == "2.4"
    assert rows[-1][2].startswith("'=cmd")
    assert rows[-1][4] == "'@unit"


def test_the_history_of_one_kpi_is_downloaded_whole():
    builders.modules()
    module = builders.module()
    for ago in (0, 400):
        day = NOW.date() - ago * DAY
        entering.enter(module, "page_load", 2.5, day=day, note="+1", actor=ROOT)
    address = reverse("admin:reports_kpi_one_csv", args=[MODULE, "page_load"])
    _, *rows = rows_of(signed_in("Viewer").get(address))
    assert [row[0] for row in rows] == ["2026-03-18", "2025-02-11"]
    assert rows[0][-1] == "'+1"


def test_the_api_answers_the_document_to_who_may_read():
    plan = world.a_plan_of_four()
    world.hour(plan, world.cohort()[0], NOW - HOUR, Response(200, errors=1))
    answer = get("/api/kpis?module=patient_engagement", an_api_key("read")).json()
    expected = documents.of(plan.module, now=NOW)
    assert answer["met"] == expected["met"]
    assert [group["name"] for group in answer["groups"]] == [group["name"] for group in expected["groups"]]
    kpis = {kpi["key"]: kpi for group in answer["groups"] for kpi in group["kpis"]}
    assert (kpis["api_errors"]["value"], kpis["api_errors"]["state"]) == (0.5, "met")
    assert get("/api/kpis", an_api_key("read", name="other")).json() == answer


def test_the_api_refuses_who_may_not_and_what_is_not_there():
    builders.modules()
    assert Client().get("/api/kpis").status_code == 401
    assert get("/api/kpis", an_api_key("ingest")).status_code == 403
    key = an_api_key("read", name="reader")
    assert get("/api/kpis?module=nothing", key).status_code == 404
    assert get("/api/kpis?module=%00", key).status_code == 404


def test_the_history_s_numbers_are_drawn_as_they_were_recorded():
    plan = world.a_plan_of_four()
    workspace = world.cohort()[0]
    for ago in (30, 54):
        world.hour(plan, workspace, NOW - ago * HOUR, Response(100, errors=ago // 10))
    for days in (1, 2):
        recording.record(plan.module, NOW.date() - days * DAY, actor=ROOT)
    chart = signed_in("Viewer").get(one("api_errors"), {"days": "30"}).context["chart"]
    assert chart.data.count("null") == 28
    assert "3.0" in chart.data
    assert "5.0" in chart.data
