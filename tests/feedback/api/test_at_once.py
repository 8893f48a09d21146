"""The same feedback sent many times at once, as products do that get no answer."""

from functools import partial

import pytest
from django.db import connection

from feedback.models import Ticket, TicketEvent
from operations.models import AuditEvent
from tests.at_once import at_once
from tests.doors import an_api_key, post
from tests.feedback.builders import GUIDE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]

FEEDBACK = "/api/monitoring/feedback"
MANY = 50


@pytest.mark.parametrize("same", [True, False])
def test_fifty_parallel_submissions_are_one_ticket_for_each_idempotency_key(same: bool) -> None:
    key = an_api_key("feedback")

    def send(number: int) -> tuple[int, str]:
        answer = post(FEEDBACK, GUIDE, key, **{"Idempotency-Key": "a" if same else f"key {number}"})
        return answer.status_code, answer.json()["reference"]

    answers = at_once(*(partial(send, number) for number in range(MANY)))
    wanted = 1 if same else MANY
    assert len(set(answers)) == wanted
    assert all(isinstance(answer, tuple) and answer[0] == 201 for answer in answers), answers
    assert Ticket.objects.count() == wanted
    assert TicketEvent.objects.filter(kind="received").count() == wanted
    assert AuditEvent.objects.filter(action="ticket.submitted").count() == wanted
