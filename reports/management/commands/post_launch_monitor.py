"""`manage.py post_launch_monitor`: the guides' `npm run post-launch:monitor`."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from feedback.management import plan_printing, summary_printing
from monitoring import documents
from monitoring.management.alert_printing import open_alerts
from monitoring.management.printing import metric_lines, system_health_lines
from monitoring.management.verdicts import code_now
from operations.doors.command import DEFAULT_MODULE, OperationCommand, Result
from reports.management import report_words
from rollout import reports

CODES = "exit code 0: pass, or not begun; 2: hold, unknown, or no check for 75 minutes; 3: breach"


class Command(OperationCommand):
    help = "Show how a module does after its launch: its health and performance, what users say."
    takes_module = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        add = words.add("health", "show the post-launch score and the latest verdict; " + CODES)
        add.add_argument("--verbose", action="store_true", help="show every figure behind the score")
        add.add_argument("--performance", action="store_true", help="show the performance and its targets")
        add.set_defaults(do=self._health)
        add = words.add("alerts", "show the open alerts, what is owed first before the others")
        add.set_defaults(do=self._alerts)
        add = words.add("metrics", "show the performance of the last day and week against its targets")
        add.set_defaults(do=self._metrics)
        add = words.add("report", "make a report: what happened, against targets and the time before")
        report_words.add_options(add)
        add.set_defaults(do=partial(report_words.show, self))
        # These are of the whole product unless a module is named: many tickets name none.
        parser.set_defaults(module=None, every_module=False)
        everywhere = replace(words, takes_module=False)
        add = everywhere.add("feedback", "show what users say: how much, about what, how content they are")
        summary_printing.add_options(add)
        add.set_defaults(do=partial(summary_printing.show, self), every_module=True)
        add = everywhere.add("phase2", "show the plan for Phase 2: feature requests, grouped and ranked")
        plan_printing.add_options(add)
        add.set_defaults(do=partial(plan_printing.show, self), every_module=True)

    def operate(self, options: dict[str, Any]) -> Result:
        if not options["every_module"]:
            options["module"] = options["module"] or DEFAULT_MODULE
        result: Result = options["do"](options)
        return result

    @staticmethod
    def _health(options: dict[str, Any]) -> Result:
        plan, now = reports.plan_of(options["module"]), timezone.now()
        found = documents.system_health_of(plan, now=now)
        if options["performance"]:
            found["metrics"] = documents.metrics_of(plan, now=now)["metrics"]
        lines = system_health_lines(found, plan.name, verbose=options["verbose"])
        return Result(found, lines, code=code_now(found))

    @staticmethod
    def _alerts(options: dict[str, Any]) -> Result:
        return open_alerts(reports.plan_of(options["module"]).module.key)

    @staticmethod
    def _metrics(options: dict[str, Any]) -> Result:
        plan = reports.plan_of(options["module"])
        found = documents.metrics_of(plan, now=timezone.now())
        return Result(found, metric_lines(found, plan.name))
