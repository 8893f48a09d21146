"""Mails to reporters: once for each event, to everybody behind the ticket, with a link of their own."""

import re
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from feedback.models import Ticket
from feedback.tickets import erasing, links, mails, merging, messaging, quarantining, reporters
from operations.models import OutboxMessage
from operations.signed_links import SEPARATOR, BadLink
from tests.at_once import at_once
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in, in_quarantine, take

pytestmark = pytest.mark.django_db

ADDRESS = "pharmacist@example.org"


def written() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.order_by("created_at"))


def since(count: int) -> list[OutboxMessage]:
    """The mails after the first ones."""
    return written()[count:]


def newest() -> str:
    return str(written()[-1].payload["body"])


def to(messages: list[OutboxMessage]) -> list[str]:
    return sorted(message.payload["to"][0] for message in messages)


def three_merged() -> Ticket:
    """A ticket with two others merged into it, each of another reporter."""
    first = a_ticket(title="Reminders fail", reporter_email="one@example.org")
    for number in (2, 3):
        other = a_ticket(title=f"No reminders {number}", reporter_email=f"reporter{number}@example.org")
        merging.merge(other, first, actor=ROOT)
    return Ticket.objects.get(pk=first.pk)


def test_the_receipt_says_what_comes_next_and_holds_no_word_of_its_sender() -> None:
    ticket = a_ticket(
        title="Zebrafish pills", description="Xylophone offer", reporter_name="Quentin", feature_area="Walrus"
    )
    (receipt,) = written()
    whole = receipt.payload["subject"] + receipt.payload["body"]
    for word in ("Zebrafish", "Xylophone", "Quentin", "Walrus"):
        assert word not in whole
    assert receipt.payload["to"] == [ADDRESS]
    assert receipt.payload["subject"] == f"{ticket.reference}: your feedback has arrived"
    assert links.link_of(ticket).rpartition(".")[0].rpartition(".")[0] in whole
    assert "somebody of our team reads it" in whole


def test_one_address_gets_five_receipts_a_day_however_it_is_spelt() -> None:
    for number in range(7):
        a_ticket(title=f"Number {number}", reporter_email=ADDRESS.upper() if number % 2 else ADDRESS)
    assert len(written()) == 5
    a_ticket(reporter_email="other@example.org")
    assert len(written()) == 6
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        a_ticket(title="Tomorrow")
    assert len(written()) == 7


def test_other_mails_do_not_count_as_receipts() -> None:
    ticket = a_ticket()
    for _ in range(8):
        messaging.reply(ticket, actor=ROOT, body="One more thing")
    assert mails.received(a_ticket(title="Second")) == [ADDRESS]


def test_nobody_is_written_to_without_an_address_in_quarantine_or_after_erasure() -> None:
    silent = a_ticket(reporter_email="")
    assert mails.received(silent) == mails.fixed(silent, "1.0") == []
    spam = in_quarantine()
    before = len(written())
    assert mails.received(spam) == mails.fixed(spam, "1.0") == mails.moved(spam) == []
    declined = a_ticket_in("declined", title="To be erased")
    erased = erasing.erase(declined, actor=ROOT, reason="Asked for")
    # Even with an address, as of a row from before.
    erased.reporter_email = ADDRESS
    assert mails.fixed(erased, "1.0") == []
    assert not [message for message in since(before) if "1.0" in message.payload["subject"]]


def test_who_is_let_out_of_quarantine_gets_the_receipt_then() -> None:
    ticket = a_ticket(quarantine="4 links.")
    assert written() == []
    quarantining.release(ticket, actor=ROOT)
    assert to(written()) == [ADDRESS]


def test_a_reply_reaches_the_reporter_with_its_text() -> None:
    ticket = a_ticket()
    messaging.reply(ticket, actor=ROOT, body="Please restart it.")
    assert written()[-1].payload["subject"] == f"{ticket.reference}: an answer from our team"
    assert "Please restart it." in newest()
    messaging.reply(ticket, actor=ROOT, body="Did that help?", waits=True)
    assert written()[-1].payload["subject"] == f"{ticket.reference}: a question from our team"
    assert "We go on when you have answered." in newest()


def test_a_note_is_for_nobody_else() -> None:
    ticket = a_ticket()
    messaging.note(ticket, actor=ROOT, body="He calls daily.")
    assert len(written()) == 1


@pytest.mark.parametrize("state", ["triaged", "assigned", "in_progress"])
def test_the_teams_own_steps_are_not_mailed(state: str) -> None:
    a_ticket_in(state)
    assert len(written()) == 1


def test_who_reported_it_hears_that_it_is_done_and_is_asked_to_rate() -> None:
    ticket = take(a_ticket_in("triaged"), "resolve", fixed_in="2.4.1")
    assert written()[-1].payload["subject"] == f"{ticket.reference}: done"
    body = newest()
    assert "The fix comes with version 2.4.1." in body
    scores = re.findall(r"(\d), [a-z ]+: (\S+)\?score=(\d)", body)
    assert [(word, score) for word, _, score in scores] == [(str(n), str(n)) for n in (5, 4, 3, 2, 1)]
    assert {links.read(link.rpartition("/")[2]) for _, link, _ in scores} == {ticket}
    assert len(written()) == 2
    take(ticket, "verify")
    assert len(written()) == 2


def test_who_is_declined_reads_why() -> None:
    take(a_ticket(), "decline", reason="It is a setting of yours.")
    assert "Why: It is a setting of yours." in newest()


def test_each_time_that_it_is_done_is_told_once() -> None:
    ticket = a_ticket_in("resolved")
    assert mails.moved(ticket) == [ADDRESS]
    count = len(written())
    assert mails.moved(ticket) == [ADDRESS]
    assert len(written()) == count
    ticket = take(take(ticket, "reopen", reason="Not so"), "resolve")
    assert [message.payload["subject"].partition(": ")[2] for message in since(count)] == [
        "we are looking at it again",
        "done",
    ]
    assert "Not so" not in written()[-2].payload["body"]


def test_everybody_behind_a_ticket_hears_of_it_by_their_own_title_and_link() -> None:
    ticket = three_merged()
    before = len(written())
    take(take(ticket, "triage"), "resolve")
    found = since(before)
    assert to(found) == ["one@example.org", "reporter2@example.org", "reporter3@example.org"]
    own = next(message for message in found if message.payload["to"] == ["reporter2@example.org"])
    body = own.payload["body"]
    assert "No reminders 2" in body
    for others in ("Reminders fail", "No reminders 3", "one@example.org", "?score="):
        assert others not in body
    token = re.findall(r"/feedback/t/(\S+)", body)[-1]
    assert links.read(token).reporter_email == "reporter2@example.org"


def test_who_sent_several_of_them_is_written_to_once_of_the_main_one_if_theirs() -> None:
    ticket = three_merged()
    for title in ("Again", "And again"):
        merging.merge(a_ticket(title=title, reporter_email="ONE@example.org"), ticket, actor=ROOT)
    before = len(written())
    assert mails.fixed(ticket, "3.0") == ["one@example.org", "reporter2@example.org", "reporter3@example.org"]
    assert len(since(before)) == 3
    assert since(before)[0].payload["subject"] == f"{ticket.reference}: fixed in version 3.0"


def test_who_is_merged_out_of_an_erased_or_silent_ticket_hears_still() -> None:
    ticket = a_ticket(reporter_email="")
    merging.merge(a_ticket(title="Mine", reporter_email="two@example.org"), ticket, actor=ROOT)
    assert mails.fixed(ticket, "3.0") == ["two@example.org"]


def test_who_reopens_is_not_told_that_it_is_reopened_but_the_others_are() -> None:
    ticket = take(take(three_merged(), "triage"), "resolve")
    before = len(written())
    reporters.reopen(ticket, actor=reporters.actor_of(ticket), body="It fails again.")
    assert to(since(before)) == ["reporter2@example.org", "reporter3@example.org"]
    assert all("It fails again." not in message.payload["body"] for message in since(before))


def test_each_version_that_fixes_it_is_told_once() -> None:
    ticket = a_ticket_in("resolved")
    before = len(written())
    for version in ("1.0.1", "1.0.1", "1.0.2"):
        mails.fixed(ticket, version)
    assert [message.payload["subject"].rpartition(" ")[2] for message in since(before)] == ["1.0.1", "1.0.2"]


def test_a_subject_is_one_line_and_a_title_is_cut() -> None:
    ticket = a_ticket(title="W" * 200)
    mails.fixed(ticket, "1.0")
    assert f"“{'W' * 99}…”" in newest()
    assert "\n" not in written()[-1].payload["subject"]


def test_a_link_is_good_for_180_days_and_names_its_ticket_when_it_is_not() -> None:
    ticket = a_ticket()
    token = links.link_of(ticket).rpartition("/")[2]
    with time_machine.travel(timezone.now() + timedelta(days=179, hours=23)):
        assert links.read(token) == ticket
    with time_machine.travel(timezone.now() + timedelta(days=180, hours=1)):
        with pytest.raises(links.ExpiredLink) as expired:
            links.read(token)
        assert expired.value.reference == ticket.reference


def test_a_link_that_was_changed_is_refused() -> None:
    token = links.link_of(a_ticket()).rpartition("/")[2]
    for wrong in (token[:-1], token.swapcase(), f"{token}x", "x", "1.2.3", SEPARATOR * 3, ""):
        with pytest.raises(BadLink):
            links.read(wrong)


def test_links_lead_to_the_portal() -> None:
    assert re.fullmatch(r"https://portal\.example\.org/feedback/t/[\w.-]+", links.link_of(a_ticket()))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_tickets_for_one_address_at_once_make_five_receipts_too() -> None:
    at_once(*[partial(a_ticket, title=f"Number {number}") for number in range(10)])
    assert Ticket.objects.count() == 10
    assert len(written()) == 5
