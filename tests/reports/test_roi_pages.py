"""Return on investment in the admin and over HTTP."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from operations.models import AuditEvent
from reports.models import Investment, RoiMonth
from reports.roi import entering
from tests import builders
from tests.builders import ROOT, signed_in
from tests.doors import an_api_key, get
from tests.reports.kpi_world import NOW
from tests.reports.test_roi_verbs import five_months

pytestmark = pytest.mark.django_db
D = Decimal
LIST = "admin:reports_roimonth_changelist"
MODULE = "patient_engagement"


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        builders.modules()
        yield


def operate(name: str) -> str:
    return reverse("admin:reports_roimonth_operate", args=[name])


def text_of(client: Client, **query: str) -> str:
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_page_says_what_to_do():
    assert "Nobody has entered what the module cost" in text_of(signed_in("Viewer"))


def test_the_page_tells_the_formulas_figures_and_when_it_paid_back():
    five_months(builders.module())
    client = signed_in("Viewer")
    text = text_of(client, module=MODULE)
    for told in (
        "Paid back by the end of 2026-02; 22,000.00 EUR above the cost to date.",
        "Nobody entered 2025-12: counted as nothing.",
        "14,170.00 EUR",
        "330 h at 39.00 + 1,300.00 of cost reduction",
        "254.3 %",
        "526.8 %",
        "A year at the pace of 2026-03",
    ):
        assert told in text
    assert "A year at the pace of 2025-10" in text_of(client, module=MODULE, month="2025-10")
    assert client.get(reverse(LIST), {"module": MODULE, "month": "2025-12"}).status_code == 404
    assert "Nobody has entered" in text_of(client, module="health_management")


def test_the_charts_leave_a_gap_for_a_month_that_nobody_entered():
    five_months(builders.module())
    by_month, cumulated = signed_in("Viewer").get(reverse(LIST)).context["charts"]
    assert '"2025-11", "2025-12", "2026-01"' in by_month.data
    assert by_month.data.count("null") == 2
    assert cumulated.data.count("48000.0") == 6


def test_without_a_cost_the_percentages_are_unknown_and_say_why():
    entering.enter_month(builders.module(), "2026-03", retention=D(5), actor=ROOT)
    text = text_of(signed_in("Viewer"))
    assert "Nobody has entered what the module cost." in text
    assert text.count(">unknown<") == 4


def test_a_month_and_the_cost_are_entered_edited_and_removed_through_the_pages():
    client = signed_in("Product manager")
    cost = {"module": MODULE, "version": "0", "cost": "48000", "currency": "eur"}
    assert client.post(operate("cost"), cost)["Location"] == f"{reverse(LIST)}?module={MODULE}"
    assert Investment.objects.get().currency == "EUR"
    month = {"module": MODULE, "version": "", "month": "2026-02", "hours_saved": "10", "hourly_rate": "40"}
    assert client.post(operate("enter"), month).status_code == 302
    row = client.get(reverse(LIST)).context["rows"][0]
    assert 'value="10.00"' in client.get(row.edit_url).content.decode()
    edited = {**month, "version": "1", "hours_saved": "11"}
    assert client.post(operate("enter"), edited).status_code == 302
    assert RoiMonth.objects.get().hours_saved == 11
    assert "was changed since this was shown" in client.post(operate("enter"), edited).content.decode()
    pk = RoiMonth.objects.get().pk
    answer = client.post(operate("remove"), {"object": f"{pk}:2", "module": MODULE})
    assert answer["Location"] == f"{reverse(LIST)}?module={MODULE}"
    assert not RoiMonth.objects.exists()
    actions = AuditEvent.objects.filter(action__startswith="roi.").values_list("action", flat=True)
    assert sorted(actions) == ["roi.cost_set", "roi.month_entered", "roi.month_entered", "roi.month_removed"]


def test_what_is_wrong_is_said_at_its_field():
    client = signed_in("Product manager")
    given = {"module": MODULE, "month": "2026-04", "retention": "1.005"}
    text = client.post(operate("enter"), given).content.decode()
    assert "must not be in the future" in text
    text = client.post(operate("cost"), {"module": MODULE, "cost": "-1", "currency": "E1"}).content.decode()
    assert "greater than or equal to 0" in text
    assert not RoiMonth.objects.exists()


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager", "CTO"])
def test_who_only_looks_is_offered_nothing_and_refused_by_the_address(group):
    five_months(builders.module())
    client = signed_in(group)
    text = text_of(client)
    assert "Enter a month" not in text
    assert "Set the cost" not in text
    assert "Remove" not in text
    for name in ("enter", "cost"):
        assert client.get(operate(name), {"module": MODULE}).status_code == 403


def test_the_download_has_every_month_and_no_formula():
    five_months(builders.module())
    entering.enter_month(builders.module(), "2026-03", note="=1+1", actor=ROOT)
    answer = signed_in("Viewer").get(reverse("admin:reports_roimonth_csv"), {"module": MODULE})
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert header[0] == "month"
    assert [row[0] for row in rows] == ["2025-10", "2025-11", "2026-01", "2026-02", "2026-03"]
    assert rows[-1][header.index("cumulated")] == "70000.00"
    assert rows[-1][header.index("note")] == "'=1+1"


def test_links_to_a_month_lead_to_its_module_s_page():
    five_months(builders.module())
    row = RoiMonth.objects.get(year=2026, month=1)
    answer = signed_in("Viewer").get(reverse("admin:reports_roimonth_change", args=[row.pk]))
    assert answer["Location"] == f"{reverse(LIST)}?module={MODULE}&month=2026-01"


def test_the_api_answers_decimal_texts_to_who_may_read():
    five_months(builders.module())
    key = an_api_key("read")
    found = get(f"/api/roi?module={MODULE}&month=2026-02", key).json()
    assert (found["implementationCost"], found["month"]) == ("48000.00", "2026-02")
    assert found["months"][0]["hoursSaved"] == "120.00"
    assert get("/api/roi?month=2020-01", key).status_code == 400
    assert get("/api/roi?module=nothing", key).status_code == 404
    assert Client().get("/api/roi").status_code == 401
    assert get("/api/roi", an_api_key("ingest", name="other")).status_code == 403
