"""`manage.py ticket`: what the support team does about feedback, at a terminal."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser
from django.db import transaction

from feedback.management import ticket_arguments, ticket_files
from feedback.management.ticket_arguments import TEXTS
from feedback.management.ticket_printing import similar_lines, ticket_lines, whole_ticket_lines
from feedback.models import Ticket
from feedback.similarity import search
from feedback.similarity.finding import similar
from feedback.tickets import (
    documents,
    editing,
    erasing,
    finding,
    fixes,
    merging,
    messaging,
    moving,
    quarantining,
    submitting,
)
from feedback.tickets.drafts import RATINGS, Draft
from feedback.tickets.editing import CHOICES
from feedback.tickets.editing import TEXTS as EDITED_TEXTS
from operations.doors.command import OperationCommand, Result
from operations.errors import Invalid
from rollout.models import Module, Workspace

FILTERS = ("status", "category", "severity", "module", "workspace", "owner", "tag")
DRAFTED = ("category", "severity", "title", "description", "workspace", "module", "steps", *TEXTS, *RATINGS)


class Command(OperationCommand):
    help = "List, take in, triage, answer, merge, search, import and export tickets."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        ticket_arguments.add_reading(
            words,
            list=self._list,
            show=self._show,
            search=self._search,
            similar=self._similar,
            export=self._export,
        )
        ticket_arguments.add_moves(words, self._move)
        ticket_arguments.add_writing(
            words,
            add=self._add,
            edit=self._edit,
            tag=self._tag,
            reply=self._reply,
            resume=self._resume,
            fixed=self._fixed,
            note=self._note,
            merge=self._merge,
            unmerge=self._unmerge,
            quarantine=self._quarantine,
            release=self._release,
            erase=self._erase,
        )
        ticket_arguments.add_import(words, self._import)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    @staticmethod
    def _list(options: dict[str, Any]) -> Result:
        return _listed(finding.find(**_filters(options)), options)

    @staticmethod
    def _show(options: dict[str, Any]) -> Result:
        found = documents.whole_ticket_of(finding.by_reference(options["reference"]))
        return Result(found, whole_ticket_lines(found))

    @staticmethod
    def _search(options: dict[str, Any]) -> Result:
        found = finding.find(**_filters(options))
        return _listed(found.filter(search.matching(options["text"])), options)

    @staticmethod
    def _similar(options: dict[str, Any]) -> Result:
        found = similar(finding.by_reference(options["reference"]), max(1, options["most"]))
        tickets = finding.find(status="all").in_bulk([each.ticket_id for each in found])
        said = [
            {
                **documents.ticket_of(tickets[each.ticket_id]),
                "score": round(each.score, 3),
                "words": list(each.words),
            }
            for each in found
            if each.ticket_id in tickets
        ]
        return Result({"similar": said}, similar_lines(said))

    def _export(self, options: dict[str, Any]) -> Result:
        return ticket_files.write(self, finding.find(**_filters(options)), options)

    def _import(self, options: dict[str, Any]) -> Result:
        return ticket_files.read(self, options)

    def _add(self, options: dict[str, Any]) -> Result:
        draft = Draft(**{name: options[name] for name in DRAFTED})
        return self._said(
            options, lambda: [submitting.submit(draft, actor=self.actor(), source=Ticket.Source.PERSON)]
        )

    def _move(self, options: dict[str, Any]) -> Result:
        owner = _owner(options["owner"])
        return self._each(
            options,
            lambda ticket: moving.move(
                ticket,
                options["transition"],
                actor=self.actor(),
                reason=options["reason"],
                owner=owner,
                fixed_in=options.get("fixed_in") or "",
            ),
        )

    def _edit(self, options: dict[str, Any]) -> Result:
        given = {name: options[name] for name in (*CHOICES, *EDITED_TEXTS) if options.get(name) is not None}
        given |= _places(options)
        if options["tags"] is not None:
            given["tags"] = options["tags"].split(",")
        if not given:
            raise Invalid({"edit": "nothing is given to change, such as --severity high"})
        return self._each(options, lambda ticket: editing.edit(ticket, actor=self.actor(), **given))

    def _tag(self, options: dict[str, Any]) -> Result:
        return self._each(
            options,
            lambda ticket: editing.tag(
                ticket, actor=self.actor(), add=options["add"], remove=options["remove"]
            ),
        )

    def _reply(self, options: dict[str, Any]) -> Result:
        return self._one(
            options,
            lambda ticket: messaging.reply(
                ticket, actor=self.actor(), body=options["body"], waits=options["wait"]
            ),
        )

    def _resume(self, options: dict[str, Any]) -> Result:
        return self._one(options, lambda ticket: messaging.resume(ticket, actor=self.actor()))

    def _fixed(self, options: dict[str, Any]) -> Result:
        return self._each(
            options, lambda ticket: fixes.tell(ticket, actor=self.actor(), version=options["version"])
        )

    def _note(self, options: dict[str, Any]) -> Result:
        return self._one(
            options, lambda ticket: messaging.note(ticket, actor=self.actor(), body=options["body"])
        )

    def _merge(self, options: dict[str, Any]) -> Result:
        return self._one(
            options,
            lambda ticket: merging.merge(
                ticket,
                finding.by_reference(options["into"]),
                actor=self.actor(),
                reason=options["reason"],
            ),
        )

    def _unmerge(self, options: dict[str, Any]) -> Result:
        return self._one(
            options,
            lambda ticket: merging.unmerge(ticket, actor=self.actor(), reason=options["reason"]),
        )

    def _quarantine(self, options: dict[str, Any]) -> Result:
        return self._each(
            options,
            lambda ticket: quarantining.quarantine(ticket, actor=self.actor(), reason=options["reason"]),
        )

    def _release(self, options: dict[str, Any]) -> Result:
        return self._each(options, lambda ticket: quarantining.release(ticket, actor=self.actor()))

    def _erase(self, options: dict[str, Any]) -> Result:
        return self._one(
            options, lambda ticket: erasing.erase(ticket, actor=self.actor(), reason=options["reason"])
        )

    def _one(self, options: dict[str, Any], verb: Callable[[Ticket], Any]) -> Result:
        return self._each({**options, "references": [options["reference"]]}, verb)

    def _each(self, options: dict[str, Any], verb: Callable[[Ticket], Any]) -> Result:
        """Do it to every ticket that was named, or to none; each once."""

        def work() -> list[Ticket]:
            tickets = {each.pk: each for each in map(finding.by_reference, options["references"])}
            for ticket in tickets.values():
                verb(ticket)
            return [finding.by_reference(str(pk)) for pk in tickets]

        return self._said(options, work)

    @staticmethod
    def _said(options: dict[str, Any], work: Callable[[], Iterable[Ticket]]) -> Result:
        with transaction.atomic():
            found = [documents.ticket_of(ticket) for ticket in work()]
            if options["dry_run"]:
                transaction.set_rollback(True)
        return Result({"tickets": found, "dryRun": options["dry_run"]}, ticket_lines(found))


def _filters(options: dict[str, Any]) -> dict[str, str]:
    return {name: options[name] or "" for name in FILTERS}


def _listed(found: Any, options: dict[str, Any]) -> Result:
    """The first of some tickets, and how many there are."""
    most = max(1, options["most"])
    tickets = [documents.ticket_of(ticket) for ticket in found[:most]]
    count = len(tickets) if len(tickets) < most else found.count()
    lines = list(ticket_lines(tickets))
    if count > len(tickets):
        lines.append(f"and {count - len(tickets):,} more: --most shows more of them")
    return Result({"tickets": tickets, "count": count}, lines)


def _owner(username: str) -> User | None:
    if not username:
        return None
    found = User.objects.filter(username=username).first() if username.isprintable() else None
    if found is None:
        raise Invalid({"owner": f"there is no user {username[:60]!r}"})
    return found


def _places(options: dict[str, Any]) -> dict[str, Workspace | Module | None]:
    """The workspace and the module that were given; an empty text is none. Raises Invalid."""
    found: dict[str, Workspace | Module | None] = {}
    faults = {}
    for name, rows, key in (
        ("workspace", Workspace.objects.all(), "pk"),
        ("module", Module.objects.whole(), "key"),
    ):
        text = options[name]
        if text is None:
            continue
        found[name] = rows.filter(**{key: text}).first() if text and text.isprintable() else None
        if text and found[name] is None:
            faults[name] = f"there is no {name} {text[:60]!r}"
    if faults:
        raise Invalid(faults)
    return found
