"""`manage.py monitor_rollout`: the guides' `npm run monitor-rollout`."""

from typing import Any

from django.core.management.base import CommandParser

from monitoring import documents, health
from monitoring.management.alert_printing import open_alerts
from monitoring.management.printing import check_lines, score_lines
from monitoring.management.verdicts import code_of
from operations.doors.command import OperationCommand, Result
from rollout import reports
from rollout.models import Plan

HELP = """Check a module's health at the newest full hour, act on a breach, and say what was found.

Somebody else's check of that hour is shown and not made again. Exit codes: 0 pass, or a plan that has not
begun; 1 refused or bad input; 2 hold or unknown; 3 breach."""


class Command(OperationCommand):
    help = HELP
    takes_module = True
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "show",
            nargs="?",
            choices=["health", "alerts"],
            metavar="health|alerts",
            help="health: the verdict and the scores only; alerts: the open alerts, without a check",
        )

    def operate(self, options: dict[str, Any]) -> Result:
        plan = reports.plan_of(options["module"])
        if options["show"] == "alerts":
            return open_alerts(plan.module.key)
        dry_run = options["dry_run"]
        if note := documents.nothing_to_check(plan):
            return self._without(plan, note, dry_run=dry_run)
        check = health.judge(plan) if dry_run else health.check(plan, actor=self.actor())
        found = {**documents.check_of(check), "reviewDue": documents.review_due(plan), "dryRun": dry_run}
        lines = (score_lines if options["show"] else check_lines)(found, plan.name)
        return Result(found, lines, code=code_of(check.result))

    @staticmethod
    def _without(plan: Plan, note: str, *, dry_run: bool) -> Result:
        found: documents.Document = {
            "module": plan.module.key,
            "score": None,
            "verdict": None,
            "criteria": [],
            "note": note,
            "dryRun": dry_run,
        }
        return Result(found, [f"{plan}: {note}"])
