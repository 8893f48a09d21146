"""Files that come with a ticket: taken by their content, kept apart, served so that nothing runs, erased."""

import base64
import hashlib
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from feedback.models import Attachment, Ticket, TicketEvent
from feedback.tickets import attaching, erasing, file_types
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in

pytestmark = pytest.mark.django_db

STRANGER = Actor(door=Door.API, label="product")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    whole = kind + content
    return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    + chunk(b"IEND", b"")
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=")
WEBP = base64.b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
# Their heads are all that tells a JPEG; cameras write the second.
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\0" * 20 + b"\xff\xd9"
EXIF = b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00\x00\x08" + b"\0" * 20 + b"\xff\xd9"
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
TAKEN = {
    "seen.png": (PNG, "image/png"),
    "seen.jpg": (JPEG, "image/jpeg"),
    "seen.JPEG": (EXIF, "image/jpeg"),
    "seen.gif": (GIF, "image/gif"),
    "seen.webp": (WEBP, "image/webp"),
    "leaflet.pdf": (PDF, "application/pdf"),
    "notes.txt": (b"It fails.\r\nEach time.\n", "text/plain"),
    "server.log": (b"\x1b[31mERROR\x1b[0m a < b && <html> in the middle\n", "text/plain"),
    "umlaut.txt": ("Müller – 5 €".encode("cp1252"), "text/plain"),
    "windows.log": ("It fails".encode("utf-16"), "text/plain"),
    "rows.csv": (b"a,b\n1,2\n", "text/csv"),
    "arabic.txt": ("لا تُرسل".encode(), "text/plain"),
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
REFUSED = {
    "page.html": HTML,
    "page.htm": HTML,
    "picture.svg": SVG,
    "picture.svg.txt": SVG,
    "page.txt": b"\xef\xbb\xbf \n<!-- hello -->\n<HTML>",
    "page.log": HTML,
    "xml.csv": b"<?xml version='1.0'?><a/>",
    "page.png": HTML,
    "program.exe": b"MZ" + b"\0" * 200,
    "program.txt": b"MZ" + b"\0" * 200,
    "archive.zip": b"PK\x03\x04" + b"\0" * 100,
    "sheet.csv": b"PK\x03\x04" + b"\0" * 100,
    "picture.jpg": PNG,
    "picture.txt": PNG,
    "text.png": b"only text",
    "text.pdf": b"only text",
    "leaflet.txt": PDF,
    "picture.bmp": b"BM" + b"\0" * 100,
    "noending": b"text",
    ".png": b"text",
    "script.js": b"alert(1)",
    "png": PNG,
    "empty.txt": b"",
    "nul.txt": b"a\0b",
    "riff.webp": b"RIFF\x24\0\0\0AVI LIST" + b"\0" * 30,
}
NAMES = {
    "seen.png": "seen.png",
    "../../etc/passwd.TXT": "passwd.txt",
    "C:\\Users\\me\\seen.PNG": "seen.png",
    "a\u202egnp.txt": "agnp.txt",
    "a\0b\r\nc\x07.txt": "ab c.txt",
    "zero\u200bwidth.png": "zerowidth.png",
    'quo"te<b>.png': "quo_te_b_.png",
    "...hidden.png": "hidden.png",
    "   .png": "png",
    "Müller 日本.png": "Müller 日本.png",
    "u\u0308.png": "ü.png",
    "MRN 1234567 Mrs Jane Doe.png": "MRN [record number] Mrs [name].png",
    "x" * 300 + ".png": "x" * 196 + ".png",
}


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, settings: Any) -> Path:
    """Where files are stored in these tests."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    return tmp_path


def files(stored: Path) -> list[Path]:
    return [path for path in stored.rglob("*") if path.is_file()]


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    file = SimpleUploadedFile("a", content)
    # The upload's own class would clean it.
    file._name = name  # type: ignore[attr-defined]
    return file


def attached(ticket: Ticket, name: str = "seen.png", content: bytes | None = None) -> Attachment:
    return attaching.attach(ticket, upload(name, content or TAKEN[name][0]), actor=ROOT)


@pytest.mark.parametrize("name", TAKEN)
def test_each_kind_is_taken_and_kept_byte_for_byte(name: str, stored: Path) -> None:
    content, content_type = TAKEN[name]
    ticket = a_ticket()
    kept = attached(ticket, name)
    assert (kept.content_type, kept.size) == (content_type, len(content))
    assert kept.digest == hashlib.sha256(content).hexdigest()
    (file,) = files(stored)
    assert file.read_bytes() == content
    assert len(file.name) == 32
    assert not file.suffix
    event = TicketEvent.objects.get(kind="attached")
    assert event.text == kept.name
    assert AuditEvent.objects.get(action="ticket.attached").data["digest"] == kept.digest
    assert Ticket.objects.get().version == ticket.version


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_kind_is_refused_and_leaves_nothing(name: str, stored: Path) -> None:
    ticket = a_ticket()
    with pytest.raises(Invalid) as refusal:
        attaching.attach(ticket, upload(name, REFUSED[name]), actor=ROOT)
    assert list(refusal.value.fields) == ["file"]
    assert files(stored) == []
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_names_lose_what_deceives(name: str) -> None:
    assert file_types.clean(name) == NAMES[name]
    assert file_types.clean(NAMES[name]) == NAMES[name]


def test_the_same_file_twice_is_one(stored: Path) -> None:
    ticket = a_ticket()
    first = attached(ticket)
    assert attached(ticket, "again.png", TAKEN["seen.png"][0]) == first
    attached(a_ticket(title="Another"))
    assert Attachment.objects.count() == len(files(stored)) == 2
    assert TicketEvent.objects.filter(kind="attached", ticket=ticket).count() == 1


def test_a_file_may_have_ten_megabytes_and_not_a_byte_more() -> None:
    ticket = a_ticket()
    content = b"a" * attaching.LARGEST
    attached(ticket, "big.log", content)
    with pytest.raises(Invalid, match="10 MB"):
        attached(ticket, "bigger.log", content + b"a")


def test_a_ticket_has_twenty_five_megabytes_and_ten_files() -> None:
    ticket = a_ticket()
    for letter in (b"a", b"b"):
        attached(ticket, "big.log", letter * attaching.LARGEST)
    with pytest.raises(Invalid, match="25 MB"):
        attached(ticket, "big.log", b"c" * attaching.LARGEST)
    for number in range(8):
        attached(ticket, "small.log", b"%d" % number)
    with pytest.raises(Invalid, match="10 files"):
        attached(ticket, "small.log", b"one more")
    # What is there already is not one more.
    attached(ticket, "small.log", b"7")


def test_nobody_without_the_permission_attaches_and_nothing_to_an_erased_ticket(stored: Path) -> None:
    ticket = a_ticket_in("closed")
    with pytest.raises(Forbidden):
        attaching.attach(ticket, upload("a.txt", b"a"), actor=STRANGER)
    erasing.erase(ticket, actor=ROOT, reason="asked for")
    with pytest.raises(Refused, match="erased"):
        attached(ticket)
    assert files(stored) == []


@pytest.mark.django_db(transaction=True)
def test_the_file_goes_when_the_transaction_does_not_commit(stored: Path) -> None:
    ticket = a_ticket()

    def broken() -> None:
        with transaction.atomic():
            attached(ticket, "outer.txt", b"outer")
            with transaction.atomic():
                attached(ticket, "inner.txt", b"inner")
                assert len(files(stored)) == 2
                raise ConnectionError

    with pytest.raises(ConnectionError):
        broken()
    assert files(stored) == []
    with transaction.atomic():
        attached(ticket, "outer.txt", b"outer")
        try:
            with transaction.atomic():
                attached(ticket, "inner.txt", b"inner")
                raise ConnectionError
        except ConnectionError:
            pass
    assert [file.read_bytes() for file in files(stored)] == [b"outer"]
    assert Attachment.objects.get().name == "outer.txt"


@pytest.mark.django_db(transaction=True)
def test_files_go_after_their_ticket_is_erased_and_only_then(stored: Path) -> None:
    ticket, other = a_ticket_in("closed"), a_ticket(title="Another")
    attached(ticket)
    attached(other)

    def broken() -> None:
        with transaction.atomic():
            erasing.erase(ticket, actor=ROOT, reason="asked for")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        broken()
    assert len(files(stored)) == Attachment.objects.count() == 2
    erasing.erase(ticket, actor=ROOT, reason="asked for")
    assert len(files(stored)) == 1
    assert Attachment.objects.get().ticket == other


def test_files_that_no_row_names_go_after_a_day(stored: Path) -> None:
    kept = attached(a_ticket())
    folder = Path(kept.file.path).parent
    for name, age in (("new", 0), ("old", 2 * 24 * 3_600)):
        stray = folder / name
        stray.write_bytes(b"a")
        at = stray.stat().st_mtime - age
        os.utime(stray, (at, at))
    at = folder.stat().st_mtime - 3 * 24 * 3_600
    os.utime(kept.file.path, (at, at))
    assert attaching.remove_strays() == 1
    assert {path.name for path in files(stored)} == {Path(kept.file.name or "").name, "new"}


def test_without_any_file_there_are_no_strays() -> None:
    assert attaching.remove_strays() == 0


@pytest.mark.parametrize("name", TAKEN)
def test_who_may_see_the_ticket_gets_the_file_and_nothing_in_it_runs(name: str) -> None:
    kept = attached(a_ticket(), name)
    client = Client()
    client.force_login(builders.a_person("grace", group="Support"))
    answer = client.get(reverse("admin:feedback_attachment", args=[kept.ticket_id, kept.pk]))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == TAKEN[name][0]  # type: ignore[attr-defined]
    assert answer["Content-Type"] == TAKEN[name][1]
    shown = "inline" if TAKEN[name][1].startswith("image/") else "attachment"
    assert answer["Content-Disposition"] == f'{shown}; filename="{kept.name}"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_nobody_else_gets_it_nor_by_another_tickets_number() -> None:
    kept = attached(a_ticket())
    address = reverse("admin:feedback_attachment", args=[kept.ticket_id, kept.pk])
    client = Client()
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create(username="nina", is_staff=True))
    assert client.get(address).status_code == 403
    client.force_login(builders.a_person("grace", group="Support"))
    other = reverse("admin:feedback_attachment", args=[a_ticket(title="Another").pk, kept.pk])
    assert client.get(other).status_code == 404
    assert client.post(address).status_code == 405
    default_storage.delete(str(kept.file))
    assert client.get(address).status_code == 404
