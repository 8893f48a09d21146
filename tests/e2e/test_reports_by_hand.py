"""A product manager makes a report, keeps it, subscribes to it, reads the mail and prints it."""

import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail as sent_mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from operations.doors.charts import LINES
from operations.tasks import deliver
from reports.models import Report, Subscription
from reports.subscriptions import sending
from tests import builders
from tests.e2e.barriers import barriers
from tests.reports.example_documents import SINCE, UNTIL, document
from tests.reports.example_subscriptions import a_subscription

Open = Callable[..., Page]

BLUE, ORANGE = (colour for colour, _ in LINES[:2])
# Whether anything is drawn on a canvas: an empty one is transparent all over.
COLOURED = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((value, place) => place % 4 === 3 && value > 0);
}"""


@pytest.fixture
def archived(person: User) -> Report:
    """A report with every feature of the shape."""
    builders.a_plan_in_phase(1, eligible=40)
    return Report.objects.create(
        kind="weekly", module=builders.module(), since=SINCE, until=UNTIL, document=document(), made_by="x"
    )


def ready(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    return page


def page_of(report: Report) -> str:
    return reverse("admin:reports_report_change", args=[report.pk])


def test_from_looking_to_the_mail(signed_in: Open, person: User) -> None:
    person.email = "ada@example.org"
    person.save()
    builders.a_plan_in_phase(1, eligible=40)
    page = ready(signed_in(), reverse("admin:reports_report_changelist"))
    page.get_by_role("link", name="New report").click()
    page.get_by_label("Report", exact=True).select_option("daily")
    page.get_by_role("link", name="7 days").click()
    page.get_by_label("Report", exact=True).select_option("post_launch")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("heading", name="Post-launch report: Patient Engagement").wait_for()
    assert not Report.objects.exists()
    page.get_by_role("button", name="Keep in the archive").click()
    page.wait_for_url("**/change/")
    report = Report.objects.get()
    assert page.get_by_text("by ada").count() == 1

    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSON").click()
    assert download.value.suggested_filename.startswith("report-post_launch-patient_engagement-")

    page.goto(reverse("admin:reports_subscription_operate", args=["add"]))
    page.fill("[name=recipients]", "cto@example.org nobody@")
    page.locator("button[name=_preview]:visible").click()
    assert page.get_by_text("'nobody@' is no mail address").is_visible()
    page.fill("[name=recipients]", "cto@example.org")
    page.locator("button[name=_preview]:visible").click()
    assert page.get_by_text("every Monday at 07:00").is_visible()
    page.locator("#operation-form .op-confirm button.op-primary").click()
    page.wait_for_url("**/subscription/")

    subscription = Subscription.objects.get()
    sending.send_due(subscription.next_at + timedelta(minutes=1))
    deliver()
    [mail] = sent_mail.outbox
    assert mail.to == ["cto@example.org"]
    weekly = Report.objects.exclude(pk=report.pk).get()
    page.reload()
    page.locator("#result_list td.field-last_sent a").click()
    page.wait_for_url(f"**{page_of(weekly)}")
    assert page.get_by_role("heading", name="Weekly summary: Patient Engagement").is_visible()


def html_of(mail: Any) -> str:
    parts = message_from_bytes(mail.message().as_bytes(), policy=policy.default).walk()
    return next(part.get_content() for part in parts if part.get_content_type() == "text/html")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_mail_is_readable_and_asks_for_nothing(phone: bool, opened: Open, archived: Report) -> None:
    subscription = a_subscription()
    subscription.next_at = timezone.now() - timedelta(minutes=1)
    subscription.save(update_fields=["next_at"])
    sending.send_due(timezone.now())
    deliver()
    page = opened(phone=phone)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html_of(sent_mail.outbox[0]))
    assert page.get_by_role("link", name="The whole report").is_visible()
    assert asked == []
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_of_reports_has_a_serious_barrier(dark: bool, signed_in: Open, archived: Report) -> None:
    page, found = signed_in(dark=dark), {}
    for name, address in addresses(archived).items():
        ready(page, address)
        if faults := barriers(page):
            found[name] = faults
    assert found == {}


def test_no_page_of_reports_scrolls_sideways_on_a_phone(signed_in: Open, archived: Report) -> None:
    page, wide = signed_in(phone=True), {}
    for name, address in addresses(archived).items():
        ready(page, address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > page.evaluate("innerWidth"):
            wide[name] = width
    assert wide == {}


def test_charts_are_drawn_and_the_contents_lead_to_their_sections(signed_in: Open, archived: Report) -> None:
    page = ready(signed_in(), page_of(archived))
    drawn = [canvas.evaluate(COLOURED) for canvas in page.locator("canvas").all()]
    assert drawn == [True, True]
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Workspaces").click()
    assert page.url.endswith("#part-2-workspaces")
    assert page.get_by_role("button", name="Print").is_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_printed_report_has_its_charts_and_nothing_of_the_portal(
    dark: bool, signed_in: Open, archived: Report
) -> None:
    page = ready(signed_in(dark=dark), page_of(archived))
    page.emulate_media(media="print")
    for hidden in ("#nav-sidebar", "#header-inner", ".rp-actions", "details"):
        assert page.locator(hidden).first.is_hidden(), hidden
    for shown in (".rp-paper", ".rp-contents", ".rp-summary", "canvas"):
        assert page.locator(shown).first.is_visible(), shown
    paint = "getComputedStyle(document.querySelector('#main')).backgroundColor"
    assert page.evaluate(paint) == "rgb(255, 255, 255)"
    pdf = page.pdf(format="A4", print_background=True)
    assert 1 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 4
    # Blue and orange are the lines of charts: nothing else on the page is painted so.
    assert {BLUE, ORANGE} <= paints(pdf)


def paints(pdf: bytes) -> set[str]:
    """The colours that a PDF draws with: Chromium prints a canvas as the lines that were drawn on it."""
    found = set()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            drawn = zlib.decompress(stream).decode("latin-1")
            for parts in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (?:RG|rg)\b", drawn):
                found.add("#" + "".join(f"{round(float(part) * 255):02x}" for part in parts))
    return found


def addresses(report: Report) -> dict[str, str]:
    """Every page of reports and their subscriptions."""
    subscription = a_subscription()
    asked = "?kind=weekly&module=patient_engagement"
    change = reverse("admin:reports_subscription_operate", args=["change"])
    return {
        "reports": reverse("admin:reports_report_changelist"),
        "report": page_of(report),
        "report of now": reverse("admin:reports_report_new") + asked,
        "subscriptions": reverse("admin:reports_subscription_changelist"),
        "subscription": reverse("admin:reports_subscription_change", args=[subscription.pk]),
        "subscribe": reverse("admin:reports_subscription_operate", args=["add"]),
        "change": f"{change}?object={subscription.pk}",
    }
