"""`manage.py cache init`: the guides' `cache:init`. Makes ready what is shared before anybody asks."""

from typing import Any

from django.core.management.base import CommandParser

from operations.doors.command import ExitCode, OperationCommand, Result, table
from ops_portal import warming

WORDS = {True: "ok", False: "FAILED", None: "-"}


class Command(OperationCommand):
    help = "Make the portal's caches ready, and say what is not. Again does no harm."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        words.add("init", "test the cache, count tables, and make the sums that reports read", writes=True)

    def operate(self, options: dict[str, Any]) -> Result:
        done = []
        with self.progress(total=len(warming.steps()), unit=" steps") as bar:
            for each in warming.warm(dry_run=options["dry_run"]):
                done.append(each)
                bar.update()
        failed = any(each.ok is False for each in done)
        return Result(
            {"dryRun": options["dry_run"], "ok": not failed, "steps": [_step(each) for each in done]},
            table([(WORDS[each.ok], each.name, f"{each.milliseconds:,.0f} ms", each.said) for each in done]),
            ExitCode.REFUSED if failed else ExitCode.DONE,
        )


def _step(done: warming.Done) -> dict[str, Any]:
    return {"name": done.name, "ok": done.ok, "said": done.said, "milliseconds": done.milliseconds}
