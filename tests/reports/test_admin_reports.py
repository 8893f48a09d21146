"""Reports in the admin: who may see and keep them, what a page shows, and that what is kept stays."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import AuditEvent
from reports import documents
from reports.models import Kind, Report
from rollout import phases
from tests import builders
from tests.feedback import builders as tickets
from tests.reports.example_documents import HOSTILE, SINCE, UNTIL, document

pytestmark = pytest.mark.django_db

NEW = "/admin/reports/report/new/"
READERS = ["Viewer", "Support", "Release manager", "CTO"]
MAKERS = ["Product manager", "Administrator"]
HIDDEN = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"


@pytest.fixture(autouse=True)
def module() -> None:
    builders.modules()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a report of now says is told elsewhere, and takes its time."""
    monkeypatch.setattr(documents, "build", lambda *args, **times: document())


def kept(**values: Any) -> Report:
    usual = {
        "kind": Kind.WEEKLY,
        "module": builders.module(),
        "since": SINCE,
        "until": UNTIL,
        "document": document(),
        "made_by": "admin:ada",
    }
    return Report.objects.create(**{**usual, **values})


def page(report: Report, client: Client | None = None) -> str:
    address = reverse("admin:reports_report_change", args=[report.pk])
    response = (client or builders.signed_in("Viewer")).get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def exact(html: str) -> dict[str, str]:
    """What the form that keeps a report sends."""
    names = ("kind", "module", "since", "until")
    return {name: re.findall(f'type="hidden" name="{name}" value="([^"]*)"', html)[0] for name in names}


def article(html: str) -> str:
    """The report without the portal around it."""
    return html[html.index("<article") : html.index("</article>")]


@pytest.mark.parametrize("group", [*READERS, *MAKERS])
def test_everybody_who_may_see_reports_opens_every_page_of_them(group: str, quick: None) -> None:
    report, client = kept(), builders.signed_in(group)
    asked = {"kind": "weekly", "module": "patient_engagement"}
    for address in (
        reverse("admin:reports_report_changelist"),
        reverse("admin:reports_report_change", args=[report.pk]),
        reverse("admin:reports_report_json", args=[report.pk]),
        NEW,
    ):
        assert client.get(address).status_code == 200
    assert client.get(NEW, asked).status_code == 200
    assert client.get(f"{NEW}json/", asked).status_code == 200


@pytest.mark.parametrize("group", READERS)
def test_who_only_reads_keeps_nothing(group: str, quick: None) -> None:
    client = builders.signed_in(group)
    html = client.get(NEW, {"kind": "weekly", "module": "patient_engagement"}).content.decode()
    assert "Keep in the archive" not in html
    asked = {"kind": "weekly", "module": "patient_engagement", "since": f"{SINCE}", "until": f"{UNTIL}"}
    assert client.post(f"{NEW}keep/", asked).status_code == 403
    assert not Report.objects.exists()


def test_a_stranger_sees_no_report() -> None:
    report, client = kept(), builders.signed_in("Viewer")
    builders.a_person().groups.clear()
    for address in (NEW, f"{NEW}json/", reverse("admin:reports_report_json", args=[report.pk])):
        assert client.get(address).status_code == 403
    assert Client().get(NEW).status_code == 302


@pytest.mark.parametrize("group", MAKERS)
def test_what_was_looked_at_is_kept_by_one_press(group: str, quick: None) -> None:
    client = builders.signed_in(group)
    asked = {"kind": "post_launch", "module": "patient_engagement"}
    html = client.get(NEW, asked).content.decode()
    assert not Report.objects.exists()
    response = client.post(f"{NEW}keep/", exact(html))
    report = Report.objects.get()
    assert response["Location"] == reverse("admin:reports_report_change", args=[report.pk])
    assert (report.kind, report.module.key) == ("post_launch", "patient_engagement")
    assert report.until.isoformat() == exact(html)["until"]
    assert AuditEvent.objects.filter(action="report.made").count() == 1


def test_looking_writes_nothing() -> None:
    client, events = builders.signed_in("Product manager"), AuditEvent.objects.count()
    for kind in (Kind.ROLLOUT, Kind.PHASE2):
        assert client.get(NEW, {"kind": kind, "module": "patient_engagement"}).status_code == 200
    assert (Report.objects.count(), AuditEvent.objects.count()) == (0, events)


def test_what_is_kept_stays_when_the_figures_change() -> None:
    client, asked = (
        builders.signed_in("Product manager"),
        {"kind": "feedback", "module": "patient_engagement"},
    )
    live = client.get(NEW, asked).content.decode()
    client.post(f"{NEW}keep/", exact(live))
    before = page(Report.objects.get())
    tickets.a_ticket(severity="critical", module="patient_engagement")
    assert "1 critical ticket came in" in client.get(NEW, asked).content.decode()
    assert article(page(Report.objects.get())) == article(before)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"kind": "monthly"}, "Must be one of rollout"),
        ({"module": "nobody"}, "There is no module &#x27;nobody&#x27;."),
        ({"startDate": "2026-02-31"}, "Must be a day such as 2026-01-31."),
        ({"startDate": "yesterday"}, "Must be a day such as 2026-01-31."),
        ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, "Must be before until."),
        ({"startDate": "2020-03-02", "endDate": "2026-03-01"}, "Must be at most two years before until."),
        ({"endDate": "2100-01-01"}, "Must not lie in the future."),
    ],
)
def test_a_bad_choice_is_said_beside_its_field(asked: dict[str, str], fault: str) -> None:
    given = {"kind": "weekly", "module": "patient_engagement", **asked}
    client = builders.signed_in("Viewer")
    response = client.get(NEW, given)
    assert response.status_code == 400
    assert fault in response.content.decode()
    assert client.get(f"{NEW}json/", given).status_code == 400


def test_a_bad_choice_is_not_kept() -> None:
    client = builders.signed_in("Product manager")
    response = client.post(f"{NEW}keep/", {"kind": "weekly", "module": "patient_engagement", "since": "x"})
    assert response["Location"] == NEW
    assert not Report.objects.exists()


def test_the_spans_for_one_click_name_their_days() -> None:
    html = builders.signed_in("Viewer").get(NEW).content.decode()
    today = timezone.localdate()
    for title, first, last in (
        ("Yesterday", today - timedelta(days=1), today - timedelta(days=1)),
        ("7 days", today - timedelta(days=6), today),
        ("30 days", today - timedelta(days=29), today),
    ):
        link = next(each for each in html.split("<a ") if f">{title}</a>" in each)
        assert f"startDate={first}&amp;endDate={last}" in link
    assert "Since the plan began" not in html
    builders.workspaces(builders.numbered(40))
    phases.run(builders.engagement(), 1, actor=builders.ROOT)
    assert "Since the plan began" in builders.signed_in("Viewer").get(NEW).content.decode()


def test_a_page_shows_every_feature_of_the_shape() -> None:
    html = page(kept())
    for told in (
        "Weekly summary: Patient Engagement",
        "2 to 8 March 2026 (UTC)",
        "made 9 March 2026, 07:00",
        "by ada",
        "1 plan is paused.",
        '<a class="op-link" href="#part-1-health">Health</a>',
        'id="part-1-health"',
        "The error rate is above its target.",
        "1.8 %",
        "Up from 1.2 %",
        "As before",
        "Down from 2,000",
        "Target: &lt; 1 %,</span>",
        "n = 12,345",
        'Satisfaction (target ≥ 4.0): <span class="op-subtle">fewer than 5 ratings.</span>',
        "Watch",
        "<strong>Error rate</strong>",
        "Nothing was measured in this time.",
        "The worst",
        "12,000",
        "No cost is entered yet: enter it on the ROI page.",
    ):
        assert told in html, told


def test_a_series_is_a_chart_and_a_table_with_its_gaps() -> None:
    html = page(kept())
    chart = json.loads(unescape(re.findall('data-value="([^"]*)"', html)[0]))
    assert chart["labels"][0] == "2 Mar"
    assert [line["label"] for line in chart["datasets"]] == [
        "Error rate, with the feature",
        "Error rate, without it",
    ]
    assert chart["datasets"][0]["data"] == [1.0, 1.2, None, 1.6, 1.8, 2.0, 1.8]
    assert '<th scope="row">4 Mar</th><td class="op-right">-</td><td class="op-right">0.9 %</td>' in html


def test_hours_are_those_of_the_reports_own_time_zone() -> None:
    points = [{"at": "2026-03-02T23:00:00Z", "value": 1}, {"at": "Before", "value": 2}]
    section = {"name": "a", "title": "A", "series": [{"name": "s", "title": "S", "points": points}]}
    html = page(kept(document=document(sections=[section], timeZone="Europe/Athens")))
    assert "3 Mar 01:00" in html
    assert "Before" in html


def test_what_others_wrote_is_shown_as_text() -> None:
    html = page(kept())
    assert HOSTILE not in html
    assert HIDDEN in html


@pytest.mark.parametrize(
    "old",
    [
        {},
        {"title": "Old", "summary": None, "sections": None},
        {"sections": [{"title": "No name"}, "not a section", {"name": "n", "figures": [{"value": 1}]}]},
        {"sections": [{"name": "n", "tables": [{"columns": ["A"], "rows": [["x", "one too many"], []]}]}]},
        {"sections": [{"name": "n", "figures": [{"name": "f", "value": 3, "state": "on_fire"}]}]},
        {"sections": [{"name": "n", "series": [{"name": "s"}, {"points": [{"value": "much"}]}]}]},
        {"since": "once", "until": 3, "timeZone": "Atlantis"},
    ],
)
def test_a_document_of_another_shape_still_shows_what_it_has(old: dict[str, Any]) -> None:
    assert "rp-report" in page(kept(document=old))


def test_the_download_is_the_document() -> None:
    report = kept()
    response = builders.signed_in("Viewer").get(reverse("admin:reports_report_json", args=[report.pk]))
    assert response.json() == report.document
    assert response["Content-Disposition"] == (
        'attachment; filename="report-weekly-patient_engagement-2026-03-09.json"'
    )


def test_a_report_that_is_not_there_is_not_found() -> None:
    client = builders.signed_in("Viewer")
    assert client.get(reverse("admin:reports_report_json", args=[404])).status_code == 404
    assert client.get(reverse("admin:reports_report_change", args=[404])).status_code == 404


def test_the_list_shows_the_newest_first_with_its_worst_news() -> None:
    now = timezone.now()
    kept(made_at=now - timedelta(days=1), kind=Kind.DAILY)
    kept(made_at=now, document=document(summary=["All is well."]))
    html = builders.signed_in("Viewer").get(reverse("admin:reports_report_changelist")).content.decode()
    assert html.index("All is well.") < html.index("1 plan is paused.")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind__exact=daily", ["Daily summary: Patient Engagement"]),
        ("module__id__exact={health}", ["Weekly summary: Health Management"]),
        ("made_at__year=2026&made_at__month=3", ["Daily summary: Patient Engagement"]),
    ],
)
def test_the_list_is_narrowed_by_kind_module_and_date(query: str, shown: list[str]) -> None:
    health = builders.module("health_management")
    kept(kind=Kind.DAILY, made_at=UNTIL)
    kept(module=health, made_at=UNTIL + timedelta(days=60))
    address = f"{reverse('admin:reports_report_changelist')}?{query.format(health=health.pk)}"
    response = builders.signed_in("Viewer").get(address)
    admin_list = response.context["cl"]
    assert [f"{each.get_kind_display()}: {each.module}" for each in admin_list.result_list] == shown


def test_the_list_reads_no_whole_document() -> None:
    kept()
    response = builders.signed_in("Viewer").get(reverse("admin:reports_report_changelist"))
    assert "document" in response.context["cl"].result_list[0].get_deferred_fields()
