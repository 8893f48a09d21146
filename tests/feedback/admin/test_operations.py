"""Every operation on a ticket through the admin: it does what its verb does, for whom it is permitted to."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from feedback.admin.tickets.operations import OPERATIONS
from feedback.lifecycle import State
from feedback.models import CannedReply, Enhancement, Likeness, Merge, Message, Ticket, TicketEvent
from feedback.tickets import merging, messaging
from operations.groups import ADMINISTRATOR, ALL, PRODUCT_MANAGER, RELEASE_MANAGER, SUPPORT, VIEWER
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.feedback import builders as made
from tests.feedback.admin.inbox import confirm, operate, preview, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> Client:
    return builders.signed_in(SUPPORT, "grace")


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.parametrize(
    ("name", "before", "inputs", "after"),
    [
        ("triage", State.NEW, {}, State.TRIAGED),
        ("take", State.NEW, {}, State.ASSIGNED),
        ("start", State.TRIAGED, {}, State.IN_PROGRESS),
        ("resolve", State.IN_PROGRESS, {"fixed_in": "2.4.0"}, State.RESOLVED),
        ("verify", State.RESOLVED, {}, State.VERIFIED),
        ("close", State.VERIFIED, {}, State.CLOSED),
        ("decline", State.NEW, {"reason": "Not ours"}, State.DECLINED),
        ("reopen", State.CLOSED, {"reason": "It came back"}, State.REOPENED),
    ],
)
def test_each_step_is_taken(
    name: str, before: str, inputs: dict[str, str], after: str, support: Client
) -> None:
    ticket = made.a_ticket_in(before)
    assert preview(support, name, ticket).status_code == 200
    confirm(support, name, ticket, **inputs)
    assert again(ticket).state == after
    newest = TicketEvent.objects.filter(ticket=ticket, kind="moved").latest("pk")
    assert newest.by == "admin:grace"


def test_a_step_that_the_state_does_not_allow_is_refused_with_those_that_it_does(support: Client) -> None:
    ticket = made.a_ticket_in(State.CLOSED)
    said = confirm(support, "triage", ticket)
    assert "triage is not possible. Allowed: reopen." in said
    assert again(ticket).state == State.CLOSED


def test_triage_corrects_severity_and_category_in_the_same_step(support: Client) -> None:
    ticket = made.a_ticket(severity="low", category="general_feedback")
    confirm(support, "triage", ticket, severity="critical", category="bug_report")
    ticket = again(ticket)
    assert (ticket.state, ticket.severity, ticket.category) == (State.TRIAGED, "critical", "bug_report")


def test_triage_that_is_refused_corrects_nothing(support: Client) -> None:
    ticket = made.a_ticket_in(State.RESOLVED, severity="low")
    confirm(support, "triage", ticket, severity="critical")
    assert again(ticket).severity == "low"


def test_a_ticket_is_assigned_to_who_may_work_on_it_and_to_nobody_else(support: Client) -> None:
    ticket, linus = made.a_ticket(), made.an_agent("linus")
    viewer = builders.a_person("vera", group=VIEWER)
    page = preview(support, "assign", ticket).content.decode()
    assert ">linus</option>" in page
    assert ">vera</option>" not in page
    confirm(support, "assign", ticket, owner=viewer.pk)
    assert again(ticket).owner is None
    confirm(support, "assign", ticket, owner=linus.pk)
    assert again(ticket).owner == linus


def test_a_reply_shows_what_arrives_and_who_reads_it_and_may_wait(support: Client) -> None:
    ticket = made.a_ticket(reporter_name="Mary")
    canned = CannedReply.objects.create(name="Thanks", body="Dear {reporter},\nthank you for {reference}.")
    page = preview(support, "reply", ticket, canned=canned.pk).content.decode()
    assert f"Dear Mary,\nthank you for {ticket.reference}." in page
    assert "By mail to 1 person (pharmacist@example.org)" in page
    assert "Dear {reporter}," in page
    assert not Message.objects.exists()
    body = "Dear {reporter}, which browser is it?"
    seen = "text=Dear+%7Breporter%7D%2C+which+browser+is+it%3F&waits=True"
    confirm(support, "reply", ticket, text=body, waits="on", seen=seen)
    message = Message.objects.get()
    assert (message.kind, message.body) == ("reply", "Dear Mary, which browser is it?")
    assert again(ticket).waiting_since is not None
    confirm(support, "resume", again(ticket))
    assert again(ticket).waiting_since is None


def test_a_prepared_text_is_shown_before_it_is_sent(support: Client) -> None:
    ticket = made.a_ticket()
    canned = CannedReply.objects.create(name="Thanks", body="We look at it.")
    said = confirm(support, "reply", ticket, text="Hello.", canned=canned.pk, seen="text=Hello.&waits=False")
    assert "Confirm once more" in said
    assert "Hello.\n\nWe look at it." in said
    assert not Message.objects.exists()


def test_what_is_merged_into_the_ticket_is_told_in_words_for_everybody(support: Client) -> None:
    ticket = made.a_ticket(reporter_name="Mary")
    merging.merge(made.a_ticket(reporter_email="two@example.org"), ticket, actor=ROOT)
    page = preview(support, "reply", ticket, text="Dear {reporter}").content.decode()
    assert "By mail to 2 people" in page
    assert "Dear there" in page


def test_a_note_is_for_the_team(support: Client) -> None:
    ticket = made.a_ticket()
    confirm(support, "note", ticket, text="Seen in the log")
    assert Message.objects.get().kind == "note"
    assert "Internal note" in text(support, ticket)


def test_one_ticket_is_merged_by_reference_or_link_seen_side_by_side_and_taken_out_again(
    support: Client,
) -> None:
    one, other = made.a_ticket(title="Reminders fail"), made.a_ticket(title="No reminder")
    Likeness.objects.create(ticket=other, other=one, score=0.61, words=["reminder"])
    page = preview(support, "merge", other, into=one.reference).content.decode()
    assert "They seem alike by 61 %" in page
    assert "Reminders fail" in page
    assert "No reminder" in page
    link = f"https://portal.example/admin/feedback/ticket/{one.pk}/change/"
    confirm(
        support,
        "merge",
        other,
        into=link,
        reason="Same cause",
        seen=f"into={link}".replace(":", "%3A").replace("/", "%2F"),
    )
    assert again(other).merged_into == one
    assert Merge.objects.get().reason == "Same cause"
    assert "Merged into <a" in text(support, other)
    assert "Take out again" in text(support, one)
    confirm(support, "unmerge", other, reason="Not the same")
    assert again(other).merged_into is None
    assert "undone" in text(support, one)


def test_a_reference_that_is_none_is_a_fault_of_its_field(support: Client) -> None:
    ticket = made.a_ticket()
    assert "There is no ticket" in confirm(support, "merge", ticket, into="FB-999")
    assert again(ticket).state == State.NEW


def test_similar_ones_are_offered_with_the_words_and_can_be_called_different(support: Client) -> None:
    one, other = made.a_ticket(title="Reminders fail"), made.a_ticket(title="No reminder")
    Likeness.objects.create(ticket=other, other=one, score=0.61, words=["reminder", "mail"])
    page = text(support, one)
    assert "61 %" in page
    assert "both say <em>reminder, mail</em>" in page
    assert f"{operate('merge')}?object={one.pk}&amp;into={other.reference}" in page
    confirm(support, "not-similar", one, other=other.pk)
    assert "61 %" not in text(support, one)


def test_a_ticket_is_edited_whole(support: Client) -> None:
    plan = builders.a_plan(2)
    ticket = made.a_ticket()
    wish = Enhancement.objects.create(name="A mobile app")
    phase = plan.phases.first()
    assert phase is not None
    given = {
        "title": "Reminders are late",
        "description": "By an hour.",
        "category": "feature_request",
        "severity": "high",
        "feature_area": "reminders",
        "release": "2.3.1",
        "module": plan.module.pk,
        "workspace": "W00001",
        "flag": builders.flag().pk,
        "phase": phase.pk,
        "enhancement": wish.pk,
        "tags": "Mobile, head office,mobile",
    }
    confirm(support, "edit", ticket, **given)
    ticket = again(ticket)
    for name in ("title", "description", "category", "severity", "feature_area", "release"):
        assert getattr(ticket, name) == given[name]
    assert ticket.module == plan.module
    assert ticket.workspace_id == "W00001"
    assert (ticket.flag, ticket.phase, ticket.enhancement) == (builders.flag(), phase, wish)
    assert sorted(tag.name for tag in ticket.tags.all()) == ["head office", "mobile"]
    page = text(support, ticket)
    assert "Who has <code>patient_engagement_module</code> there?" in page
    assert "?unit=W00001" in page
    assert "severity medium → high" in page


def test_of_two_who_edit_the_later_hears_of_the_first_and_loses_nothing_typed(support: Client) -> None:
    ticket = made.a_ticket()
    other = builders.signed_in(SUPPORT, "linus")
    assert confirm(other, "triage", ticket, severity="high")
    given = {"title": "What I typed", "description": "All of it", "category": "bug_report", "severity": "low"}
    said = confirm(support, "edit", ticket, **given)
    assert "was changed since you opened it. linus: triaged. linus: changed, severity medium → high." in said
    assert 'value="What I typed"' in said
    assert "All of it</textarea>" in said
    assert again(ticket).severity == "high"
    assert f'value="{ticket.pk}:{again(ticket).version}"' in said


def test_a_phone_call_is_written_down_after_a_look_at_what_is_known(support: Client) -> None:
    given = {
        "title": "The printer is silent",
        "description": "No label comes out.",
        "category": "bug_report",
        "severity": "high",
        "steps": "Open the order\n\nPress print",
        "reporter_email": "mary@example.org",
    }
    page = support.post(operate("add"), {**given, "_preview": "1"}).content.decode()
    assert "No ticket seems to say the same." in page
    assert not Ticket.objects.exists()
    seen = "title=The+printer+is+silent&description=No+label+comes+out."
    assert "is added" in support.post(operate("add"), {**given, "seen": seen}, follow=True).content.decode()
    ticket = Ticket.objects.get()
    assert ticket.source == "person"
    assert ticket.steps == ["Open the order", "Press print"]
    assert ticket.received_by == "admin:grace"


def test_spam_is_put_apart_and_brought_back(support: Client) -> None:
    ticket = made.a_ticket()
    confirm(support, "quarantine", ticket, reason="Sells pills")
    assert again(ticket).quarantined_at is not None
    assert "Sells pills" in text(support, ticket)
    confirm(support, "release", ticket)
    assert again(ticket).quarantined_at is None


def test_a_file_is_attached_and_offered(support: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket = made.a_ticket()
    assert "multipart/form-data" in preview(support, "attach", ticket).content.decode()
    confirm(support, "attach", ticket, file=SimpleUploadedFile("error.txt", b"It failed"))
    assert ticket.attachments.get().name == "error.txt"
    assert "error.txt" in text(support, ticket)
    confirm(support, "attach", ticket, file=SimpleUploadedFile("evil.exe", b"MZ\x00\x01"))
    assert ticket.attachments.count() == 1


def test_the_original_is_shown_once_on_a_page_of_its_own_and_leaves_a_trace(support: Client) -> None:
    ticket = made.a_ticket(description="NHS number 943 476 5919 is lost")
    shown = text(support, ticket)
    assert "943 476 5919" not in shown
    assert '<mark class="tk-redacted"' in shown
    asked = preview(support, "original", ticket)
    assert "943 476 5919" not in asked.content.decode()
    answer = support.post(operate("original"), {"object": f"{ticket.pk}:{ticket.version}"})
    assert "943 476 5919" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert AuditEvent.objects.filter(action="ticket.original_read").count() == 1
    assert "Original read" in text(support, ticket)


def test_the_texts_of_a_closed_ticket_are_erased_for_good() -> None:
    administrator = builders.signed_in(ADMINISTRATOR)
    ticket = made.a_ticket_in(State.CLOSED, title="Mrs Jones cannot log in")
    confirm(administrator, "erase", ticket, reason="She asked for it")
    assert "Mrs Jones" not in text(administrator, ticket)
    assert "Its texts were erased" in text(administrator, ticket)


def test_a_wish_is_put_into_an_enhancement(support: Client) -> None:
    wish = Enhancement.objects.create(name="A mobile app")
    ticket = made.a_ticket(category="feature_request")
    confirm(support, "enhancement", ticket, enhancement=wish.pk)
    assert again(ticket).enhancement == wish


# Who may do what beside looking: the groups that hold each permission.
WORKERS = {SUPPORT, PRODUCT_MANAGER, RELEASE_MANAGER, ADMINISTRATOR}
PERMITTED = {
    "feedback.add_ticket": WORKERS,
    "feedback.change_ticket": WORKERS,
    "feedback.triage_ticket": WORKERS,
    "feedback.view_original": {SUPPORT, ADMINISTRATOR},
    "feedback.erase_ticket": {ADMINISTRATOR},
}


@pytest.mark.parametrize("group", ALL)
def test_each_group_does_what_it_may_and_is_offered_nothing_else(group: str) -> None:
    ticket = made.a_ticket(description="NHS number 943 476 5919 is lost")
    messaging.note(ticket, actor=ROOT, body="For the team")
    client = builders.signed_in(group)
    shown = text(client, ticket)
    assert "Reminders are not sent" in shown
    for operation in OPERATIONS:
        may = group in PERMITTED[operation.permission]
        assert may or f"{operate(operation.name)}?object={ticket.pk}" not in shown, operation.name
    # One operation of each permission: the confirmation page asks for nothing but it.
    for permission, name in {operation.permission: operation.name for operation in OPERATIONS}.items():
        answer = client.get(operate(name), {"object": ticket.pk})
        assert answer.status_code == (200 if group in PERMITTED[permission] else 403), name
