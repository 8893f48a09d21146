"""Reports by mail: the worst news in the subject, the same numbers as text and HTML, nothing from outside."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.utils import timezone

from operations.models import OutboxMessage
from operations.tasks import deliver
from reports import documents, mails
from reports.mails import Mail
from reports.models import Kind, Report
from tests import builders
from tests.feedback import builders as tickets
from tests.reports.example_documents import HOSTILE, SINCE, UNTIL, document

pytestmark = pytest.mark.django_db

NUMBER = re.compile(r"\d[\d,.]*\d|\d")


class Text(HTMLParser):
    """What a reader of the HTML sees, and every address that it names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.hidden = tag == "title"
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background")]

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.seen.append(data)


def archived() -> Report:
    builders.modules()
    return Report.objects.create(
        kind="weekly", module=builders.module(), since=SINCE, until=UNTIL, document=document(), made_by="x"
    )


def written(**changes: Any) -> Mail:
    return mails.write(document(**changes))


def test_the_subject_begins_with_the_worst_news() -> None:
    assert written().subject == (
        "Weekly summary Patient Engagement: 1 plan is paused, p95 of responses 640 ms, error rate 1.8 %"
    )


def test_a_subject_says_a_figure_once() -> None:
    subject = written(summary=["The error rate is 1.8 %."]).subject
    assert subject == "Weekly summary Patient Engagement: The error rate is 1.8 %, p95 of responses 640 ms"


def test_a_subject_stays_short_and_on_one_line() -> None:
    long = written(summary=["Very long news " * 30]).subject
    assert len(long) <= mails.LONGEST_SUBJECT + 1
    assert long.endswith("…")
    assert "\n" not in written(summary=["One\nBcc: eve@example.org"]).subject


def test_text_and_html_say_the_same_numbers() -> None:
    mail = written()
    html = Text(mail.html)
    assert sorted(NUMBER.findall(mail.body)) == sorted(NUMBER.findall(" ".join(html.seen)))
    assert "p95 of responses: 640 ms, up from 420 ms, target < 500 ms, n = 12,345 [Bad] (Health)" in mail.body


def test_the_worst_figures_stand_first_and_unknown_ones_are_left_out() -> None:
    lines = [line.partition(":")[0] for line in written().body.splitlines() if ": " in line]
    assert lines[1:6] == ["p95 of responses", "Error rate", "Adoption", "Phase", "Tickets"]
    assert "Satisfaction" not in written().body


def test_a_mail_needs_nothing_from_outside_and_runs_nothing() -> None:
    html = Text(written().html)
    assert html.links == []
    assert html.tags.isdisjoint({"script", "img", "link", "style", "iframe", "form"})
    assert HOSTILE in "".join(html.seen)


def test_no_cell_of_a_table_and_no_text_of_a_section_is_mailed() -> None:
    mail = written(summary=["1 plan is paused."])
    for told in (mail.body, mail.html):
        assert "The error rate is above its target" not in told
        assert "=cmd()" not in told


@pytest.mark.parametrize("kind", [Kind.WEEKLY, Kind.POST_LAUNCH, Kind.FEEDBACK, Kind.PHASE2])
def test_nothing_that_a_user_wrote_is_mailed(kind: Kind) -> None:
    builders.modules()
    secret = "Zebediah Quux"
    for category in ("bug_report", "feature_request"):
        tickets.a_ticket(
            title=f"{secret} waits",
            description=f"{secret} called twice",
            feature_area=secret,
            module="patient_engagement",
            category=category,
            severity="critical",
        )
    now, module = timezone.now(), builders.module()
    found = documents.build(kind, module, since=now - timedelta(days=7), until=now, now=now)
    mail = mails.write(found)
    assert "2 critical tickets came in" in mail.body
    assert "Zebediah" not in mail.subject + mail.body + mail.html


def test_a_mail_links_to_the_archived_report() -> None:
    report = archived()
    mail = mails.write(document(), report)
    url = f"https://portal.example.org/admin/reports/report/{report.pk}/change/"
    assert f"The whole report: {url}" in mail.body
    assert Text(mail.html).links == [url]


def test_a_mail_goes_out_as_text_and_html_once() -> None:
    to = ["a@example.org", "b@example.org"]
    mails.put(document(), to, key="report:1", report=archived())
    mails.put(document(), to, key="report:1", report=archived())
    deliver()
    assert [mail.to for mail in sent_mail.outbox] == [["a@example.org"], ["b@example.org"]]
    message = sent_mail.outbox[0].message()
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_a_payload_from_before_there_was_html_still_goes_out() -> None:
    payload = {"to": ["a@example.org"], "subject": "Old", "body": "As it was"}
    OutboxMessage.objects.create(kind="mail", payload=payload, due_at=timezone.now() - timedelta(days=1))
    deliver()
    assert sent_mail.outbox[0].message().get_content_type() == "text/plain"


def test_an_empty_document_makes_a_mail_that_says_so() -> None:
    mail = mails.write({"title": "Daily summary"})
    assert (mail.subject, "Nothing to report." in mail.body) == ("Daily summary", True)
