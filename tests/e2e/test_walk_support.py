"""A support agent's walk: from a pharmacist's complaint to the mail that says it is fixed."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Page, expect

from feedback.lifecycle import State
from feedback.models import Ticket
from releases.issues import moving
from releases.models import Issue
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key
from tests.feedback import builders as tickets
from tests.releases import builders as releases
from tests.releases.conftest import quick_backups  # noqa: F401  # a real one needs what was committed

Open = Callable[..., Page]

COMPLAINT = {
    "category": "bug_report",
    "severity": "high",
    "title": "Appointment reminders not sending",
    "description": "Recurring appointments are not triggering reminder notifications",
    "workspace": "W00001",
    "module": "patient_engagement",
    "reporter": {"name": "Anna", "email": "anna@example.org"},
}


def test_from_a_complaint_to_the_mail_that_says_it_is_fixed(
    signed_in: Open, person: User, live_server: Any
) -> None:
    person.groups.set([Group.objects.get(name="Support")])
    builders.a_plan_in_phase(1)
    page = signed_in()

    # The product passes on what a pharmacist said; its answer has a link for her.
    sent = page.request.post(
        f"{live_server.url}/api/monitoring/feedback",
        data=COMPLAINT,
        headers={"X-API-Key": an_api_key("feedback")},
    )
    assert sent.status == 201
    receipt = sent.json()

    # It stands in the inbox, with its clock.
    page.goto(reverse("admin:feedback_ticket_changelist"))
    page.get_by_role("link", name=str(COMPLAINT["title"])).click()
    page.get_by_role("link", name="Triage", exact=True).click()
    page.get_by_label("Severity").select_option("critical")
    page.get_by_role("button", name="Triage").click()
    expect(page.get_by_text("is triaged: bug report, critical")).to_be_visible()
    page.get_by_role("link", name="Create issue").click()
    page.get_by_role("button", name="Create issue").click()
    expect(page.get_by_text("BUG-001 is raised from")).to_be_visible()

    # The developers fix it, and the release with it reaches everybody.
    issue = Issue.objects.get()
    moving.move(issue, "triage", actor=ROOT)
    moving.move(issue, "fix", actor=ROOT)
    shipped = releases.in_production(releases.a_release("1.0.2", [issue]))
    releases.walk_to_the_end(shipped)

    # The ticket is resolved by that, and the pharmacist hears of it once.
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.fixed_in) == (State.RESOLVED, "1.0.2")
    told = [mail for mail in tickets.mails() if "1.0.2" in mail]
    assert len(told) == 1
    page.goto(reverse("admin:feedback_ticket_change", args=[ticket.pk]))
    expect(page.get_by_text("1.0.2").first).to_be_visible()

    # Her page says so too, without a login.
    hers = page.context.browser.new_page(base_url=live_server.url)  # type: ignore[union-attr]
    hers.goto("/feedback/t/" + str(receipt["link"]).rpartition("/")[2])
    expect(hers.get_by_text("1.0.2").first).to_be_visible()
    hers.close()
