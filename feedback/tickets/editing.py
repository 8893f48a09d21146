"""Correcting what a ticket says: its sorting, its texts, and what it is linked to."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from feedback import redaction
from feedback.models import Original, Tag, Ticket, TicketEvent
from feedback.tickets import deadlines, drafts, story
from feedback.tickets.calendars import Calendars
from feedback.tickets.story import CHANGE
from operations.actor import Actor
from operations.errors import Invalid, Refused

TEXTS = ("title", "description", "feature_area", "release")
CHOICES = ("category", "severity")
LINKS = ("module", "workspace", "flag", "phase", "enhancement")
EDITABLE = (*CHOICES, *TEXTS, *LINKS, "tags")
MOST_TAGS, LONGEST_TAG = 20, 40


@transaction.atomic
def edit(ticket: Ticket, *, actor: Actor, version: int | None = None, **given: Any) -> Ticket:
    """Change what is given of EDITABLE and leave the rest; `tags` is the list of all their names.

    Another severity or workspace reckons the clocks anew. Texts are redacted as at the beginning. Raises
    Invalid, and Refused when the ticket is no longer the `version` that was seen, or nothing would change.
    """
    actor.require(CHANGE, "change tickets")
    told = story.begin(ticket, actor, version=version)
    ticket = told.ticket
    if ticket.merged_into is not None:
        into = ticket.merged_into.reference
        raise Refused(
            "merged", f"{ticket.reference} is merged into {into}: change that one, or undo the merge."
        )
    given = _checked(ticket, given)
    tags = given.pop("tags", None)
    _redact(ticket, given)
    before = story.values(ticket)
    for name, value in given.items():
        setattr(ticket, name, value)
    changes = _set_tags(ticket, tags) if tags is not None else {}
    if story.values(ticket) == before and not changes:
        raise Refused("unchanged", f"{ticket.reference} is like that already.")
    if ticket.is_open and {"severity", "workspace"} & set(given):
        deadlines.settle(ticket, Calendars())
    told.event(TicketEvent.Kind.CHANGED, changes=changes)
    return told.write("ticket.changed", fields=sorted({*given, *changes}))


@transaction.atomic
def tag(ticket: Ticket, *, actor: Actor, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Ticket:
    """Add and remove some tags and keep the others. Raises as `edit`."""
    # Locked before its tags are read: somebody else may be adding one.
    ticket = story.begin(ticket, actor).ticket
    gone = _words(remove)
    kept = [name for name in ticket.tags.values_list("name", flat=True) if name not in gone]
    return edit(ticket, actor=actor, tags=[*kept, *add])


def _checked(ticket: Ticket, given: dict[str, Any]) -> dict[str, Any]:
    """What was given, cleaned. Raises Invalid."""
    if unknown := [name for name in given if name not in EDITABLE]:
        raise Invalid({name: f"cannot be changed; the fields are {', '.join(EDITABLE)}" for name in unknown})
    texts = {name: given[name] for name in (*TEXTS, *CHOICES) if name in given}
    said = {name: getattr(ticket, name) for name in (*TEXTS, *CHOICES)} | texts
    draft = drafts.Draft(**said)
    faults = {name: rule for name, rule in drafts.faults_of(draft).items() if name in given}
    flag, module = given.get("flag"), given.get("module", ticket.module)
    if flag is not None and module is not None and module.pk not in (flag.module_id, flag.module.part_of_id):
        faults["flag"] = f"{flag.key} is a flag of another module"
    if given.get("enhancement") is not None and draft.category != Ticket.Category.FEATURE_REQUEST:
        faults["enhancement"] = "only a feature request can be part of one"
    tags = _words(given.get("tags", ()))
    if len(tags) > MOST_TAGS or any(len(name) > LONGEST_TAG or not name.isprintable() for name in tags):
        faults["tags"] = f"must be at most {MOST_TAGS}, each of 1 to {LONGEST_TAG} characters"
    if faults:
        raise Invalid(faults)
    cleaned = drafts.cleaned(draft)
    kept = {name: value for name, value in given.items() if name in LINKS}
    kept |= {name: getattr(cleaned, name) for name in texts}
    return kept | ({"tags": tags} if "tags" in given else {})


def _words(names: Sequence[str]) -> list[str]:
    """Tags as they are kept: in lower case, each once."""
    return list(dict.fromkeys(" ".join(name.lower().split()) for name in names if name.strip()))


def _redact(ticket: Ticket, given: dict[str, Any]) -> None:
    """Take patient data out of texts that changed, and keep what was taken with the first originals."""
    for name in TEXTS:
        if name in given and name in drafts.REDACTED and given[name] != getattr(ticket, name):
            found = redaction.redact(given[name])
            if found.found:
                Original.objects.get_or_create(
                    ticket=ticket, field=name, defaults={"text": given[name], "found": dict(found.found)}
                )
                given[name] = found.text[: drafts.LIMITS[name]]


def _set_tags(ticket: Ticket, names: Sequence[str]) -> dict[str, list[list[str]]]:
    """Give the ticket these tags and no others."""
    before = sorted(ticket.tags.values_list("name", flat=True))
    Tag.objects.bulk_create((Tag(name=name) for name in names), ignore_conflicts=True)
    ticket.tags.set(Tag.objects.filter(name__in=names))
    return {} if sorted(names) == before else {"tags": [before, sorted(names)]}
