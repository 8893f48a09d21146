"""`manage.py db_health`: the guides' `db:health-check`, `db:performance:check` and `db:analyze-indexes`."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from monitoring import database_health
from monitoring.database_health import Level, Report
from monitoring.management.database_printing import report_lines
from operations.doors.command import ExitCode, OperationCommand, Result

CODES = {
    Level.PASS: ExitCode.DONE,
    Level.UNKNOWN: ExitCode.HOLD,
    Level.HOLD: ExitCode.HOLD,
    Level.BREACH: ExitCode.BREACH,
}


class Command(OperationCommand):
    help = "Look at the portal's own database. Reads only: nothing is changed, and nobody waits for it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        words.add("check", "is it reachable, whole, in time, and not about to run out of something?")
        words.add("performance", "how quick it is, and what makes it slow")
        words.add("indexes", "indexes that are broken, doubled, unused or missing, and what mends them")

    def operate(self, options: dict[str, Any]) -> Result:
        report = database_health.examine(options["subcommand"])
        return Result(_document(report), report_lines(report), CODES[report.verdict])


def _document(report: Report) -> dict[str, Any]:
    return {
        "check": report.check,
        "verdict": report.verdict.value,
        "at": timezone.now(),
        "database": report.database,
        "findings": [finding.document() for finding in report.findings],
        "unknown": [finding.name for finding in report.at(Level.UNKNOWN)],
    }
