"""`manage.py alert`: what an engineer on call does about alerts, at a terminal."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from monitoring import levels
from monitoring.alerts import documents, finding, responding, silencing
from monitoring.management.alert_printing import alert_lines, whole_alert_lines
from monitoring.models import Alert
from operations.doors.command import OperationCommand, Result, moment, shown


class Command(OperationCommand):
    help = "List, raise, acknowledge, answer, escalate, silence and resolve alerts."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        add = words.add("list", "show alerts, what is owed first before the others")
        add.add_argument(
            "--status", default="open", help=f"{', '.join(finding.STATUSES)} (default: %(default)s)"
        )
        add.add_argument("--level", default="", help=", ".join(levels.ORDER))
        add.add_argument("--module", default="", help="its alerts, and those that concern no module")
        add.set_defaults(do=self._list)
        add = words.add("show", "show one alert and its story")
        add.add_argument("id", type=int)
        add.set_defaults(do=self._show)
        add = words.add("raise", "raise what no metric shows", writes=True)
        add.add_argument("title", help="what happened, in one line")
        add.add_argument(
            "--level", default=levels.ERROR, help=f"{', '.join(levels.ORDER)} (default: %(default)s)"
        )
        add.add_argument("--module", default="", help="the module that it concerns")
        add.add_argument("--summary", default="", help="what happened")
        add.add_argument("--affected", default="", help="to whom")
        add.set_defaults(do=self._raise)
        for name, purpose, verb in (
            ("acknowledge", "say that somebody is on it: its clock stops", responding.acknowledge),
            ("respond", "say what is being done about it", responding.respond),
            ("resolve", "say that it is over", responding.resolve),
        ):
            add = words.add(name, purpose, writes=True)
            add.add_argument("id", type=int, nargs="+")
            add.add_argument("--note", default="", help="what was seen or done")
            add.set_defaults(do=self._respond, verb=verb)
        add = words.add("escalate", "tell the contacts of the next level now", writes=True)
        add.add_argument("id", type=int)
        add.add_argument("--reason", default="")
        add.set_defaults(do=self._escalate)
        add = words.add("silence", "let nobody be told of an alert's cause for a while", writes=True)
        add.add_argument("id", type=int)
        add.add_argument("--until", type=moment, required=True, help="such as 2026-01-31T18:00")
        add.add_argument("--reason", required=True)
        add.set_defaults(do=self._silence)

    def operate(self, options: dict[str, Any]) -> Result:
        with transaction.atomic():
            result: Result = options["do"](options)
            if options.get("dry_run"):
                transaction.set_rollback(True)
        return result

    @staticmethod
    def _list(options: dict[str, Any]) -> Result:
        found = finding.find(status=options["status"], level=options["level"], module=options["module"] or "")
        alerts = [documents.alert_of(alert) for alert in found]
        return Result({"alerts": alerts}, alert_lines(alerts, "No such alerts."))

    @staticmethod
    def _show(options: dict[str, Any]) -> Result:
        found = documents.whole_alert_of(finding.by_id(options["id"]))
        return Result(found, whole_alert_lines(found))

    def _raise(self, options: dict[str, Any]) -> Result:
        alert = responding.raise_alert(
            actor=self.actor(),
            title=options["title"],
            level=options["level"],
            module=finding.module_of(options["module"] or ""),
            summary=options["summary"],
            affected=options["affected"],
        )
        return self._said([alert], options)

    def _respond(self, options: dict[str, Any]) -> Result:
        actor = self.actor()
        verb, note = options["verb"], options["note"]
        alerts = [verb(finding.by_id(number), actor=actor, note=note) for number in options["id"]]
        return self._said(alerts, options)

    def _escalate(self, options: dict[str, Any]) -> Result:
        alert = finding.by_id(options["id"])
        return self._said([responding.escalate(alert, actor=self.actor(), reason=options["reason"])], options)

    def _silence(self, options: dict[str, Any]) -> Result:
        alert = finding.by_id(options["id"])
        made = silencing.silence(
            actor=self.actor(), alert=alert, until=options["until"], reason=options["reason"]
        )
        found = {"alert": alert.pk, "until": made.ends_at, "dryRun": options["dry_run"]}
        return Result(found, [f"{alert} is silenced until {shown(made.ends_at)}."])

    @staticmethod
    def _said(alerts: list[Alert], options: dict[str, Any]) -> Result:
        found = [documents.alert_of(alert) for alert in alerts]
        return Result({"alerts": found, "dryRun": options["dry_run"]}, alert_lines(found))
