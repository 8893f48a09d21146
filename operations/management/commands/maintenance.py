"""`manage.py maintenance`: windows and freezes, in which phases and deployments stop."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from operations import windows
from operations.doors.command import OperationCommand, Result, moment, shown, table
from operations.errors import NotFound, Refused
from operations.models import Window


class Command(OperationCommand):
    help = "Begin, end and plan maintenance windows and freezes. Both stop phases; neither stops a rollback."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        begin = words.add("on", "begin a window now", writes=True)
        begin.add_argument("title", nargs="?", default="", help="what it is for; users read it")
        begin.add_argument("--until", type=moment, metavar="TIME", help="when it ends (default: with `off`)")
        begin.set_defaults(do=self._on)
        end = words.add("off", "end what is in force", writes=True)
        end.set_defaults(do=self._off)
        schedule = words.add("schedule", "plan a window", writes=True)
        schedule.add_argument("title", help="what it is for; users read it")
        schedule.set_defaults(do=self._schedule)
        for parser_ in (begin, end, schedule):
            parser_.add_argument(
                "--freeze",
                dest="kind",
                action="store_const",
                const=Window.Kind.FREEZE.value,
                default=Window.Kind.MAINTENANCE.value,
                help="a freeze instead of maintenance",
            )
        reschedule = words.add("reschedule", "give a window that has not begun other times", writes=True)
        extend = words.add("extend", "let a window end later", writes=True)
        cancel = words.add("cancel", "cancel a window that has not begun, or end one in force", writes=True)
        for parser_, do in ((reschedule, self._reschedule), (extend, self._extend), (cancel, self._cancel)):
            parser_.add_argument("window", type=int, metavar="ID", help="its number in `status`")
            parser_.set_defaults(do=do)
        for parser_ in (schedule, reschedule):
            parser_.add_argument("--from", dest="starts_at", type=moment, required=True, metavar="TIME")
            parser_.add_argument("--to", dest="ends_at", type=moment, required=True, metavar="TIME")
        extend.add_argument("--until", type=moment, required=True, metavar="TIME")
        words.add("status", "what is in force and what is ahead").set_defaults(do=self._status)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    def _on(self, options: dict[str, Any]) -> Result:
        title = options["title"] or Window.Kind(options["kind"]).label
        return self._plan(options, title, starts_at=timezone.now(), ends_at=options["until"])

    def _schedule(self, options: dict[str, Any]) -> Result:
        return self._plan(
            options, options["title"], starts_at=options["starts_at"], ends_at=options["ends_at"]
        )

    def _plan(self, options: dict[str, Any], title: str, **times: Any) -> Result:
        window = windows.plan(options["kind"], title, **times, actor=self.actor(), dry_run=options["dry_run"])
        return _told(window, options)

    def _reschedule(self, options: dict[str, Any]) -> Result:
        window = windows.reschedule(
            _find(options),
            options["starts_at"],
            options["ends_at"],
            actor=self.actor(),
            dry_run=options["dry_run"],
        )
        return _told(window, options)

    def _extend(self, options: dict[str, Any]) -> Result:
        return _told(
            windows.extend(_find(options), options["until"], actor=self.actor(), dry_run=options["dry_run"]),
            options,
        )

    def _cancel(self, options: dict[str, Any]) -> Result:
        return _told(windows.end(_find(options), actor=self.actor(), dry_run=options["dry_run"]), options)

    @transaction.atomic
    def _off(self, options: dict[str, Any]) -> Result:
        kind, dry_run = options["kind"], options["dry_run"]
        in_force = Window.objects.in_force().filter(kind=kind).order_by("pk")
        ended = [windows.end(window, actor=self.actor(), dry_run=dry_run) for window in in_force]
        if not ended:
            raise Refused("not_on", f"No {kind} is in force: there is nothing to end.")
        said = "would end" if dry_run else "ended"
        document = {"ended": [_facts(window) for window in ended], "dryRun": dry_run}
        return Result(document, [f"{window} {said}" for window in ended])

    @staticmethod
    def _status(options: dict[str, Any]) -> Result:
        in_force = list(Window.objects.in_force().order_by("starts_at"))
        ahead = list(Window.objects.ahead().order_by("starts_at"))
        document = {
            "maintenance": any(window.kind == Window.Kind.MAINTENANCE for window in in_force),
            "freeze": any(window.kind == Window.Kind.FREEZE for window in in_force),
            "inForce": [_facts(window) for window in in_force],
            "ahead": [_facts(window) for window in ahead],
        }
        rows = [(window.state, str(window), _span(window), window.pk) for window in [*in_force, *ahead]]
        return Result(document, table(rows) if rows else ["Nothing is in force and nothing is planned."])


def _find(options: dict[str, Any]) -> Window:
    window = Window.objects.filter(pk=options["window"]).first() if options["window"] < 1 << 63 else None
    if window is None:
        raise NotFound(f"There is no window {options['window']}.")
    return window


def _told(window: Window, options: dict[str, Any]) -> Result:
    dry_run = options["dry_run"]
    said = "Dry run, nothing was changed: " if dry_run else ""
    document = {**_facts(window), "dryRun": dry_run}
    return Result(document, [f"{said}{window}, {window.state}, {_span(window)}"])


def _span(window: Window) -> str:
    end = f"until {shown(window.ends_at)}" if window.ends_at else "until it is ended"
    return f"from {shown(window.starts_at)} {end}"


def _facts(window: Window) -> dict[str, Any]:
    return {
        "id": window.pk,
        "kind": window.kind,
        "title": window.title,
        "state": window.state,
        "startsAt": window.starts_at,
        "endsAt": window.ends_at,
        "announcedAt": window.announced_at,
        "version": window.version,
    }
