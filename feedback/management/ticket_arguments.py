"""The words of `manage.py ticket` and what each of them takes."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser

from feedback.imports.fields import NAMES
from feedback.imports.presets import PRESETS
from feedback.lifecycle import TRANSITIONS
from feedback.models import Ticket
from feedback.tickets import finding
from feedback.tickets.drafts import LIMITS, RATINGS
from operations.doors import csv_command
from operations.doors.command import Subcommands

PURPOSES = {
    "triage": "say that somebody read and sorted it",
    "assign": "give it to somebody",
    "start": "say that somebody works on it",
    "resolve": "say that it is done: its reporter hears of it",
    "verify": "say that the fix was tried and holds",
    "close": "put it away",
    "decline": "say that it will not be done: its reporter hears why",
    "reopen": "say that it is not done after all: its clocks begin anew",
}
# What the asker gives of a ticket, beside its title.
TEXTS = tuple(name for name in LIMITS if name not in ("title", "description"))
MOST_LISTED = 100


def add_reading(words: Subcommands, **do: Callable[..., Any]) -> None:
    """list, show, search, similar and export."""
    add = words.add("list", "show tickets: open ones the most severe and oldest first")
    _add_filters(add, status="open")
    _add_most(add)
    add.set_defaults(do=do["list"])
    add = words.add("show", "show one ticket with its texts and its story")
    add.add_argument("reference", help="such as FB-12")
    add.set_defaults(do=do["show"])
    add = words.add("search", "show the tickets in which words stand")
    add.add_argument("text")
    _add_filters(add, status="all")
    _add_most(add)
    add.set_defaults(do=do["search"])
    add = words.add("similar", "show the tickets that seem to say the same")
    add.add_argument("reference")
    add.add_argument("--most", type=int, default=10, help="how many (default: %(default)s)")
    add.set_defaults(do=do["similar"])
    add = words.add("export", "write tickets as CSV, without what was redacted")
    _add_filters(add, status="all")
    add.add_argument("--output", metavar="FILE", help="the file to write (default: standard output)")
    add.set_defaults(do=do["export"])


def add_moves(words: Subcommands, do: Callable[..., Any]) -> None:
    """Each transition of a ticket's life as a word."""
    for name in TRANSITIONS:
        add = words.add(name, PURPOSES[name], writes=True)
        _add_references(add)
        add.add_argument("--reason", default="", help="why")
        if name == "assign":
            add.add_argument("--owner", required=True, help="a user of the support team")
        if name == "resolve":
            add.add_argument("--fixed-in", default="", metavar="VERSION", help="the version with the fix")
        add.set_defaults(do=do, transition=name, **({} if name == "assign" else {"owner": ""}))


def add_writing(words: Subcommands, **do: Callable[..., Any]) -> None:
    """What else the team does with tickets."""
    _add_new(words, do["add"])
    _add_edit(words, do["edit"])
    add = words.add("tag", "add and remove tags", writes=True)
    _add_references(add)
    add.add_argument("--add", action="append", default=[], metavar="TAG")
    add.add_argument("--remove", action="append", default=[], metavar="TAG")
    add.set_defaults(do=do["tag"])
    add = words.add("reply", "answer the reporter, by mail and on their page", writes=True)
    add.add_argument("reference")
    add.add_argument("body")
    add.add_argument("--wait", action="store_true", help="stop the clocks until the reporter answers")
    add.set_defaults(do=do["reply"])
    add = words.add("resume", "wait for the reporter no longer", writes=True)
    add.add_argument("reference")
    add.set_defaults(do=do["resume"])
    add = words.add("fixed", "tell reporters that the version with the fix is out", writes=True)
    add.add_argument("version")
    _add_references(add)
    add.set_defaults(do=do["fixed"])
    add = words.add("note", "write something for the team", writes=True)
    add.add_argument("reference")
    add.add_argument("body")
    add.set_defaults(do=do["note"])
    add = words.add("merge", "put a ticket into another one that says the same", writes=True)
    add.add_argument("reference")
    add.add_argument("into", help="the ticket that stays")
    add.add_argument("--reason", default="")
    add.set_defaults(do=do["merge"])
    add = words.add("unmerge", "take a merged ticket out again, as it was", writes=True)
    add.add_argument("reference")
    add.add_argument("--reason", default="")
    add.set_defaults(do=do["unmerge"])
    add = words.add("quarantine", "put tickets apart that look like spam", writes=True)
    _add_references(add)
    add.add_argument("--reason", required=True)
    add.set_defaults(do=do["quarantine"])
    add = words.add("release", "say that tickets are no spam", writes=True)
    _add_references(add)
    add.set_defaults(do=do["release"])
    add = words.add("erase", "erase the texts of a ticket for good; what is counted stays", writes=True)
    add.add_argument("reference")
    add.add_argument("--reason", required=True)
    add.set_defaults(do=do["erase"])


def add_import(words: Subcommands, do: Callable[..., Any]) -> None:
    """The import of a CSV file."""
    add = words.add("import", "make tickets of a CSV file: all of it, or nothing", writes=True)
    csv_command.add_import_options(add, NAMES)
    add.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="FIELD:FROM=TO",
        help="what a word of the file stands for, such as severity:Major=high",
    )
    add.add_argument("--preset", default="", help=f"columns and words of {', '.join(filter(None, PRESETS))}")
    add.add_argument("--time-zone", default="", help="of dates that name none (default: the portal's)")
    add.add_argument(
        "--month-first", action="store_true", help="03/04/2026 is the 4th of March, not the 3rd of April"
    )
    add.set_defaults(do=do)


def _add_new(words: Subcommands, do: Callable[..., Any]) -> None:
    add = words.add("add", "take down what somebody told us", writes=True)
    add.add_argument("title")
    add.add_argument("--description", required=True)
    add.add_argument("--category", required=True, help=", ".join(Ticket.Category.values))
    add.add_argument("--severity", default=Ticket.Severity.MEDIUM, help=_SEVERITIES)
    add.add_argument("--workspace", default="", help="its id")
    add.add_argument("--module", default="", help="its key")
    add.add_argument("--step", action="append", default=[], dest="steps", help="how it came about")
    for name in TEXTS:
        add.add_argument(_option(name), default="")
    for name in RATINGS:
        add.add_argument(_option(name), type=int, default=None, help="from 1 to 5")
    add.set_defaults(do=do)


def _add_edit(words: Subcommands, do: Callable[..., Any]) -> None:
    add = words.add("edit", "correct what tickets say; what is not given stays", writes=True)
    _add_references(add)
    add.add_argument("--category", help=", ".join(Ticket.Category.values))
    add.add_argument("--severity", help=_SEVERITIES)
    for name in ("title", "description", "feature_area", "release"):
        add.add_argument(_option(name))
    add.add_argument("--module", help='its key, "" for none')
    add.add_argument("--workspace", help='its id, "" for none')
    add.add_argument("--tags", metavar="TAG,TAG", help="all its tags")
    add.set_defaults(do=do)


def _add_filters(parser: CommandParser, *, status: str) -> None:
    parser.add_argument(
        "--status", default=status, help=f"{', '.join(finding.STATUSES)} (default: %(default)s)"
    )
    parser.add_argument("--category", default="", help=", ".join(Ticket.Category.values))
    parser.add_argument("--severity", default="", help=_SEVERITIES)
    for name in ("module", "workspace", "owner", "tag"):
        parser.add_argument(f"--{name}", default="")


def _add_most(parser: CommandParser) -> None:
    parser.add_argument(
        "--most", type=int, default=MOST_LISTED, help="how many to show (default: %(default)s)"
    )


def _add_references(parser: CommandParser) -> None:
    parser.add_argument("references", nargs="+", metavar="reference", help="such as FB-12")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


_SEVERITIES = ", ".join(Ticket.Severity.values)
