"""A reporter's own page: opening it changes nothing, and it shows nobody else's words."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from feedback.lifecycle import State
from feedback.models import Message, Original, Resolution, Ticket, TicketEvent
from feedback.pages.standing import STANDINGS
from feedback.tickets import erasing, links, merging, messaging
from operations.models import AuditEvent, OutboxMessage
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in, in_quarantine, take

pytestmark = pytest.mark.django_db


def page_of(ticket: Ticket, client: Client | None = None, query: str = "") -> str:
    response = (client or Client()).get(links.path_of(ticket) + query)
    assert response.status_code == 200
    return str(response.content.decode())


def press(ticket: Ticket, button: str, **given: str) -> tuple[int, str]:
    """Press a button of the page; the status, and the page that is there then."""
    response = Client().post(links.path_of(ticket), {**given, button: ""}, follow=True)
    return response.status_code, response.content.decode()


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def counts() -> list[int]:
    return [each.objects.count() for each in (AuditEvent, TicketEvent, OutboxMessage, Message)]


def test_the_page_shows_what_was_said_without_patients() -> None:
    ticket = a_ticket(
        description="She, born 12/03/1980, got none.\nTwice.",
        steps=["Open it", "Wait"],
        expected_behavior="A mail",
        actual_behavior="Nothing",
    )
    page = page_of(ticket)
    for text in (ticket.reference, "Reminders are not sent", "Open it", "A mail", "Nothing", "Twice."):
        assert text in page
    assert "12/03/1980" not in page


def test_opening_it_changes_nothing() -> None:
    ticket = a_ticket_in("resolved")
    row, events = Ticket.objects.filter(pk=ticket.pk).values().get(), counts()
    for query in ("", "?score=5", "?done=rate"):
        for call in (Client().get, Client().head):
            response = call(links.path_of(ticket) + query)
            assert response.status_code == 200
            assert response["Cache-Control"] == "no-store"
            assert response["X-Robots-Tag"] == "noindex"
            assert response["Referrer-Policy"] == "same-origin"
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == row
    assert counts() == events
    assert Resolution.objects.get().score is None


def test_it_asks_no_other_host_and_holds_no_script() -> None:
    page = page_of(a_ticket_in("resolved"))
    assert not re.search(r'(src|href|action)="(?![/#])', page)
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.parametrize("state", [*State])
def test_every_state_is_told_in_plain_words(state: State) -> None:
    ticket = a_ticket_in(state)
    step, words = STANDINGS[state if state != State.DUPLICATE else State.NEW]
    page = page_of(ticket)
    assert words in page
    assert page.count('aria-current="step"') == (0 if step is None else 1)
    assert ("handle it together" in page) == (state == State.DUPLICATE)


def test_who_is_declined_reads_why_also_when_it_is_closed() -> None:
    ticket = take(a_ticket(), "decline", reason="It is a setting <of> yours.")
    assert "It is a setting &lt;of&gt; yours." in page_of(ticket)
    page = page_of(take(ticket, "close"))
    assert "It is a setting &lt;of&gt; yours." in page
    assert "we will not do it. It is closed." in page


def test_the_version_of_the_fix_is_told() -> None:
    ticket = take(a_ticket_in("triaged"), "resolve", fixed_in="2.4.1")
    assert "comes with version 2.4.1." in page_of(ticket)


def test_replies_and_answers_are_there_and_notes_and_names_of_the_team_are_not() -> None:
    ticket = a_ticket()
    messaging.note(ticket, actor=ROOT, body="Knows nothing")
    messaging.reply(ticket, actor=ROOT, body="Which <b>version</b>?", waits=True)
    assert "wait for your answer" in page_of(ticket)
    status, page = press(ticket, "answer", body="Version 2.\r\nOn Windows.")
    assert status == 200
    assert "your message has arrived" in page
    assert "Which &lt;b&gt;version&lt;/b&gt;?" in page
    assert "Version 2.<br>On Windows." in page
    assert "Knows nothing" not in page
    assert "root" not in page
    assert again(ticket).waiting_since is None
    event = AuditEvent.objects.filter(action="ticket.answered").get()
    assert (event.door, event.actor) == ("api", f"reporter:{ticket.reference}")


def test_an_answer_is_free_of_patients_too() -> None:
    ticket = a_ticket()
    _, page = press(ticket, "answer", body="She was born 12/03/1980.")
    assert "12/03/1980" not in page
    assert Original.objects.filter(ticket=ticket, field__startswith="message:").exists()


@pytest.mark.parametrize("body", ["", " \n ", "x" * 10_001, "a\0b"])
def test_an_answer_that_is_not_taken_comes_back_as_it_was(body: str) -> None:
    ticket = a_ticket()
    status, page = press(ticket, "answer", body=body)
    assert status == 400
    assert re.search(r'id="id_body_error">.', page)
    assert body.strip() in page
    assert not Message.objects.exists()


def test_who_says_that_it_is_not_fixed_opens_it_again() -> None:
    ticket = a_ticket_in("closed")
    status, page = press(ticket, "reopen", wrong="Still <none>.")
    assert status == 200
    assert "it is open again" in page
    assert "Still &lt;none&gt;." in page
    assert again(ticket).state == State.REOPENED
    moved = TicketEvent.objects.filter(ticket=ticket, kind="moved").latest("pk")
    assert moved.by == f"api:reporter:{ticket.reference}"
    assert "Still" not in moved.text


def test_it_can_be_opened_again_for_30_days_and_answered_after() -> None:
    ticket = a_ticket_in("resolved")
    with time_machine.travel(timezone.now() + timedelta(days=29, hours=23)):
        assert 'name="reopen"' in page_of(ticket)
    path = links.path_of(ticket)
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        assert 'name="reopen"' not in page_of(ticket)
        late = Client().post(path, {"wrong": "Still", "reopen": ""})
        assert late.status_code == 409
        assert "more than 30 days ago" in late.content.decode()
        assert re.search(r'name="body"[^>]*>\s*Still<', late.content.decode())
        assert press(ticket, "answer", body="Still")[0] == 200
    assert again(ticket).state == State.RESOLVED


@pytest.mark.parametrize("state", ["new", "in_progress", "declined", "reopened"])
def test_what_is_not_done_cannot_be_opened_again_or_rated(state: str) -> None:
    ticket = a_ticket_in(state)
    page = page_of(ticket)
    assert 'name="reopen"' not in page
    assert 'name="rate"' not in page
    status, page = press(ticket, "reopen", wrong="My own words")
    assert status == 409
    assert press(ticket, "rate", score="5")[0] == 409
    assert again(ticket).state == state


def test_who_is_done_rates_and_changes_it_for_seven_days() -> None:
    ticket = a_ticket_in("resolved")
    assert re.search(r'value="4"[^>]* checked', page_of(ticket, query="?score=4"))
    status, page = press(ticket, "rate", score="4", comment="Quick")
    assert status == 200
    assert "Thank you for your rating." in page
    assert re.search(r'value="4"[^>]* checked', page)
    press(ticket, "rate", score="2", comment="Slow after all")
    found = Resolution.objects.get()
    assert (found.score, found.comment) == (2, "Slow after all")
    path = links.path_of(ticket)
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert 'name="rate"' not in page_of(ticket)
        assert Client().post(path, {"score": "5", "rate": ""}).status_code == 409
    assert Resolution.objects.get().score == 2


@pytest.mark.parametrize("score", ["", "0", "6", "five", "4.5"])
def test_a_rating_is_a_number_from_1_to_5(score: str) -> None:
    ticket = a_ticket_in("resolved")
    status, page = press(ticket, "rate", score=score, comment="My own words")
    assert status == 400
    assert "My own words" in page
    assert 'id="id_score_error"' in page
    assert Resolution.objects.get().score is None


def test_a_score_in_the_address_that_is_none_chooses_none() -> None:
    ticket = a_ticket_in("resolved")
    for query in ("?score=9", "?score=", '?score="><script>'):
        page = page_of(ticket, query=query)
        assert " checked" not in page
        assert "<script" not in page


def test_a_merged_ticket_stands_where_the_common_one_does_without_anybody_elses_words() -> None:
    common = a_ticket(title="Common title", description="Secret words", reporter_email="one@example.org")
    messaging.reply(common, actor=ROOT, body="Only for the first")
    mine = a_ticket(title="My title", reporter_email="two@example.org")
    merging.merge(mine, common, actor=ROOT)
    messaging.reply(common, actor=ROOT, body="For all of you", waits=True)
    assert "wait for your answer" in page_of(common)
    assert "wait for your answer" not in page_of(mine)
    press(common, "answer", body="Words of the first")
    press(again(mine), "answer", body="Words of mine")
    take(again(common), "triage")
    page = page_of(mine)
    for text in ("My title", "For all of you", "Words of mine", STANDINGS[State.TRIAGED][1]):
        assert text in page
    for text in (
        "Common title",
        "Secret words",
        "Only for the first",
        "Words of the first",
        common.reference,
    ):
        assert text not in page
    assert "Words of mine" not in page_of(common)
    take(take(again(common), "start"), "resolve")
    page = page_of(mine)
    assert STANDINGS[State.RESOLVED][1] in page
    assert 'name="rate"' not in page
    assert 'name="reopen"' not in page
    assert press(again(mine), "reopen", wrong="Not for me")[0] == 409
    assert press(again(mine), "rate", score="1")[0] == 409
    assert again(common).state == State.RESOLVED


def test_who_is_in_quarantine_sees_what_everybody_sees() -> None:
    ticket = in_quarantine()
    page = page_of(ticket)
    assert STANDINGS[State.NEW][1] in page
    assert "quarantine" not in page
    assert "spam" not in page
    assert press(ticket, "answer", body="I am a person")[0] == 200
    assert again(ticket).quarantined_at is not None


def test_of_an_erased_ticket_only_where_it_stands_is_left() -> None:
    ticket = a_ticket_in("resolved")
    messaging.reply(ticket, actor=ROOT, body="Hello")
    erasing.erase(ticket, actor=ROOT, reason="Asked for")
    page = page_of(ticket)
    assert "was erased" in page
    assert STANDINGS[State.RESOLVED][1] in page
    assert "<form" not in page
    assert "Hello" not in page
    assert press(ticket, "answer", body="Still there?")[0] == 409


def test_wrong_and_old_links_say_so_in_words() -> None:
    ticket = a_ticket()
    path = links.path_of(ticket)
    assert Client().get(path + "x").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=181)):
        old = Client().get(path)
        assert Client().post(path, {"body": "Hello", "answer": ""}).status_code == 410
    assert old.status_code == 410
    assert ticket.reference in old.content.decode()
    assert old["Cache-Control"] == "no-store"


def test_the_link_opens_this_ticket_and_nothing_else() -> None:
    ticket, other = a_ticket(), a_ticket(title="Of somebody else")
    client = Client()
    assert "Of somebody else" not in page_of(ticket, client)
    token = links.path_of(ticket).rpartition("/")[2]
    head, _, rest = token.partition(".")
    forged = links.path_of(other).rpartition("/")[2].partition(".")[0]
    assert head != forged
    assert client.get(f"/feedback/t/{forged}.{rest}").status_code == 404
    assert client.get("/admin/").status_code == 302


def test_guessing_is_slowed_down_and_those_who_were_sent_a_link_are_not() -> None:
    client = Client()
    found = [client.get(f"/feedback/t/guess{number}").status_code for number in range(21)]
    assert found == [404] * 20 + [429]
    assert int(client.get("/feedback/t/guess")["Retry-After"]) >= 1
    assert client.get(links.path_of(a_ticket())).status_code == 200


def test_one_link_cannot_flood_a_ticket() -> None:
    ticket = a_ticket()
    path = links.path_of(ticket)
    found = [Client().post(path, {"body": "Again", "answer": ""}).status_code for _ in range(31)]
    assert found == [302] * 30 + [429]
    late = Client().post(path, {"body": "My own words", "answer": ""})
    assert "My own words" in late.content.decode()
    assert int(late["Retry-After"]) >= 1


def test_a_form_of_another_site_is_refused_and_an_old_cookie_loses_nothing() -> None:
    ticket, strict = a_ticket(), Client(enforce_csrf_checks=True)
    path = links.path_of(ticket)
    answer = strict.post(path, {"body": "My own words", "answer": ""})
    assert answer.status_code == 403
    assert "My own words" in answer.content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.content.decode())
    assert token
    sent = {"body": "My own words", "answer": "", "csrfmiddlewaretoken": token[1]}
    assert strict.post(path, sent, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert not Message.objects.exists()
    assert strict.post(path, sent).status_code == 302


def test_no_link_and_no_text_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ticket = a_ticket(description="Wombat")
    for button, given in (
        ("answer", {"body": "Capybara"}),
        ("answer", {"body": ""}),
        ("reopen", {"wrong": "x"}),
    ):
        press(ticket, button, **given)
    Client().get(links.path_of(ticket) + "x")
    for text in ("/feedback/t/", "Wombat", "Capybara"):
        assert text not in caplog.text


def test_nothing_else_can_be_done_with_a_link() -> None:
    path = links.path_of(a_ticket())
    calls: list[Any] = [Client().put, Client().delete, Client().patch]
    assert [call(path).status_code for call in calls] == [405, 405, 405]


def test_the_page_takes_few_queries_however_much_was_written(django_assert_max_num_queries: Any) -> None:
    ticket = a_ticket_in("resolved")
    for number in range(20):
        messaging.reply(ticket, actor=ROOT, body=f"Reply {number}")
    path = links.path_of(ticket)
    with django_assert_max_num_queries(8):
        Client().get(path)
