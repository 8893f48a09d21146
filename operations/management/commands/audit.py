"""`manage.py audit`: verify the audit trail, or export it."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandParser

from operations import audit
from operations.doors.command import Encoder, ExitCode, OperationCommand, Result, moment
from operations.doors.downloads import plain
from operations.errors import Invalid, Refused
from operations.models import AuditSeal

Events = Iterator[dict[str, Any]]


class Writable(Protocol):
    """A file or a command's stdout."""

    def write(self, text: str, /) -> Any: ...


class Command(OperationCommand):
    help = "Verify the audit trail's hash chain, or export its events."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        verify = words.add("verify", "recompute the whole chain; exit code 1 where it is broken")
        verify.add_argument(
            "--head",
            default="",
            metavar="SEQ:HASH",
            help="a head noted earlier, which must still be in the chain",
        )
        verify.set_defaults(do=self._verify)
        export = words.add("export", "write every event, oldest first")
        export.add_argument("--since", type=moment, metavar="DATE", help="events from this date or time on")
        export.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead of stdout")
        export.add_argument(
            "--format", choices=["jsonl", "csv"], default="jsonl", help="default: one JSON a line"
        )
        export.set_defaults(do=self._export)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    @staticmethod
    def _verify(options: dict[str, Any]) -> Result:
        found = audit.verify(_head(options["head"]))
        document = {
            "sealed": found.sealed,
            "head": found.head,
            "intact": not found.faults,
            "faults": found.faults,
        }
        lines = [*found.faults, f"{found.sealed} events sealed, head {found.head}"]
        if not found.faults:
            return Result(document, lines)
        count = f"{len(found.faults)} fault{'s' if len(found.faults) > 1 else ''}"
        return Result(document, lines, ExitCode.REFUSED, f"The audit trail is broken: {count}.")

    def _export(self, options: dict[str, Any]) -> Result:
        audit.seal()
        write = {"jsonl": _write_jsonl, "csv": _write_csv}[options["format"]]
        output: Path | None = options["output"]
        if output is not None:
            count = _to_file(output, write, self._counted(options))
            return Result({"written": count, "output": str(output)}, [f"{count} events written to {output}"])
        if options["json"]:
            return Result({"events": list(audit.export(options["since"]))})
        # A reader who has gone, such as `head`, must leave no open cursor behind.
        with closing(audit.export(options["since"])) as events:
            write(events, self.stdout)
        return Result({})

    def _counted(self, options: dict[str, Any]) -> Events:
        with self.progress(total=AuditSeal.objects.count(), unit="events") as bar:
            for event in audit.export(options["since"]):
                bar.update()
                yield event


def _head(text: str) -> str:
    sequence, _, digest = text.partition(":")
    if text and not (sequence.isdigit() and len(digest) == len(audit.GENESIS)):
        raise Invalid({"head": "must be SEQUENCE:HASH, as `audit verify` prints it"})
    return text


def _to_file(path: Path, write: Callable[[Events, Writable], int], events: Events) -> int:
    """Write into a draft beside `path` and move it there when it is whole."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            count = write(events, file)
        draft.replace(path)
    except OSError as error:
        raise Refused("cannot_write", f"{path} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return count


def _write_jsonl(events: Events, file: Writable) -> int:
    count = 0
    for event in events:
        file.write(json.dumps(event, cls=Encoder, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(events: Events, file: Writable) -> int:
    writer, count = csv.writer(file), 0
    for event in events:
        if not count:
            writer.writerow(event)
        writer.writerow([_cell(value) for value in event.values()])
        count += 1
    return count


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return plain(value)
    return plain(json.dumps(value, cls=Encoder, ensure_ascii=False).strip('"'))
