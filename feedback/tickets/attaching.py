"""Files that come with a ticket: what is taken, where it lies, and how it goes."""

import hashlib
import secrets
import weakref
from datetime import timedelta
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from feedback.models import Attachment, Ticket, TicketEvent
from feedback.tickets import file_types, story
from operations.actor import Actor
from operations.errors import Invalid

PERMISSION = "feedback.add_ticket"
MB = 1024 * 1024
LARGEST = 10 * MB
MOST_FILES = 10
MOST_BYTES = 25 * MB
TYPES_IN_WORDS = (
    f"PNG, JPEG, GIF and WebP pictures, PDF, text, logs and CSV; at most {LARGEST // MB} MB each, "
    f"{MOST_FILES} files and {MOST_BYTES // MB} MB in all"
)
# What a file chooser in a browser offers.
ACCEPT = ",".join(f".{ending}" for ending in file_types.ENDINGS)
# A file that no row names after this long is a killed process's.
STRAY_AFTER = timedelta(days=1)


@transaction.atomic
def attach(ticket: Ticket, file: File, *, actor: Actor) -> Attachment:
    """Keep a file with a ticket, under its name without paths, invisible characters and patient data.

    The same content twice is one attachment. The stored file goes again when the transaction does not commit,
    the caller's too. Raises Invalid naming `file`, and Refused for an erased ticket.
    """
    actor.require(PERMISSION, "attach files")
    name = file_types.clean(file.name or "")
    content = _read(file)
    content_type = file_types.type_of(name, content)
    told = story.begin(ticket, actor)
    digest = hashlib.sha256(content).hexdigest()
    already = Attachment.objects.filter(ticket=told.ticket, digest=digest).first()
    if already is not None:
        return already
    _check_room(told.ticket, len(content))
    kept = Attachment(
        ticket=told.ticket,
        name=name,
        content_type=content_type,
        size=len(content),
        digest=digest,
        at=told.now,
        by=told.by,
    )
    kept.file.save(secrets.token_hex(16), ContentFile(content), save=False)
    _gone_unless_committed(kept)
    kept.save(force_insert=True)
    told.event(TicketEvent.Kind.ATTACHED, name)
    told.write("ticket.attached", counts=False, digest=digest, size=kept.size, content_type=content_type)
    return kept


def remove_all(attachments: QuerySet[Attachment]) -> None:
    """Delete these rows, and their files once the transaction commits."""
    paths = list(attachments.values_list("file", flat=True))
    attachments.delete()

    def delete() -> None:
        for path in paths:
            _storage().delete(path)

    transaction.on_commit(delete)


def remove_strays() -> int:
    """Delete stored files that no attachment names, older than a day; how many. For a daily job.

    They are left over where a process was killed between the file and its row, or between the row and its
    file.
    """
    folder = Path(_storage().path("attachments"))
    before = (timezone.now() - STRAY_AFTER).timestamp()
    removed = 0
    for month in sorted(folder.glob("*/*")):
        old = {
            str(path.relative_to(folder.parent)): path
            for path in month.iterdir()
            if path.stat().st_mtime < before
        }
        under = f"{month.relative_to(folder.parent)}/"
        named = Attachment.objects.filter(file__startswith=under).values_list("file", flat=True)
        for path in old.keys() - set(named):
            old[path].unlink(missing_ok=True)
            removed += 1
    return removed


def _storage() -> Storage:
    return Attachment._meta.get_field("file").storage


def _read(file: File) -> bytes:
    """The content. Raises Invalid for an empty one, and without reading it for one that is too large."""
    if file.size == 0:
        raise Invalid({"file": "must not be empty"})
    if file.size > LARGEST:
        raise Invalid({"file": f"must have at most {LARGEST // MB} MB"})
    file.seek(0)
    return bytes(file.read())


def _check_room(ticket: Ticket, size: int) -> None:
    """Raise Invalid where this file is one too many; the ticket is locked."""
    there = Attachment.objects.filter(ticket=ticket).aggregate(files=Count("pk"), size=Sum("size", default=0))
    if there["files"] >= MOST_FILES:
        raise Invalid({"file": f"must not be more than {MOST_FILES} files on one ticket"})
    if there["size"] + size > MOST_BYTES:
        raise Invalid({"file": f"must not be more than {MOST_BYTES // MB} MB on one ticket together"})


class _Transaction:
    """Lives as long as the transaction: Django drops what waits for the commit when there is none."""


def _gone_unless_committed(kept: Attachment) -> None:
    token = _Transaction()
    removal = weakref.finalize(token, _storage().delete, str(kept.file))

    def keep(_: _Transaction = token) -> None:
        removal.detach()

    transaction.on_commit(keep)
