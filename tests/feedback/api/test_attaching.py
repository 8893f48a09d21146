"""Files over HTTP: with what the same key submitted, for a day."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from feedback.models import Attachment, Ticket
from feedback.tickets import attaching
from tests.doors import an_api_key, bearing, post
from tests.feedback.builders import GUIDE, a_ticket

pytestmark = pytest.mark.django_db

FEEDBACK = "/api/monitoring/feedback"


@pytest.fixture
def key() -> str:
    return an_api_key("feedback")


@pytest.fixture
def ticket(key: str) -> Ticket:
    post(FEEDBACK, GUIDE, key)
    return Ticket.objects.get()


def send(key: str, ticket: Ticket, **fields: Any) -> Any:
    return Client().post(f"{FEEDBACK}/{ticket.reference}/attachments", fields, **bearing(key))


def a_file(name: str = "notes.txt", content: bytes = b"It fails.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_is_added_to_what_the_same_key_submitted(key: str, ticket: Ticket) -> None:
    answer = send(key, ticket, file=a_file("../Mrs Jane Doe.TXT"))
    assert answer.status_code == 201, answer.json()
    kept = Attachment.objects.get()
    assert answer.json() == {
        "name": "Mrs [name].txt",
        "contentType": "text/plain",
        "size": 9,
        "digest": kept.digest,
    }
    assert Path(kept.file.path).read_bytes() == b"It fails."
    assert kept.by == "api:product"
    assert send(key, ticket, file=a_file()).json() == answer.json()


def test_it_is_another_keys_or_older_than_a_day_or_no_product_sent_it(key: str, ticket: Ticket) -> None:
    for answer in (
        send(an_api_key("feedback", name="another"), ticket, file=a_file()),
        send(key, a_ticket(), file=a_file()),
        send(key, Ticket(pk=404), file=a_file()),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"
    Ticket.objects.filter(pk=ticket.pk).update(received_at=timezone.now() - timedelta(hours=25))
    assert send(key, ticket, file=a_file()).status_code == 404
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "file"),
        ({"file": "no file"}, "file"),
        ({"file": a_file("a.txt", b"")}, "file"),
        ({"file": a_file("a.html")}, "file"),
        ({"file": a_file("a.png")}, "file"),
        ({"file": [a_file(), a_file("b.txt", b"b")]}, "file"),
        ({"file": a_file(), "note": "a"}, "note"),
    ],
)
def test_a_wrong_file_is_refused_by_name(
    key: str, ticket: Ticket, fields: dict[str, Any], field: str
) -> None:
    answer = send(key, ticket, **fields)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["error"]["fields"]) == [field]
    assert Attachment.objects.count() == 0


def test_a_file_that_is_too_large_is_refused_before_it_is_read(key: str, ticket: Ticket) -> None:
    answer = send(key, ticket, file=a_file("a.txt", b"a" * (attaching.LARGEST + 1)))
    assert answer.status_code == 400
    answer = send(key, ticket, file=a_file("a.txt", b"a" * (attaching.LARGEST + 100_000)))
    assert answer.status_code == 413


def test_only_a_form_is_taken_and_only_from_a_key_for_feedback(key: str, ticket: Ticket) -> None:
    address = f"{FEEDBACK}/{ticket.reference}/attachments"
    assert post(address, {"file": "a"}, key).status_code == 415
    answer = Client().post(address, b"--x", content_type="multipart/form-data; boundary=", **bearing(key))
    assert answer.status_code == 400
    assert send(an_api_key("respond", name="another"), ticket, file=a_file()).status_code == 403
    assert Client().post(address, {"file": a_file()}).status_code == 401
