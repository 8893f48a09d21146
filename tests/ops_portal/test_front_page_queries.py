"""The front page asks the database a fixed number of times, whatever there is."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.models import Ticket
from operations import windows
from rollout.models import Module, Phase, Plan
from tests import builders
from tests.builders import ROOT
from tests.feedback import builders as tickets
from tests.monitoring import alert_states, seeds
from tests.releases import builders as shipping

pytestmark = pytest.mark.django_db

# For a superuser who signs for a role as well: nobody is asked about more. Who is none is asked for their
# permissions, in two more; an administrator, who signs for nothing, needs two less.
ASKED = 23


def of_everything(count: int) -> None:
    """`count` of all that the page shows, or more; each plan waits for an approval."""
    plan = builders.a_plan_in_phase(1, eligible=20)
    seeds.a_past(plan, 3 * count)
    seeds.reviews(plan, due=count, ahead=count)
    tomorrow = timezone.now() + timedelta(days=1)
    for number in range(count):
        module = Module.objects.create(key=f"m{number}", name=f"M {number}", tiers=[f"tier {number}"])
        other = Plan.objects.create(module=module, name=f"Plan {number}")
        Phase.objects.create(plan=other, number=1, name="All", percentage=100)
        builders.a_verdict(other)
        windows.plan("freeze", f"Freeze {number}", starts_at=tomorrow, ends_at=None, actor=ROOT)
        tickets.a_ticket(title=f"T {number}", workspace="W00000")
        tickets.in_quarantine(title=f"Spam {number}")
    alert_states.many_of_each(count)
    for number in range(count // 4 + 1):
        shipping.tested(shipping.a_release(f"2.0.{number}"))
    shipping.in_staging(shipping.a_release("3.0.0"))
    Ticket.objects.filter(quarantined_at=None).update(due_at=timezone.now() - timedelta(hours=1))
    Plan.objects.update(needs_approval=True)


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("count", [1, 10])
def test_the_page_and_its_parts_ask_as_often_for_one_as_for_ten_of_everything(count: int) -> None:
    signer = shipping.a_signer("devops")
    User.objects.filter(pk=signer.pk).update(is_superuser=True)
    of_everything(count)
    client = Client()
    client.force_login(signer)
    assert {page: asked(client, page) for page in ("/admin/", "/admin/overview")} == {
        "/admin/": ASKED,
        "/admin/overview": ASKED,
    }
