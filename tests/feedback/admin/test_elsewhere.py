"""What other pages say of tickets: the front page, a workspace's, a module's and a plan's."""

import pytest
from django.urls import reverse

from feedback.admin.tickets import links
from operations.groups import SUPPORT
from tests import builders
from tests.feedback import builders as made

pytestmark = pytest.mark.django_db


def test_the_front_page_counts_what_is_open_by_severity_and_what_is_of_nobody() -> None:
    client = builders.signed_in(SUPPORT)
    assert "No ticket is open" in client.get(reverse("admin:index")).content.decode()
    made.a_ticket(severity="critical")
    made.a_ticket(severity="low")
    made.a_ticket_in("closed")
    made.in_quarantine()
    page = client.get(reverse("admin:index")).content.decode()
    assert "Critical 1" in page
    assert "Low 1" in page
    assert f'href="{links.tickets(state="unassigned")}">2 of nobody' in page
    assert f'href="{links.tickets(state="quarantine")}">1 in quarantine' in page
    assert "overdue</a>" not in page


def test_the_pages_of_a_workspace_a_module_and_a_plan_lead_to_their_tickets() -> None:
    plan = builders.a_plan(2)
    made.a_ticket(title="Reminders fail", workspace="W00001", module=plan.module.key)
    client = builders.signed_in(SUPPORT)
    workspace = client.get(reverse("admin:rollout_workspace_change", args=["W00001"])).content.decode()
    module = client.get(reverse("admin:rollout_module_change", args=[plan.module.pk])).content.decode()
    of_plan = client.get(reverse("admin:rollout_plan_change", args=[plan.pk])).content.decode()
    assert "Reminders fail" in workspace
    assert "?workspace=W00001&amp;state=all" in workspace
    assert "Reminders fail" in module
    assert f"?module__id__exact={plan.module.pk}" in of_plan
