"""The rules of one row: it becomes a ticket that is not saved yet, or the list of its faults."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from feedback.imports import dates, fields
from feedback.imports.fields import DECLINED, DRAFTED, STATUSES
from feedback.imports.presets import Values
from feedback.lifecycle import DONE, OPEN, State
from feedback.models import Original, Ticket
from feedback.tickets import submitting
from feedback.tickets.drafts import LIMITS, RATINGS, Draft
from feedback.tickets.editing import LONGEST_TAG, MOST_TAGS
from feedback.tickets.places import Places
from operations.errors import Invalid
from operations.spelling import camel

LONGEST_ID = 100
SHOWN = 60
# Texts that make a row itself, where the file has no numbers of its own.
_IDENTITY = ("title", "description", "receivedAt", "reporterEmail", "reporterName", "workspace")
_ONE_VERSION = ("release", "fixedIn", "featureArea")
_RATINGS = {camel(name): name for name in RATINGS}


@dataclass(frozen=True)
class Row:
    """A ticket of one row with the texts as they came, its tags, and the word for how it ended."""

    ticket: Ticket
    originals: Sequence[Original]
    tags: Sequence[str]
    ended: str


class Rules:
    """Checks the rows of one file. Workspaces, modules and owners are looked up once each.

    `values` is what the file's words stand for; dates that name no zone are in `zone`.
    """

    def __init__(self, values: Values, zone: ZoneInfo, *, month_first: bool, by: str) -> None:
        self._values = values
        self._zone = zone
        self._month_first = month_first
        self._by = by
        self._now = timezone.now()
        self._places = Places()
        self._owners: dict[str, User | None] = {}
        self._seen: Counter[str] = Counter()

    def check(self, texts: Mapping[str, str]) -> tuple[Row | None, dict[str, str]]:
        """The row of a text for each field, and its faults by field."""
        row = _Row({name: self._meant(name, text) for name, text in texts.items()})
        draft = row.draft()
        external_id = row.external_id() or self._own_id(texts)
        received_at = self._moment(row, "receivedAt") or self._now
        ended = " ".join(texts.get("resolution", "").split())[:SHOWN]
        try:
            built = submitting.build(
                draft,
                source=Ticket.Source.IMPORT,
                by=self._by,
                places=self._places,
                received_at=received_at,
                external_id=external_id,
            )
        except Invalid as refusal:
            for name, rule in refusal.fields.items():
                row.faults.setdefault(camel(name.partition(".")[0]), rule)
            return None, row.faults
        ticket = built.ticket
        # What phase the rollout was in then is not known.
        ticket.phase = None
        ticket.owner = self._owner(row)
        self._end(row, ticket)
        tags = row.tags()
        if row.faults:
            return None, row.faults
        return Row(ticket, built.originals, tags, "" if ticket.state in OPEN else ended), {}

    def _meant(self, name: str, text: str) -> str:
        """What a text stands for."""
        known = self._values.get(name)
        return known.get(" ".join(text.lower().split()), text) if known else text

    def _moment(self, row: "_Row", name: str) -> datetime | None:
        text = row.text(name)
        if not text:
            return None
        found = dates.parse(text, self._zone, month_first=self._month_first)
        if found is None:
            row.faults[name] = f"{text[:SHOWN]!r} is no date or time, such as 2026-01-31 18:00"
        elif found > self._now:
            row.faults[name] = f"{text[:SHOWN]} is still to come"
        return found

    def _own_id(self, texts: Mapping[str, str]) -> str:
        """A number made of what the row says, so that the file may be imported again."""
        said = json.dumps([texts.get(name, "") for name in _IDENTITY])
        digest = hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]
        self._seen[digest] += 1
        again = self._seen[digest]
        return f"row-{digest}" if again == 1 else f"row-{digest}-{again}"

    def _owner(self, row: "_Row") -> User | None:
        name = row.text("owner")
        if not name:
            return None
        if name not in self._owners:
            found = User.objects.filter(username=name).first() if name.isprintable() else None
            self._owners[name] = found if found and found.is_active else None
        if self._owners[name] is None:
            row.faults["owner"] = f"there is no active user {name[:SHOWN]!r}"
        return self._owners[name]

    def _end(self, row: "_Row", ticket: Ticket) -> None:
        """Where the ticket stands, and since when it is done."""
        state, resolution = row.word("status", State.NEW.value), row.word("resolution", "")
        if state not in STATUSES or row.faults:
            return
        declined = resolution == DECLINED
        if declined and state in (State.RESOLVED, State.VERIFIED):
            state = State.DECLINED.value
        ticket.state = state
        ticket.fixed_in = row.text("fixedIn")
        if len(ticket.fixed_in) > LIMITS["release"] or not ticket.fixed_in.isprintable():
            row.faults["fixedIn"] = f"must be a version of at most {LIMITS['release']} characters"
        if state == State.ASSIGNED and ticket.owner is None:
            row.faults.setdefault("owner", "is empty, and the ticket is assigned")
        resolved_at = self._moment(row, "resolvedAt")
        if state not in DONE or (state == State.CLOSED and (declined or resolved_at is None)):
            return
        if resolved_at is None:
            row.faults.setdefault("resolvedAt", f"is empty, and the ticket is {state}")
        elif resolved_at < ticket.received_at:
            row.faults["resolvedAt"] = "is before receivedAt"
        else:
            ticket.resolved_at = resolved_at
            ticket.resolution_minutes = int((resolved_at - ticket.received_at).total_seconds()) // 60


class _Row:
    """The texts of one row as they are meant, and the faults found so far."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.faults: dict[str, str] = {}

    def text(self, name: str) -> str:
        """A text without blanks around it; of a list in several columns the first."""
        text = self._texts.get(name, "").strip()
        return text.partition("\n")[0].strip() if name in _ONE_VERSION else text

    def word(self, name: str, default: str) -> str:
        """One of the words of WORDS, `default` where it is empty."""
        said = self.text(name)
        if said and (fault := fields.word_fault(name, said)):
            self.faults[name] = fault
        return fields.word(said) or default

    def draft(self) -> Draft:
        """What was said. A report that has only a title says no more than that."""
        given: dict[str, Any] = {column: self.text(name) for name, column in DRAFTED.items()}
        given["category"] = self.word("category", "")
        given["severity"] = self.word("severity", Ticket.Severity.MEDIUM)
        given["description"] = given["description"] or given["title"]
        given["steps"] = [line for line in given["steps"].splitlines() if line.strip()]
        for name, column in _RATINGS.items():
            given[column] = self._rating(name)
        return Draft(**given)

    def external_id(self) -> str:
        value = self.text("externalId")
        if len(value) > LONGEST_ID or not value.isprintable():
            self.faults["externalId"] = f"must be text of at most {LONGEST_ID} characters"
        return value

    def tags(self) -> list[str]:
        """The tags, one a line or with commas or semicolons between."""
        words = re.split("[,;\n]", self.text("tags").lower())
        names = list(dict.fromkeys(" ".join(word.split()) for word in words if word.strip()))
        if len(names) > MOST_TAGS or any(len(name) > LONGEST_TAG or not name.isprintable() for name in names):
            self.faults["tags"] = f"must be at most {MOST_TAGS}, each of 1 to {LONGEST_TAG} characters"
        return names

    def _rating(self, name: str) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) == 1:
            return int(text)
        self.faults[name] = "must be a whole number from 1 to 5"
        return None
