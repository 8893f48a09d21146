"""The public form: anybody may send feedback; nothing that was typed is lost, and spam is kept apart."""

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from feedback.models import Attachment, Message, Ticket
from feedback.pages import once, stamps
from feedback.tickets import links
from feedback.tickets.drafts import LIMITS
from operations.models import AuditEvent, OutboxMessage
from tests import builders
from tests.feedback.builders import a_ticket

pytestmark = pytest.mark.django_db

FORM = "/feedback/"
SAID = {
    "category": "bug_report",
    "title": "Reminders are not sent",
    "description": "Since Tuesday no reminder is sent.",
}
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Safari/537.36"
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea735817d0000000049454e44ae426082"
)


def a_stamp(seconds: float = 60) -> str:
    with time_machine.travel(timezone.now() - timedelta(seconds=seconds), tick=False):
        return stamps.new()


def send(client: Client | None = None, *, seconds: float = 60, **given: Any) -> Any:
    """Send the form; what is given as None is left out."""
    said = {"stamp": a_stamp(seconds), **SAID, **given}
    return (client or Client()).post(FORM, {name: each for name, each in said.items() if each is not None})


def the_ticket() -> Ticket:
    return Ticket.objects.get()


def page_of(response: Any) -> str:
    return str(response.content.decode())


def test_what_is_sent_becomes_a_ticket_and_its_sender_sees_the_reference() -> None:
    client = Client()
    answer = send(client, reporter_email="ada@example.org", reporter_name="Ada")
    assert answer.status_code == 302
    ticket = the_ticket()
    assert (ticket.title, ticket.source, ticket.severity) == ("Reminders are not sent", "form", "medium")
    assert (ticket.reporter_name, ticket.reporter_email) == ("Ada", "ada@example.org")
    assert ticket.quarantined_at is None
    thanks = client.get(answer["Location"])
    assert ticket.reference in page_of(thanks)
    assert thanks["Cache-Control"] == "no-store"
    [link] = re.findall(r"https://portal\.example\.org/feedback/t/([\w.-]+)", page_of(thanks))
    assert links.read(link) == ticket
    assert OutboxMessage.objects.get().payload["to"] == ["ada@example.org"]
    event = AuditEvent.objects.get(action="ticket.submitted")
    assert (event.door, event.actor) == ("api", "public form")


def test_every_field_arrives() -> None:
    builders.modules()
    builders.workspaces(["PH-17"])
    answer = send(
        severity="critical",
        workspace="PH-17",
        module="patient_engagement",
        feature_area="reminders",
        release="2.4.1",
        steps="Open it\r\n\r\n  Wait \r\n",
        expected_behavior="One\r\ntwo",
        actual_behavior="Nothing",
        browser_info="Chrome 118",
        device_info="Windows",
        satisfaction_rating="2",
        usability_rating="",
        performance_rating="5",
    )
    assert answer.status_code == 302
    ticket = the_ticket()
    assert (ticket.severity, ticket.feature_area, ticket.release) == ("critical", "reminders", "2.4.1")
    assert ticket.module is not None
    assert (ticket.workspace_id, ticket.module.key) == ("PH-17", "patient_engagement")
    assert (ticket.steps, ticket.expected_behavior) == (["Open it", "Wait"], "One\ntwo")
    assert (ticket.actual_behavior, ticket.browser_info, ticket.device_info) == (
        "Nothing",
        "Chrome 118",
        "Windows",
    )
    ratings = (ticket.satisfaction_rating, ticket.usability_rating, ticket.performance_rating)
    assert ratings == (2, None, 5)


@pytest.mark.parametrize(
    ("header", "locale"), [("en-GB,en;q=0.9", "en-GB"), ("de;q=0.5", "de"), ("*", ""), ("<b>", ""), ("", "")]
)
def test_the_browsers_language_goes_along_where_it_is_one(header: str, locale: str) -> None:
    assert send(Client(HTTP_ACCEPT_LANGUAGE=header)).status_code == 302
    assert the_ticket().reporter_locale == locale


def test_the_form_is_filled_in_by_the_address_as_far_as_it_is_valid() -> None:
    builders.modules()
    query = "?module=patient_engagement&workspace=PH-17&category=feature_request&release=2.4.1"
    page = page_of(Client(HTTP_USER_AGENT=CHROME).get(FORM + query))
    for found in (
        r'value="patient_engagement" selected',
        r'name="workspace" value="PH-17"',
        r'value="feature_request"[^>]* checked',
        r'name="release" value="2.4.1"',
        r'name="browser_info" value="Chrome 118.0.0.0"',
        r'name="device_info" value="Linux"',
    ):
        assert re.search(found, page), found
    wrong = f"?module=nothing&workspace={'x' * 101}&category=spam&release=a%00b"
    page = page_of(Client().get(FORM + wrong))
    assert " selected" not in page.replace('value="" selected', "")
    assert "xxx" not in page
    assert page.count(" checked") == page_of(Client().get(FORM)).count(" checked")


def test_a_script_in_the_address_or_in_a_field_is_text() -> None:
    evil = '"><script>alert(1)</script>'
    assert "<script" not in page_of(Client().get(FORM, {"workspace": evil, "release": evil}))
    answer = send(title=evil, description=evil, category=None)
    assert answer.status_code == 400
    assert "<script" not in page_of(answer)
    client = Client()
    assert send(client, title=evil, description=evil).status_code == 302
    assert "<script" not in page_of(client.get(links.path_of(the_ticket())))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("category", None, "Choose what it is about."),
        ("category", "spam", "Select a valid choice"),
        ("title", " ", "Say in a few words what it is."),
        ("title", "t" * 201, "at most 200 characters"),
        ("title", "a\0b", "Null characters are not allowed"),
        ("description", None, "Describe what happened"),
        ("description", "d" * (LIMITS["description"] + 1), f"at most {LIMITS['description']} characters"),
        ("severity", "dire", "Select a valid choice"),
        ("reporter_email", "nobody@", "This is no e-mail address."),
        ("reporter_name", "n" * 201, "at most 200 characters"),
        ("module", "nothing", "Select a valid choice"),
        ("steps", "s" * 1_001, "This must be text of 1 to 1,000 characters"),
        ("satisfaction_rating", "6", "Select a valid choice"),
        ("workspace", "w" * 101, "at most 100 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    field: str, value: str | None, said: str
) -> None:
    typed = {"title": "My own words", "description": "A long story", "reporter_name": "Ada Lovelace"}
    given: dict[str, Any] = {**typed, field: value}
    answer = send(**given)
    assert answer.status_code == 400
    page = page_of(answer)
    assert re.search(rf'id="id_{field}_error">[^<]*{re.escape(said)}', page)
    assert 'role="alert"' in page
    for name, text in typed.items():
        if name != field:
            assert text in page
    assert not Ticket.objects.exists()


def test_line_ends_do_not_make_a_text_too_long() -> None:
    assert send(description="x\r\n" * 9_999).status_code == 302


def test_a_body_of_many_megabytes_is_refused_in_words() -> None:
    answer = send(title="t" * (11 * 1024 * 1024))
    assert answer.status_code == 413
    assert "This is too much at once" in page_of(answer)
    huge = Client().post(
        FORM, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="999999999999"
    )
    assert huge.status_code == 413
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("text", ["שלום עולם", "🦄💊", "e\u0301\u202eabc", "'; DROP TABLE x; --"])
def test_text_of_any_kind_is_kept_as_it_is(text: str) -> None:
    assert send(title=text, description=text).status_code == 302
    assert (the_ticket().title, the_ticket().description) == (text, text)


def test_a_file_comes_with_the_ticket() -> None:
    picture = SimpleUploadedFile("screen.png", PIXEL, "image/png")
    log = SimpleUploadedFile("server.log", b"Error at 12:00\n", "text/plain")
    assert send(attachments=[picture, log]).status_code == 302
    found = Attachment.objects.order_by("pk").values_list("name", "content_type")
    assert [name for name, _ in found] == ["screen.png", "server.log"]


def test_a_file_that_is_not_taken_is_named_and_nothing_else_is_lost() -> None:
    program = SimpleUploadedFile("setup.exe", b"MZ\x90\x00" * 20, "application/octet-stream")
    answer = send(attachments=[program], description="A long story")
    page = page_of(answer)
    assert answer.status_code == 400
    assert re.search(r'id="id_attachments_error">This file, setup\.exe, must', page)
    assert "A long story" in page
    assert "choose your files again" in page
    assert not Ticket.objects.exists()


def test_a_workspace_that_is_unknown_is_noted_and_strangers_cannot_tell() -> None:
    builders.workspaces(["PH-17"])
    known, unknown = send(workspace="PH-17"), send(workspace="High Street Pharmacy", title="Another one")
    assert known.status_code == unknown.status_code == 302
    first, second = Ticket.objects.order_by("pk")
    assert (first.workspace_id, second.workspace_id) == ("PH-17", None)
    note = Message.objects.get()
    assert (note.ticket, note.kind) == (second, "note")
    assert note.body.endswith(": High Street Pharmacy")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"website": "https://buy.example"}, "A field that people do not see was filled in."),
        ({"seconds": 1}, "Sent 1.0 seconds after the form was opened."),
        ({"description": "http://a.x http://b.x http://c.x http://d.x"}, "4 links."),
        ({"steps": "[url=http://a.x]"}, "Links written as a forum or a web page does."),
    ],
)
def test_spam_is_kept_apart_and_its_sender_sees_what_all_see(given: dict[str, Any], reason: str) -> None:
    client = Client()
    answer = send(client, reporter_email="victim@example.org", **given)
    ticket = the_ticket()
    assert ticket.quarantined_at is not None
    assert ticket.quarantine_reason.startswith(reason[:9])
    assert not OutboxMessage.objects.exists()
    spam = page_of(client.get(answer["Location"]))
    good_answer = send(client, title="Another", description="One")
    good = page_of(client.get(good_answer["Location"]))

    def plain(page: str) -> str:
        return re.sub(r"FB-\d+|/feedback/t/[\w.-]+", "", page)

    assert plain(spam) == plain(good)
    assert client.get(links.path_of(ticket)).status_code == 200


def test_the_same_text_again_is_kept_apart() -> None:
    for _ in range(2):
        assert send(description="Call Mr Smith on 0123 4567890").status_code == 302
    first, second = Ticket.objects.order_by("pk")
    assert first.quarantined_at is None
    assert second.quarantine_reason == f"The same text came before, within a day: {first.reference}."
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        send(description="Call Mr Smith on 0123 4567890")
    assert Ticket.objects.latest("pk").quarantined_at is None


def test_a_button_that_is_pressed_twice_makes_one_ticket() -> None:
    said = {"stamp": a_stamp(), **SAID}
    first, second = Client().post(FORM, said), Client().post(FORM, said)
    assert first["Location"].partition("?")[0] == second["Location"].partition("?")[0]
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("stamp", ["", "forged", "a:b:c", None])
def test_a_form_without_a_stamp_of_ours_comes_back_and_can_be_sent_at_once(stamp: str | None) -> None:
    answer = send(stamp=stamp)
    page = page_of(answer)
    assert answer.status_code == 400
    assert "Reminders are not sent" in page
    [renewed] = re.findall(r'name="stamp" value="([^"]+)"', page)
    assert send(stamp=renewed).status_code == 302
    assert the_ticket().quarantined_at is None


def test_a_form_that_was_open_for_more_than_a_day_is_asked_again_and_not_lost() -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=25)):
        old = stamps.new()
    answer = send(stamp=old)
    assert answer.status_code == 400
    assert "open for more than a day" in page_of(answer)
    assert "Since Tuesday no reminder is sent." in page_of(answer)
    assert send(seconds=23 * 3600).status_code == 302


def test_a_form_of_another_site_is_not_taken_and_an_old_cookie_loses_nothing() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = send(strict)
    assert answer.status_code == 403
    page = page_of(answer)
    assert "Since Tuesday no reminder is sent." in page
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    [stamp] = re.findall(r'name="stamp" value="([^"]+)"', page)
    sent = {**SAID, "stamp": stamp, "csrfmiddlewaretoken": token}
    assert strict.post(FORM, sent, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert not Ticket.objects.exists()
    assert strict.post(FORM, sent).status_code == 302
    assert the_ticket().quarantined_at is None


def test_one_address_sends_twenty_an_hour_and_loses_nothing_after() -> None:
    found = [send(title=f"Number {number}").status_code for number in range(21)]
    assert found == [302] * 20 + [429]
    answer = send(title="The last one")
    assert "The last one" in page_of(answer)
    assert 0 < int(answer["Retry-After"]) <= 3600
    elsewhere = send(Client(REMOTE_ADDR="10.9.8.7"), title="From elsewhere")
    assert elsewhere.status_code == 302


def test_addresses_of_one_ipv6_line_count_together() -> None:
    for number in range(20):
        send(Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}"), title=f"Number {number}")
    assert send(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), title="Same line").status_code == 429
    assert send(Client(REMOTE_ADDR="2001:db8:1:3::1"), title="Another line").status_code == 302


def test_mistakes_do_not_count_as_sent() -> None:
    for _ in range(30):
        assert send(title="").status_code == 400
    assert send().status_code == 302


def test_the_form_can_be_switched_off(settings: Any) -> None:
    settings.PUBLIC_FEEDBACK_FORM = False
    assert Client().get(FORM).status_code == 404
    assert send().status_code == 404
    assert Client().get("/feedback/thanks").status_code == 404
    assert not Ticket.objects.exists()


def test_the_page_asks_no_other_host_and_holds_no_script() -> None:
    response = Client().get(FORM)
    page = page_of(response)
    assert not re.search(r'(src|href|action)="(?![/#])', page)
    assert "<script" not in page
    assert "style=" not in page
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"


def test_nothing_else_can_be_done_with_the_form() -> None:
    for method in (Client().put, Client().delete, Client().patch):
        assert method(FORM).status_code == 405


def test_thanks_without_a_ticket_of_ours_name_none() -> None:
    for query in ("", "?ticket=", "?ticket=WzFd.x.y"):
        answer = Client().get(f"/feedback/thanks{query}")
        assert answer.status_code == 200
        assert "FB-" not in page_of(answer)


def test_a_stranger_cannot_fill_the_disk_and_may_send_the_text_without_files() -> None:
    def logs(number: int) -> list[SimpleUploadedFile]:
        return [SimpleUploadedFile(f"{n}.log", f"{number} {n}\n".encode(), "text/plain") for n in range(10)]

    for number in range(2):
        assert send(title=f"Number {number}", attachments=logs(number)).status_code == 302
    answer = send(title="My own words", attachments=logs(3))
    assert answer.status_code == 429
    assert "send it without files" in page_of(answer)
    assert "My own words" in page_of(answer)
    assert send(title="My own words").status_code == 302
    assert Attachment.objects.count() == 20


def test_behind_a_proxy_each_address_that_it_saw_counts_by_itself(settings: Any) -> None:
    settings.HTTPS = True
    for number in range(21):
        forwarded = f"192.0.2.1, 198.51.100.{number}"
        assert send(Client(HTTP_X_FORWARDED_FOR=forwarded), title=f"{number}").status_code == 302


def test_who_names_an_address_without_a_proxy_is_not_believed() -> None:
    found = {send(Client(HTTP_X_FORWARDED_FOR=f"192.0.2.{n}"), title=f"{n}").status_code for n in range(21)}
    assert found == {302, 429}


def test_a_form_that_was_refused_can_be_sent_again() -> None:
    stamp = a_stamp()
    assert send(stamp=stamp, steps="s" * 1_001).status_code == 400
    assert send(stamp=stamp).status_code == 302


def test_a_second_press_waits_for_the_first() -> None:
    ticket = a_ticket()

    def late() -> None:
        time.sleep(0.3)
        cache.set("feedback-form:one", ticket.pk)

    def never() -> Ticket:
        raise AssertionError("taken twice")

    cache.set("feedback-form:one", once.AT_WORK)
    first = threading.Thread(target=late)
    first.start()
    assert once.once("one", never) == ticket
    first.join()


def test_what_failed_can_be_sent_again_at_once() -> None:
    def fail() -> Ticket:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        once.once("one", fail)
    assert once.once("one", a_ticket) == the_ticket()


def test_who_goes_back_and_writes_something_else_sends_something_else() -> None:
    stamp = a_stamp()
    for title in ("The first", "The second"):
        send(stamp=stamp, title=title)
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(("days", "said"), [(7, "7 days after"), (730, "24 months after")])
def test_the_form_says_how_long_texts_are_kept(days: int, said: str, settings: Any) -> None:
    settings.FEEDBACK_RETENTION_DAYS = days
    assert said in page_of(Client().get(FORM))
