"""`manage.py feature_flags`: the guides' `feature-flags:status`, `verify:feature-flags`; flags as files."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from operations.doors.command import DEFAULT_MODULE, ExitCode, OperationCommand, Result, table
from operations.errors import Invalid
from operations.yaml_text import LONGEST
from rollout import flag_files, inventory, verification
from rollout.answers import find_module
from rollout.flag_files import FileChange
from rollout.models import Module

STDIN = "-"


class Command(OperationCommand):
    help = (
        "Show every flag with its state, share and source, verify that all sources agree, or export and "
        "import the flags of a module as a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        add = words.add("status", "every flag: state, share, what decides it")
        add.add_argument("--module", default=argparse.SUPPRESS, help="one module (default: all)")
        add.set_defaults(do=self._status)
        add = words.add(
            "verify", "catalogue, database, environment and answers agree; exit code 1 where they do not"
        )
        add.set_defaults(do=self._verify)
        add = words.add("export", "write a module's flags, variants, rules and segments as YAML")
        add.add_argument(
            "--module", default=DEFAULT_MODULE, help=f"the module's key (default: {DEFAULT_MODULE})"
        )
        add.add_argument("--output", metavar="FILE", help="the file to write (default: standard output)")
        add.set_defaults(do=self._export)
        add = words.add(
            "import", "create and change what a file says, all or nothing; delete none", writes=True
        )
        add.add_argument("file", metavar="FILE", help="a file as `export` writes it, or - for standard input")
        add.add_argument(
            "--module", default=None, help="the module it must be of (default: the one it names)"
        )
        add.set_defaults(do=self._import)

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

    @staticmethod
    def _export(options: dict[str, Any]) -> Result:
        module = find_module(options["module"])
        text = flag_files.dump(module)
        if options["output"] is None:
            return Result({"module": module.key, "file": text}, text.splitlines())
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise Invalid({"output": f"{options['output']} cannot be written ({error.strerror})"}) from error
        document = {"module": module.key, "output": options["output"]}
        return Result(document, [f"The flags of {module} are in {options['output']}."])

    def _import(self, options: dict[str, Any]) -> Result:
        module = find_module(options["module"]) if options["module"] else None
        change = flag_files.load(
            _read(options["file"]), module, actor=self.actor(), dry_run=options["dry_run"]
        )
        return Result(change.as_dict(), list(_lines(change)))


def _read(name: str) -> str:
    try:
        if name == STDIN:
            content = sys.stdin.buffer.read(LONGEST + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(LONGEST + 1)
    except OSError as error:
        raise Invalid({"file": f"{name} cannot be read ({error.strerror})"}) from error
    if len(content) > LONGEST:
        raise Invalid({"file": f"must have at most {LONGEST:,} bytes"})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid({"file": f"is not UTF-8 (byte {error.start + 1})"}) from error


def _lines(change: FileChange) -> list[str]:
    would = "would be " if change.dry_run else ""
    lines = [
        f"{len(keys)} {what} {would}{did}: {', '.join(keys)}"
        for what, did, keys in (
            ("segments", "created", change.segments_created),
            ("segments", "changed", change.segments_updated),
            ("flags", "created", change.created),
            ("flags", "changed", change.updated),
        )
        if keys
    ]
    lines += [
        f"The segment {key} is used in {', '.join(modules)} too: its change is felt there."
        for key, modules in change.shared.items()
    ]
    same = len(change.unchanged) + len(change.segments_unchanged)
    return [*lines, f"{same} unchanged."]
