"""Telling reporters that the fix is out."""

import pytest

from feedback.lifecycle import DONE, State
from feedback.models import Ticket
from feedback.tickets import fixes, merging
from operations.errors import Invalid, Refused
from operations.models import AuditEvent, OutboxMessage
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, post, run
from tests.feedback.admin.inbox import confirm
from tests.feedback.builders import a_ticket, a_ticket_in, an_agent, mails, take

pytestmark = pytest.mark.django_db


def a_fixed_ticket() -> Ticket:
    """One that is resolved, with another one merged into it."""
    ticket = a_ticket(reporter_email="one@example.org")
    merging.merge(a_ticket(reporter_email="two@example.org"), ticket, actor=ROOT)
    take(take(ticket, "triage"), "resolve", fixed_in="1.0.2")
    OutboxMessage.objects.all().delete()
    return ticket


def test_everybody_behind_a_ticket_hears_once_that_the_fix_is_out() -> None:
    ticket = a_fixed_ticket()
    fixes.tell(ticket, actor=ROOT, version="1.0.2")
    assert fixes.tell(ticket, actor=ROOT, version="1.0.2").fixed_in == "1.0.2"
    assert [("fixed in version 1.0.2, which is out now" in mail) for mail in mails()] == [True, True]
    assert AuditEvent.objects.filter(action="ticket.fix_told").count() == 2
    event = ticket.events.filter(kind="fixed").first()
    assert event is not None
    assert event.text == "1.0.2"


@pytest.mark.parametrize("state", [state for state in State if state not in DONE])
def test_what_is_not_resolved_has_no_fix_to_tell_of(state: State) -> None:
    with pytest.raises(Refused):
        fixes.tell(a_ticket_in(state), actor=ROOT, version="1.0.2")


@pytest.mark.parametrize("version", ["", " ", "1" * 61, "1.0\n2"])
def test_a_version_is_one_short_line(version: str) -> None:
    with pytest.raises(Invalid, match="version"):
        fixes.tell(a_fixed_ticket(), actor=ROOT, version=version)


def test_each_door_tells_alike() -> None:
    told = []
    for door in ("command", "api", "admin"):
        ticket = a_fixed_ticket()
        if door == "command":
            assert run("ticket", "fixed", "1.0.2", ticket.reference).code == 0
        elif door == "api":
            answer = post(
                f"/api/monitoring/feedback/tickets/{ticket.reference}/fixed",
                {"version": "1.0.2"},
                an_api_key("respond"),
            )
            assert answer.status_code == 200, answer.json()
        else:
            client = builders.signed_in("Support", an_agent().username)
            assert "hears that 1.0.2 is out" in confirm(client, "fixed", ticket, version="1.0.2")
        told.append((len(mails()), [event.kind for event in ticket.events.all()][-2:]))
    assert told == [(2, ["fixed", "mailed"])] * 3
