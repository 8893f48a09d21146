"""The words of `manage.py bug_fix` and what each of them takes."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser

from operations.doors.command import Subcommands
from releases.issues import finding
from releases.lifecycle import ISSUE_TRANSITIONS
from releases.models import PRODUCTION, STAGING, Category, Issue, Method

EVERY_MODULE = "all"
MOST_LISTED = 200
OUTCOMES = ("running", "succeeded", "failed")
ENVIRONMENTS = (STAGING, PRODUCTION)

Do = Callable[..., Any]


def add_reading(words: Subcommands, **do: Do) -> None:
    """list and status."""
    add = words.add("list", "show issues, the newest first; open ones the worst first")
    add.add_argument("--severity", default="", help=", ".join(Issue.Severity.values))
    add.add_argument("--status", default="all", help=f"{', '.join(finding.STATUSES)} (default: %(default)s)")
    add.add_argument("--most", type=int, default=MOST_LISTED, help="how many to show (default: %(default)s)")
    add.set_defaults(do=do["list"])
    add = words.add("status", "show a release with its steps, or every release")
    add.add_argument("version", nargs="?", default="", help="such as 1.0.2")
    add.set_defaults(do=do["status"])


def add_issues(words: Subcommands, **do: Do) -> None:
    """issue and move."""
    add = words.add("issue", "raise an issue", writes=True)
    add.add_argument(
        "title", nargs="?", default="", help="what is wrong (default: the ticket's or the alert's title)"
    )
    add.add_argument("--description", default=None)
    add.add_argument("--severity", default="", help=f"{', '.join(Issue.Severity.values)} (default: medium)")
    source = add.add_mutually_exclusive_group()
    source.add_argument("--ticket", default="", metavar="FB-12", help="raise what a ticket tells of")
    source.add_argument("--alert", type=int, default=None, metavar="ID", help="raise what an alert shows")
    add.set_defaults(do=do["issue"])
    add = words.add("move", "take a step in the life of issues", writes=True)
    _add_references(add)
    add.add_argument("transition", choices=tuple(ISSUE_TRANSITIONS), help=", ".join(ISSUE_TRANSITIONS))
    add.add_argument("--owner", default="", metavar="USER", help="assign: who gets it")
    add.add_argument("--reason", default="", help="why; decline and reopen ask for it")
    add.set_defaults(do=do["move"])


def add_releases(words: Subcommands, **do: Do) -> None:
    """create, add, remove and abandon."""
    add = words.add("create", "draft a release of confirmed issues", writes=True)
    _add_version(add)
    add.add_argument("issues", nargs="*", metavar="ISSUE", help="such as BUG-001")
    add.add_argument(
        "--category",
        default=Category.MEDIUM,
        help=f"how risky it is: {', '.join(Category.values)} (default: %(default)s)",
    )
    add.add_argument("--method", default="", help=f"{', '.join(Method.values)}")
    add.add_argument("--hotfix", action="store_true", help="fast-tracked: fewer steps, the same records")
    add.add_argument("--security", action="store_true", help="mends a hole: announced afterwards")
    add.add_argument("--title", default="", help="what it is about, in one line")
    add.add_argument("--risk", default="", help="what may go wrong, and how it would show")
    add.add_argument("--notes", default="", help="how its changelog begins")
    add.set_defaults(do=do["create"])
    for name, purpose in (
        ("add", "put issues into a draft"),
        ("remove", "take issues out of a draft: another release may bring them"),
    ):
        add = words.add(name, purpose, writes=True)
        _add_version(add)
        _add_references(add)
        add.set_defaults(do=do[name])
    add = words.add("abandon", "give a release up; its issues are free for another", writes=True)
    _add_version(add)
    add.add_argument("--reason", required=True, help="why")
    add.set_defaults(do=do["abandon"])


def add_deployments(words: Subcommands, **do: Do) -> None:
    """plan, deploy, continue, rollback, cancel and window."""
    add = words.add("plan", "plan a deployment, so that its checklist can be worked", writes=True)
    _add_version(add)
    _add_environment(add)
    add.set_defaults(do=do["plan"])
    add = words.add("deploy", "start a deployment, or name all that it still needs", writes=True)
    _add_version(add)
    _add_environment(add)
    _add_percentage(add, "production: where it stops and waits for a person (default: 100)")
    add.set_defaults(do=do["deploy"])
    add = words.add("continue", "let a deployment go on from where it stopped", writes=True)
    _add_version(add)
    _add_percentage(add, "where it stops next (default: 100)", default=100)
    add.add_argument("--override", default="", metavar="REASON", help="go on before the share has dwelt")
    add.set_defaults(do=do["proceed"])
    add = words.add("rollback", "take a release back: its flag off, then the version before", writes=True)
    _add_version(add)
    add.add_argument("--reason", default="", help="why; may be left out of a dry run")
    add.add_argument(
        "--environment", default="", choices=ENVIRONMENTS, help="from where (default: as far as it has come)"
    )
    add.set_defaults(do=do["rollback"])
    add = words.add("cancel", "cancel a deployment that is planned and has not begun", writes=True)
    _add_version(add)
    _add_environment(add)
    add.add_argument("--reason", required=True, help="why")
    add.set_defaults(do=do["cancel"])
    add = words.add("window", "set the maintenance window of the deployment to production", writes=True)
    _add_version(add)
    add.add_argument("window", type=int, metavar="ID", help="its number in `maintenance status`")
    add.set_defaults(do=do["window"])


def add_steps(words: Subcommands, **do: Do) -> None:
    """step, retry and skip."""
    add = words.add("step", "report the result of a step that the CI or a person runs", writes=True)
    _add_step(add)
    add.add_argument("outcome", choices=OUTCOMES, help="running only leaves a note")
    add.add_argument("--note", default="", help="what was seen or done")
    add.add_argument("--url", default="", help="where the evidence lies")
    add.add_argument("--file", default="", help="what proves it, at most 10 MB")
    add.add_argument("--attempt", type=int, default=None, help="of which attempt this is (default: the last)")
    add.set_defaults(do=do["step"])
    add = words.add("retry", "ask the CI for a running step once more", writes=True)
    _add_step(add)
    add.add_argument("--reason", default="", help="why")
    add.set_defaults(do=do["retry"])
    add = words.add("skip", "leave out a running step that changes nothing", writes=True)
    _add_step(add)
    add.add_argument("--reason", required=True, help="why")
    add.set_defaults(do=do["skip"])


def _add_version(parser: CommandParser) -> None:
    parser.add_argument("version", help="such as 1.0.2")


def _add_references(parser: CommandParser) -> None:
    parser.add_argument("issues", nargs="+", metavar="ISSUE", help="such as BUG-001")


def _add_environment(parser: CommandParser) -> None:
    parser.add_argument("environment", choices=ENVIRONMENTS, help=" or ".join(ENVIRONMENTS))


def _add_step(parser: CommandParser) -> None:
    _add_version(parser)
    _add_environment(parser)
    parser.add_argument("step", help="its key, as `status` shows it")


def _add_percentage(parser: CommandParser, purpose: str, default: int | None = None) -> None:
    parser.add_argument("--rollout-percentage", type=int, default=default, metavar="N", help=purpose)
