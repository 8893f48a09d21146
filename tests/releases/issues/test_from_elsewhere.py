"""Issues made from tickets and alerts, linked to them and taken away again."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.models import Likeness
from releases.issues import linking, raising
from releases.models import Issue
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket
from tests.monitoring import alert_states
from tests.releases.issues.builders import an_issue, now, the_module
from tests.releases.issues.pages import BOARD, LIST, confirm, operation, page_of, said, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> Client:
    return builders.signed_in("Support")


def test_a_ticket_becomes_an_issue_in_one_click_and_says_so(support: Client) -> None:
    the_module()
    ticket = a_ticket(module="patient_engagement", severity="high")
    page = reverse("admin:feedback_ticket_change", args=[ticket.pk])
    link = f"{operation('create-issue', 'feedback_ticket')}?object={ticket.pk}"
    assert link in support.get(page).content.decode()
    form = support.get(link)
    assert f"It would be BUG-001 : {ticket.title}" in shown(form)
    filled_in = {name: form.context["form"][name].value() or "" for name in form.context["form"].fields}
    answer = confirm(support, "create-issue", ticket, model="feedback_ticket", **filled_in)
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert said(answer).startswith("BUG-001 is raised")
    issue = Issue.objects.get()
    expected = raising.description_of(ticket)
    assert (issue.title, issue.description, issue.severity) == (ticket.title, expected, "high")
    words = shown(support.get(page))
    assert "BUG-001" in words
    again = confirm(support, "create-issue", ticket, model="feedback_ticket", **filled_in)
    assert "BUG-001 is about" in said(again)
    assert ticket.title in shown(support.get(page_of(issue)))


def test_a_ticket_without_a_module_is_asked_for_one(support: Client) -> None:
    the_module()
    ticket = a_ticket()
    given = {"title": ticket.title, "severity": "low", "module": ""}
    answer = confirm(support, "create-issue", ticket, model="feedback_ticket", **given)
    assert "module" in answer.context["form"].errors
    assert not Issue.objects.exists()


def test_an_alert_becomes_an_issue_and_both_say_so(support: Client) -> None:
    alert = alert_states.raised("Claims fail", module=the_module())
    given = {"title": "Claims fail", "severity": "critical", "module": alert.module_id}
    client = builders.signed_in("Product manager", "paula")
    assert confirm(client, "create-issue", alert, model="monitoring_alert", **given).status_code == 302
    issue = Issue.objects.get()
    assert "BUG-001" in shown(client.get(reverse("admin:monitoring_alert_change", args=[alert.pk])))
    words = client.get(page_of(issue)).content.decode()
    assert reverse("admin:monitoring_alert_change", args=[alert.pk]) in words


def test_tickets_are_linked_from_their_list_and_taken_away_again(support: Client) -> None:
    issue, tickets = an_issue(), [a_ticket() for _ in range(2)]
    confirm(support, "link-issue", *tickets, model="feedback_ticket", issue="bug-1")
    assert list(issue.tickets.order_by("pk")) == tickets
    page = support.get(operation("unlink"), {"object": issue.pk, "ticket": tickets[0].pk})
    assert str(tickets[0]) in shown(page)
    confirm(support, "unlink", now(issue), ticket=tickets[0].pk)
    assert list(issue.tickets.all()) == [tickets[1]]
    confirm(support, "link", now(issue), tickets=tickets[0].reference, alerts="")
    assert issue.tickets.count() == 2
    alert = alert_states.raised()
    for wrong in ({"tickets": "FB-999"}, {"alerts": "999"}, {"alerts": "x"}, {}):
        answer = confirm(support, "link", now(issue), **wrong)
        assert answer.context["form"].errors
    confirm(support, "link", now(issue), alerts=f"#{alert.pk}")
    assert list(issue.alerts.all()) == [alert]


def test_an_issues_page_offers_similar_tickets_that_are_not_linked(support: Client) -> None:
    linked, other, dismissed = (a_ticket(title=title) for title in ("Linked", "Similar", "Dismissed"))
    issue = an_issue(tickets=[linked])
    Likeness.objects.create(ticket=other, other=linked, score=0.8, words=["reminder"])
    Likeness.objects.create(
        ticket=dismissed, other=linked, score=0.9, words=["a"], dismissed_at=timezone.now()
    )
    words = shown(support.get(page_of(issue)))
    assert "Similar" in words
    assert "Dismissed" not in words


def test_who_may_not_see_issues_sees_none() -> None:
    issue, ticket = an_issue(), a_ticket()
    linking.link(issue, actor=ROOT, tickets=[ticket])
    group = Group.objects.create(name="Tickets alone")
    group.permissions.set(Group.objects.get(name="Viewer").permissions.filter(codename="view_ticket"))
    client = builders.signed_in("Tickets alone", "tom")
    for address in (reverse(LIST), reverse(BOARD), page_of(issue)):
        assert client.get(address).status_code == 403
    assert "BUG-001" not in shown(client.get(reverse("admin:feedback_ticket_change", args=[ticket.pk])))
