"""What every management command shares: options, the actor, output for people or programs, exit codes."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connections
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from operations.actor import Actor, Door
from operations.errors import Invalid, Refused
from operations.spelling import local_time

DEFAULT_MODULE = "patient_engagement"


class Encoder(DjangoJSONEncoder):
    """Django's, which drops microseconds, with times as the API spells them."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.isoformat().replace("+00:00", "Z")
        return super().default(o)


class ExitCode(IntEnum):
    """What a command tells the shell."""

    DONE = 0
    REFUSED = 1
    HOLD = 2
    BREACH = 3


@dataclass(frozen=True)
class Result:
    """What a command found or did: `document` for programs, `lines` for people, and the exit code.

    `complaint` is one line for stderr, such as why a dry run would be refused.
    """

    document: Any
    lines: Iterable[str] = ()
    code: ExitCode = ExitCode.DONE
    complaint: str = ""


@dataclass
class Subcommands:
    """Adds the words after a command; each takes the common options after it as well as before it."""

    actions: "argparse._SubParsersAction[CommandParser]"
    takes_module: bool

    def add(self, name: str, purpose: str, *, writes: bool = False) -> CommandParser:
        """A word and what it is for; `writes` gives it `--dry-run`."""
        parser: CommandParser = self.actions.add_parser(name, help=purpose, description=purpose)
        add_common(parser, takes_module=self.takes_module, default=argparse.SUPPRESS)
        if writes:
            add_dry_run(parser)
        return parser


def add_common(parser: argparse.ArgumentParser, *, takes_module: bool, default: Any = None) -> None:
    """Add `--json` and, where it applies, `--module`."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=default or False,
        help="print one JSON document and nothing else",
    )
    if takes_module:
        parser.add_argument(
            "--module",
            default=default or DEFAULT_MODULE,
            help=f"the module's key (default: {DEFAULT_MODULE})",
        )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add `--dry-run`."""
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would happen, and what refuses it; write nothing"
    )


class OperationCommand(BaseCommand):
    """A command over verbs. A subclass writes `operate`, which returns a `Result`.

    Refusals, bad input and bad arguments become one line on stderr and exit code 1 (with `--json` also
    `{"error": …}` on stdout), never a traceback.
    """

    # An emergency stop must not wait for, or fail with, the system checks of unrelated settings.
    requires_system_checks = ()
    takes_module = False
    writes = False

    def add_arguments(self, parser: CommandParser) -> None:
        add_common(parser, takes_module=self.takes_module)
        if self.writes:
            add_dry_run(parser)

    def subcommands(self, parser: CommandParser) -> Subcommands:
        """Begin a command's words; which one was given stands in `options["subcommand"]`."""
        actions = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
        return Subcommands(actions, self.takes_module)

    def operate(self, options: dict[str, Any]) -> Result:
        """Do what the command is for. May raise Refused and its kin."""
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # At the command line Django's parser exits with 2 and prints its usage; otherwise it raises.
        self._called_from_command_line = False
        return super().create_parser(prog_name, subcommand, **kwargs)

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            if not all(map(_is_text, argv)):
                raise CommandError("An argument is not text in UTF-8.")
            options = vars(self.create_parser(argv[0], argv[1]).parse_args(argv[2:]))
            self.execute(*options.pop("args", ()), **options)
        except CommandError as error:
            if "--traceback" in argv:
                raise
            self._fail(error, as_json="--json" in argv)
        except BrokenPipeError:
            # Whoever read our output has gone: keep Python from complaining about it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ExitCode.REFUSED)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted.")
            sys.exit(130)
        finally:
            connections.close_all()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self.operate(options)
        except Refused as refusal:
            raise CommandError(refusal.message, returncode=ExitCode.REFUSED) from refusal
        except OperationalError as error:
            fault = f"The database did not answer: {error}".strip().splitlines()[0]
            raise CommandError(f"{fault} (is it running, and migrated?)") from error
        if options["json"]:
            self.stdout.write(json.dumps(result.document, cls=Encoder, indent=2, ensure_ascii=False))
        else:
            for line in result.lines:
                self.stdout.write(line)
        if result.complaint:
            self.stderr.write(result.complaint)
        if result.code:
            sys.exit(result.code)

    def actor(self, updated_by: str = "") -> Actor:
        """Whoever runs this process. `updated_by` is a label in the trail that permits nothing."""
        return Actor(door=Door.COMMAND, label=_os_user(), on_behalf_of=updated_by, grants=None)

    def progress(self, *, total: int | None, unit: str) -> "tqdm[Any]":
        """A progress bar on stderr, shown at a terminal only."""
        return tqdm(total=total, unit=unit, disable=None if sys.stderr.isatty() else True, file=sys.stderr)

    def _fail(self, error: CommandError, *, as_json: bool) -> None:
        # The parser puts "Error: " before what it says.
        message = str(error).removeprefix("Error: ")
        if as_json:
            self.stdout.write(json.dumps({"error": error_of(error.__cause__, message)}, indent=2))
        self.stderr.write(" ".join(message.split()))
        sys.exit(error.returncode or ExitCode.REFUSED)


def error_of(cause: BaseException | None, message: str) -> Mapping[str, Any]:
    """The error form of the API for what went wrong in a command."""
    if not isinstance(cause, Refused):
        return {"code": "invalid", "message": message}
    found: dict[str, Any] = {"code": cause.code, "message": cause.message}
    return {**found, "fields": cause.fields} if isinstance(cause, Invalid) else found


def moment(text: str) -> datetime:
    """An argparse type: an ISO 8601 date or time; one without a zone is in the portal's."""
    try:
        day, at = parse_date(text), parse_datetime(text)
    except ValueError:
        day, at = None, None
    if at is None and day is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date or time such as 2025-01-31 or 2025-01-31T18:00"
        )
    at = at or datetime.combine(day or date.min, time.min)
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def shown(at: datetime | None) -> str:
    """A time as people read it, "-" for none."""
    return local_time(at) if at else "-"


def table(rows: Sequence[Sequence[object]], *, indent: str = "") -> list[str]:
    """Rows in aligned columns, two spaces apart; numbers stand to the right."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = []
    for row, cells in zip(rows, texts, strict=True):
        aligned = [
            text.rjust(width) if isinstance(cell, int) else text.ljust(width)
            for cell, text, width in zip(row, cells, widths, strict=True)
        ]
        lines.append(indent + "  ".join(aligned).rstrip())
    return lines


def _is_text(word: str) -> bool:
    """Whether a word of the command line came in the shell's encoding; else half a character stands in it."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return f"uid-{os.getuid()}"
