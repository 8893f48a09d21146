"""Importing tickets in the admin: upload, see, confirm."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from feedback.models import StagedTicket, Ticket, TicketImport
from operations.models import AuditEvent
from tests import builders

pytestmark = pytest.mark.django_db

IMPORT = "/admin/feedback/ticket/import/"
JIRA = """Issue key,Summary,Status,Priority,Resolution,Created,Resolved,Labels
A-1,=Slow <b>list</b>,Resolved,Blocker,Fixed,30/Sep/21 17:20,20/Jul/22 20:51,speed
A-2,Crash,Open,Trivial,,01/Oct/21 09:00,,
"""


@pytest.fixture
def client() -> Client:
    return builders.signed_in("Support")


def upload(client: Client, text: str, **given: str) -> Any:
    file = SimpleUploadedFile("jira.csv", text.encode(), "text/csv")
    return client.post(IMPORT, {"file": file, "encoding": "utf-8", "preset": "jira", **given})


def text_of(response: Any) -> str:
    assert response.status_code == 200
    found: str = response.content.decode()
    return found


def test_a_file_is_read_shown_and_imported_when_it_is_confirmed(client: Client) -> None:
    answer = upload(client, JIRA)
    assert answer.status_code == 302, answer.context["form"].errors
    page = text_of(client.get(answer.url))
    assert "2 rows were read" in page
    assert "=Slow &lt;b&gt;list&lt;/b&gt;" in page
    assert not Ticket.objects.exists()
    done: Any = client.post(answer.url)
    assert done.url == reverse("admin:feedback_ticket_changelist")
    said = [str(message) for message in get_messages(done.wsgi_request)]
    assert said == ["jira.csv: 2 tickets created, 0 were imported before."]
    assert sorted(Ticket.objects.values_list("external_id", "severity", "state")) == [
        ("A-1", "critical", "resolved"),
        ("A-2", "low", "new"),
    ]
    assert not StagedTicket.objects.exists()
    event = AuditEvent.objects.get(action="tickets.imported")
    assert event.door == "admin"


def test_bad_rows_are_named_and_nothing_can_be_confirmed(client: Client) -> None:
    answer = upload(client, JIRA.replace("Blocker", "Terrible"))
    page = text_of(client.get(answer.url))
    assert "1 fault in 2 rows" in page
    assert "&#x27;Terrible&#x27; is none of critical" in page
    client.post(answer.url)
    assert not Ticket.objects.exists()
    client.post(answer.url, {"discard": "1"})
    assert not TicketImport.objects.exists()


def test_words_that_were_entered_go_before_the_presets(client: Client) -> None:
    answer = upload(client, JIRA, value="severity:Blocker=high\n\nseverity:Trivial=medium")
    client.post(answer.url)
    assert sorted(Ticket.objects.values_list("severity", flat=True)) == ["high", "medium"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"value": "severity=high"}, "is not of the form FIELD:FROM=TO"),
        ({"map_owner": "Assignee"}, "The file has no column &#x27;Assignee&#x27;"),
        ({"default_category": "praise"}, "&#x27;praise&#x27; is none of bug_report"),
        ({"time_zone": "Mars"}, "is no IANA time zone"),
    ],
)
def test_a_wrong_option_is_told(client: Client, given: dict[str, str], says: str) -> None:
    assert says in text_of(upload(client, JIRA, **given))
    assert not TicketImport.objects.exists()


def test_only_who_may_triage_sees_the_way_there(client: Client) -> None:
    inbox = reverse("admin:feedback_ticket_changelist")
    assert IMPORT in text_of(client.get(inbox))
    viewer = builders.signed_in("Viewer")
    assert IMPORT not in text_of(viewer.get(inbox))
    assert viewer.get(IMPORT).status_code == 403
