"""What the summary says of a handful of tickets, through every door."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.urls import reverse

from feedback.api.summary_serializers import SummarySerializer
from feedback.models import Ticket
from feedback.summary import documents
from feedback.summary.selection import Asked, select
from feedback.tickets import rating
from operations.errors import Invalid
from tests import builders
from tests.builders import signed_in
from tests.doors import an_api_key, get, run
from tests.feedback.builders import REPORTER, a_ticket, in_quarantine, take

pytestmark = pytest.mark.django_db
PATH = "/api/monitoring/feedback/summary"
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def summary(**asked: str) -> Mapping[str, Any]:
    return documents.summary_of(select(Asked(**asked)))


def a_month() -> None:
    """Five tickets of March: three of the middle, one critical of today, one that looks like spam."""
    with time_machine.travel(NOW - timedelta(days=14), tick=False) as clock:
        first = a_ticket(feature_area="Reminders", satisfaction_rating=2, usability_rating=3)
        second = a_ticket(category="feature_request", severity="low", satisfaction_rating=5)
        a_ticket(category="feature_request", feature_area=" reminders ")
        in_quarantine()
        clock.shift(timedelta(minutes=90))
        take(take(first, "triage"), "resolve")
        rating.rate(Ticket.objects.get(pk=first.pk), actor=REPORTER, score=4)
        clock.shift(timedelta(minutes=30))
        take(take(second, "triage"), "resolve")
        take(Ticket.objects.get(pk=second.pk), "reopen")
    with time_machine.travel(NOW, tick=False):
        a_ticket(severity="critical")


class TestFigures:
    def test_a_portal_without_tickets_has_zeros_and_unknown_means(self) -> None:
        found = summary(start_date="2026-01-01", end_date="2026-01-03")
        assert found["tickets"] == 0
        assert [step["tickets"] for step in found["volume"]] == [0, 0, 0]
        assert found["satisfaction"] == {"mean": None, "n": 0}
        assert found["resolutionTime"] == {"medianMinutes": None, "p90Minutes": None, "n": 0}
        assert found["answered"]["share"] is None
        assert found["byFeatureArea"] == []
        assert found["backlog"] == {"open": 0, "overdue": 0, "oldestReceivedAt": None}

    def test_every_figure_of_a_month(self) -> None:
        a_month()
        with time_machine.travel(NOW, tick=False):
            found = summary()
        assert (found["startDate"], found["endDate"]) == (date(2026, 3, 2), date(2026, 3, 31))
        assert (found["tickets"], found["step"], len(found["volume"])) == (4, "day", 30)
        assert {str(step["from"]): step["tickets"] for step in found["volume"] if step["tickets"]} == {
            "2026-03-17": 3,
            "2026-03-31": 1,
        }
        assert found["volume"][-1]["critical"] == 1
        assert {each["category"]: each["tickets"] for each in found["byCategory"]} == {
            "bug_report": 2,
            "feature_request": 2,
            "usability_issue": 0,
            "performance_issue": 0,
            "general_feedback": 0,
        }
        assert {each["severity"]: each["share"] for each in found["bySeverity"]} == {
            "critical": 0.25,
            "high": 0,
            "medium": 0.5,
            "low": 0.25,
        }
        assert [(area["featureArea"], area["tickets"]) for area in found["byFeatureArea"]] == [
            ("Reminders", 2)
        ]
        assert (found["withoutFeatureArea"], found["otherFeatureAreas"]) == (2, 0)
        assert found["satisfaction"] == {"mean": 3.5, "n": 2}
        assert found["usability"] == {"mean": 3.0, "n": 1}
        assert found["csat"] == {"mean": 4.0, "n": 1}
        assert found["resolutionTime"] == {"medianMinutes": 90, "p90Minutes": 90, "n": 1}
        assert found["firstResponseTime"]["n"] == 2
        assert (found["resolved"]["inTime"], found["reopened"], found["open"]) == (1, 1, 3)
        assert found["backlog"]["open"] == 3

    def test_the_backlog_is_of_whatever_day_and_what_is_open_of_the_range(self) -> None:
        a_month()
        with time_machine.travel(NOW, tick=False):
            found = summary(start_date="2026-03-31")
        assert (found["open"], found["backlog"]["open"]) == (1, 3)
        assert found["backlog"]["oldestReceivedAt"] == NOW - timedelta(days=14)

    def test_filters_narrow_every_figure(self) -> None:
        builders.modules()
        builders.workspaces(["W1", "W2"])
        a_ticket(module="patient_engagement", workspace="W1", satisfaction_rating=1)
        a_ticket(category="feature_request", workspace="W1")
        a_ticket(workspace="W2")
        assert summary(module="patient_engagement")["satisfaction"]["n"] == 1
        assert summary(workspace="W1")["tickets"] == 2
        assert summary(workspace="W1", category="feature_request")["backlog"]["open"] == 1
        assert summary(category="usability_issue")["tickets"] == 0

    def test_it_takes_the_same_few_queries_however_many_tickets_there_are(
        self, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(3):
            a_ticket(feature_area=f"Area {number}")
        with django_assert_max_num_queries(9):
            summary(start_date="2000-01-01")


class TestAsking:
    def test_without_dates_it_is_the_last_thirty_days(self) -> None:
        with time_machine.travel(NOW, tick=False):
            found = select(Asked())
            assert (found.first, found.last, found.days) == (date(2026, 3, 2), date(2026, 3, 31), 30)
            assert select(Asked(end_date="2026-02-10")).first == date(2026, 1, 12)

    @pytest.mark.parametrize(
        ("asked", "faults"),
        [
            ({"start_date": "yesterday"}, {"startDate"}),
            ({"start_date": "2026-02-30", "end_date": "0000-01-01"}, {"startDate", "endDate"}),
            ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, {"startDate"}),
            ({"start_date": "1901-01-01", "end_date": "2026-03-01"}, {"startDate"}),
            ({"category": "bug"}, {"category"}),
            ({"module": "nobody"}, {"module"}),
            ({"module": "a\0b", "workspace": "\0"}, {"module", "workspace"}),
            ({"workspace": "W404"}, {"workspace"}),
        ],
    )
    def test_what_makes_no_sense_is_named(self, asked: dict[str, str], faults: set[str]) -> None:
        with pytest.raises(Invalid) as refusal:
            select(Asked(**asked))
        assert set(refusal.value.fields) == faults


class TestApi:
    def test_it_answers_with_the_document_that_it_promises(self) -> None:
        a_ticket(satisfaction_rating=4)
        answer = get(PATH, an_api_key("read"))
        assert answer.status_code == 200
        found = answer.json()
        assert found["satisfaction"] == {"mean": 4.0, "n": 1}
        assert set(found) == set(SummarySerializer().fields)
        assert set(found["volume"][0]) == {"from", "to", "tickets", "critical"}
        assert set(found["ratingsOverTime"][0]) == {"from", "to", "satisfaction", "usability", "performance"}

    def test_bad_values_are_named(self) -> None:
        answer = get(f"{PATH}?startDate=soon&category=x", an_api_key("read"))
        assert answer.status_code == 400
        assert set(answer.json()["error"]["fields"]) == {"startDate", "category"}

    def test_it_asks_for_the_scope_to_read(self) -> None:
        assert get(PATH, an_api_key("ingest")).status_code == 403


class TestCommand:
    def test_it_prints_the_same_document(self) -> None:
        a_month()
        with time_machine.travel(NOW, tick=False):
            document = summary(category="feature_request")
            found = run("post_launch_monitor", "feedback", "--category", "feature_request", "--json").document
        assert found["tickets"] == document["tickets"] == 2
        assert set(found) == set(document)

    def test_it_prints_lines_for_people(self) -> None:
        a_month()
        with time_machine.travel(NOW, tick=False):
            found = run("post_launch_monitor", "feedback")
        assert found.out.startswith("Feedback received 2026-03-02 to 2026-03-31: 4 tickets")
        assert "3.50 of 5 (n = 2)" in found.out

    def test_bad_values_are_one_line_and_exit_code_1(self) -> None:
        found = run("post_launch_monitor", "feedback", "--start-date", "2026-02-30", "--module", "x")
        assert (found.code, found.out) == (1, "")
        assert "startDate" in found.err
        assert "module" in found.err


class TestCsv:
    def test_no_cell_is_a_formula_and_every_line_has_its_columns(self) -> None:
        a_ticket(feature_area='=HYPERLINK("http://example.org")', satisfaction_rating=1)
        printed = run("post_launch_monitor", "feedback", "--csv").out
        answer = signed_in("Support").get(reverse("admin:feedback_summary_csv"))
        assert "attachment" in answer["Content-Disposition"]
        for text in (printed, b"".join(answer).decode()):
            rows = list(csv.reader(io.StringIO(text)))
            assert rows[0] == ["figure", "from", "to", "of", "value", "n"]
            assert {len(row) for row in rows} == {6}
            assert not [cell for row in rows for cell in row if cell.startswith("=")]
            assert ["tickets by feature area", "1"] in [[row[0], row[4]] for row in rows]


class TestPage:
    def test_it_shows_the_figures_with_tables_beside_the_charts(self) -> None:
        a_month()
        with time_machine.travel(NOW, tick=False):
            page = signed_in("Product manager").get(reverse("admin:feedback_summary"))
        text = page.content.decode()
        assert page.status_code == 200
        assert "3.50" in text
        assert "of 5, n = 2" in text
        assert text.count('class="chart"') == 2
        assert "3.50 of 5 (n = 2)" in text
        assert "startDate=2026-03-02" in text

    def test_a_bad_value_is_named_beside_its_control(self) -> None:
        page = signed_in("Support").get(
            reverse("admin:feedback_summary"), {"startDate": "x", "module": "<b>"}
        )
        text = page.content.decode()
        assert page.status_code == 400
        assert text.count('aria-invalid="true"') == 2
        assert "<b>" not in text.split("su-filters")[1].split("</form>")[0]

    def test_a_feature_area_is_shown_as_it_was_written_never_run(self) -> None:
        a_ticket(feature_area="<script>alert(1)</script>")
        text = signed_in("Support").get(reverse("admin:feedback_summary")).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert(1)" not in text

    def test_without_tickets_it_says_so(self) -> None:
        text = signed_in("Viewer").get(reverse("admin:feedback_summary")).content.decode()
        assert "Nothing in this range." in text

    def test_who_may_not_see_tickets_may_not_see_it(self) -> None:
        client = signed_in("Viewer", "eve")
        User.objects.get(username="eve").groups.clear()
        assert client.get(reverse("admin:feedback_summary")).status_code == 403
        assert client.get(reverse("admin:feedback_summary_csv")).status_code == 403
