"""`manage.py feature_flags`: the guides' `feature-flags:status` and `verify:feature-flags`."""

import argparse
from typing import Any

from django.core.management.base import CommandParser

from operations.doors.command import ExitCode, OperationCommand, Result, table
from rollout import inventory, verification
from rollout.answers import find_module
from rollout.models import Module


class Command(OperationCommand):
    help = "Show every flag with its state, share and source, or verify that all sources agree."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        for name, help_text, do in (
            ("status", "every flag: state, share, what decides it", self._status),
            (
                "verify",
                "catalogue, database, environment and answers agree; exit code 1 where they do not",
                self._verify,
            ),
        ):
            word = words.add(name, help_text)
            word.set_defaults(do=do)
            if name == "status":
                word.add_argument("--module", default=argparse.SUPPRESS, help="one module (default: all)")

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    @staticmethod
    def _status(options: dict[str, Any]) -> Result:
        asked = options.get("module")
        modules = [find_module(asked)] if asked else list(Module.objects.all())
        flags = [flag for module in modules for flag in inventory.flags_of(module)]
        rows: list[tuple[object, ...]] = [("flag", "state", "has it", "share", "overrides", "decided by")]
        rows += [
            (
                flag["key"],
                flag["state"],
                f"{flag['enabled']} of {flag['eligible']}",
                f"{100 * flag['share']:.1f} %",
                flag["overrides"],
                flag["source"],
            )
            for flag in flags
        ]
        return Result(
            {"flags": flags}, table(rows) if flags else ["There are no flags: run `rollout setup`."]
        )

    @staticmethod
    def _verify(options: dict[str, Any]) -> Result:
        found = list(verification.disagreements())
        if not found:
            return Result(
                {"agree": True, "disagreements": []},
                ["Catalogue, database, environment and answers agree."],
            )
        count = f"{len(found)} disagreement{'s' if len(found) > 1 else ''}"
        return Result({"agree": False, "disagreements": found}, found, ExitCode.REFUSED, f"{count} found.")
