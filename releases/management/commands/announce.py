"""`manage.py announce`: tells users of maintenance, releases and incidents."""

import argparse
from typing import Any

from django.core.management.base import CommandParser

from operations.doors.command import OperationCommand, Result, moment, shown, table
from operations.errors import Invalid, NotFound
from operations.models import Channel, Window
from releases.announcements import documents, finding, mails, previews, publishing
from releases.announcements.drafts import MAIL, PRODUCT, Draft
from releases.announcements.previews import Preview
from releases.announcements.wording import Event
from releases.models import Announcement
from rollout import answers

Audience = Announcement.Audience
LISTED = 50


class Command(OperationCommand):
    help = "Tell users of maintenance, releases and incidents: in the product, by mail, through channels."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        _add_publishing(words.add("publish", "tell users something", writes=True), self._publish)
        listing = words.add("list", "what users were told")
        listing.add_argument("--all", action="store_true", help="what was cancelled or is over as well")
        listing.set_defaults(do=self._list)
        for name, purpose, do in (
            ("cancel", "take an announcement back", self._cancel),
            ("complete", "say that it is over", self._complete),
        ):
            word = words.add(name, purpose, writes=True)
            word.add_argument("number", type=int, metavar="ID", help="its number in `list`")
            word.add_argument("--note", default="", help="what those who were told read about it")
            word.set_defaults(do=do)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    def _publish(self, options: dict[str, Any]) -> Result:
        draft = _draft(options)
        actor, dry_run = self.actor(), options["dry_run"]
        preview = previews.of_draft(draft, actor)
        announcement = publishing.publish_draft(draft, actor=actor, dry_run=dry_run)
        return _told(announcement, preview, dry_run)

    def _cancel(self, options: dict[str, Any]) -> Result:
        return self._end(options, publishing.cancel, Event.CANCELLED)

    def _complete(self, options: dict[str, Any]) -> Result:
        return self._end(options, publishing.complete, Event.COMPLETE)

    def _end(self, options: dict[str, Any], verb: Any, event: Event) -> Result:
        dry_run = options["dry_run"]
        found = finding.by_number(options["number"])
        preview = previews.of_event(found, event, options["note"])
        ended = verb(found, actor=self.actor(), note=options["note"], dry_run=dry_run)
        return _told(ended, preview, dry_run)

    @staticmethod
    def _list(options: dict[str, Any]) -> Result:
        rows = Announcement.objects.select_related("module").order_by("-pk")
        found = list((rows if options["all"] else rows.unfinished())[:LISTED])
        lines = (
            table(
                [
                    (each.pk, each.state, each.kind, each.title, shown(each.published_at or each.due_at))
                    for each in found
                ]
            )
            if found
            else ["Nobody is told anything."]
        )
        return Result({"announcements": [documents.whole(each) for each in found]}, lines)


def _add_publishing(parser: CommandParser, do: Any) -> None:
    parser.add_argument("title", help="one line")
    parser.add_argument("--text", default="", help="what else there is to say")
    parser.add_argument("--kind", default="info", choices=Announcement.Kind.values)
    parser.add_argument("--to", choices=Audience.values, default=Audience.EVERYBODY.value, dest="audience")
    parser.add_argument("--module", help="the module, for --to module")
    parser.add_argument("--workspace", nargs="+", action="extend", default=[], metavar="ID")
    parser.add_argument("--role", nargs="+", action="extend", default=[], help="mail members of these only")
    parser.add_argument("--no-product", action="store_true", help="do not show it in the product")
    parser.add_argument("--mail", action="store_true", help="mail the members of the workspaces")
    parser.add_argument("--channel", nargs="+", action="extend", default=[], metavar="NAME")
    parser.add_argument("--from", dest="starts_at", type=moment, metavar="TIME", help="when it begins")
    parser.add_argument("--until", dest="ends_at", type=moment, metavar="TIME", help="when it is over")
    parser.add_argument("--at", type=moment, metavar="TIME", help="when users are told (default: now)")
    parser.add_argument("--window", type=int, metavar="ID", help="of this maintenance window")
    parser.add_argument("--key", help=argparse.SUPPRESS)
    parser.set_defaults(do=do)


def _draft(options: dict[str, Any]) -> Draft:
    window = _window(options["window"])
    ways: list[str | Channel] = [] if options["no_product"] else [PRODUCT]
    ways += [MAIL] if options["mail"] else []
    return Draft(
        kind=options["kind"],
        title=options["title"],
        text=options["text"],
        audience=options["audience"],
        channels=[*ways, *_channels(options["channel"])],
        module=answers.find_module(options["module"]) if options["module"] else None,
        workspaces=options["workspace"],
        roles=options["role"],
        starts_at=window.starts_at if window else options["starts_at"],
        ends_at=window.ends_at if window else options["ends_at"],
        at=options["at"],
        window=window,
        key=options["key"],
    )


def _window(number: int | None) -> Window | None:
    if number is None:
        return None
    found = Window.objects.filter(pk=number).first() if 0 < number <= finding.LARGEST else None
    if found is None:
        raise NotFound(f"There is no window {number}.")
    return found


def _channels(names: list[str]) -> list[Channel]:
    found = list(Channel.objects.filter(name__in=names))
    if missing := sorted(set(names) - {channel.name for channel in found}):
        raise Invalid({"channel": f"there is no {', '.join(missing)}"})
    return found


def _told(announcement: Announcement, preview: Preview, dry_run: bool) -> Result:
    said = "Dry run, nothing was changed: " if dry_run else ""
    line = f"{said}{announcement.title!r} is {announcement.state}; {mails.said(preview.mails)} mailed"
    document = {
        **documents.whole(announcement),
        "mails": preview.mails,
        "mail": {"subject": preview.mail.subject, "body": preview.mail.body},
        "dryRun": dry_run,
    }
    return Result(document, [line])
