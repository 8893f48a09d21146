"""`manage.py rollout`: the guides' `npm run rollout` and `patient-engagement:setup`."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import User
from django.core.management.base import CommandParser
from django.db import transaction
from django.http import HttpRequest

from operations.actor import Actor, Door
from operations.doors.command import ExitCode, OperationCommand, Result
from operations.errors import Forbidden, Invalid, Refused
from rollout import answers, approvals, phases, reports, setup
from rollout.changes import Outcome
from rollout.management.printing import answer_lines, outcome_lines, refusal_of, status_lines


class Command(OperationCommand):
    help = "Plan, run, pause, resume and roll back a module's rollout, and report on it."
    takes_module = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        add = words.add("setup", "create the modules, flags and plans that are missing", writes=True)
        add.add_argument(
            "--from-env", action="store_true", help="write the health module's variables into its plan"
        )
        add.set_defaults(do=self._setup)
        words.add("status", "show the plan, its phases and its gate").set_defaults(do=self._status)
        add = words.add("phase", "run a phase", writes=True)
        add.add_argument("number", type=int, help="the phase's number")
        self._labelled(add, reason=False)
        add.add_argument(
            "--override", default="", metavar="REASON", help="open a closed gate, for this reason"
        )
        add.set_defaults(do=self._phase)
        add = words.add("set", "set the percentage by hand; 0 turns all flags of the module off", writes=True)
        add.add_argument("percentage", type=int, help="0 to 100")
        self._labelled(add, reason=False)
        add.set_defaults(do=self._set)
        add = words.add("pause", "nobody new gets the module, nobody loses it", writes=True)
        self._labelled(add)
        add.set_defaults(do=self._pause)
        add = words.add("resume", "go on after a pause or a rollback", writes=True)
        add.add_argument("percentage", type=int, help="0 to 100")
        self._labelled(add, reason=False)
        add.set_defaults(do=self._resume)
        add = words.add("rollback", "go back to the phase before", writes=True)
        self._labelled(add)
        add.add_argument("--to", type=int, metavar="PERCENT", help="go back to this percentage")
        add.set_defaults(do=self._rollback)
        add = words.add("complete", "declare the plan complete", writes=True)
        self._labelled(add, reason=False)
        add.add_argument(
            "--override", default="", metavar="REASON", help="open a closed gate, for this reason"
        )
        add.set_defaults(do=self._complete)
        add = words.add("approve", "approve the next phase as a second person", writes=True)
        add.add_argument(
            "--user",
            required=True,
            help="who approves; asks for their password, or reads OPS_APPROVER_PASSWORD",
        )
        add.set_defaults(do=self._approve)
        words.add("report", "print the whole report as JSON").set_defaults(do=self._report)
        add = words.add("explain", "show whether a workspace or user has a flag, and why")
        add.add_argument("flag", help="the flag's key")
        add.add_argument("unit", help="the workspace's or user's id")
        add.add_argument("--context", default="{}", metavar="JSON", help="what the product would tell")
        add.set_defaults(do=self._explain)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    @staticmethod
    def _labelled(parser: CommandParser, *, reason: bool = True) -> None:
        if reason:
            parser.add_argument("reason", nargs="?", default="", help="why; kept in the audit trail")
        parser.add_argument(
            "updated_by", nargs="?", default="", help="a label for the audit trail; it permits nothing"
        )

    def _setup(self, options: dict[str, Any]) -> Result:
        actor, dry_run = self.actor(), options["dry_run"]
        with transaction.atomic():
            created = setup.create_missing(actor=actor)
            written = setup.write_environment(actor=actor) if options["from_env"] else []
            transaction.set_rollback(dry_run)
        lines = [f"would create {name}" if dry_run else f"created {name}" for name in created]
        lines += [f"would write {change}" if dry_run else f"wrote {change}" for change in written]
        document = {"operation": "setup", "created": created, "written": written, "dryRun": dry_run}
        return Result(document, lines or ["Everything is set up: nothing to do."])

    def _status(self, options: dict[str, Any]) -> Result:
        found = reports.status_of(reports.plan_of(options["module"]))
        return Result(found, status_lines(found))

    def _phase(self, options: dict[str, Any]) -> Result:
        return self._told(
            phases.run(
                reports.plan_of(options["module"]),
                options["number"],
                actor=self.actor(options["updated_by"]),
                override=options["override"],
                dry_run=options["dry_run"],
            )
        )

    def _set(self, options: dict[str, Any]) -> Result:
        return self._told(
            phases.set_percentage(
                reports.plan_of(options["module"]),
                options["percentage"],
                actor=self.actor(options["updated_by"]),
                dry_run=options["dry_run"],
            )
        )

    def _pause(self, options: dict[str, Any]) -> Result:
        return self._told(
            phases.pause(
                reports.plan_of(options["module"]),
                actor=self.actor(options["updated_by"]),
                reason=options["reason"],
                dry_run=options["dry_run"],
            )
        )

    def _resume(self, options: dict[str, Any]) -> Result:
        return self._told(
            phases.resume(
                reports.plan_of(options["module"]),
                options["percentage"],
                actor=self.actor(options["updated_by"]),
                dry_run=options["dry_run"],
            )
        )

    def _rollback(self, options: dict[str, Any]) -> Result:
        return self._told(
            phases.roll_back(
                reports.plan_of(options["module"]),
                actor=self.actor(options["updated_by"]),
                target=options["to"],
                reason=options["reason"],
                dry_run=options["dry_run"],
            )
        )

    def _complete(self, options: dict[str, Any]) -> Result:
        return self._told(
            phases.complete(
                reports.plan_of(options["module"]),
                actor=self.actor(options["updated_by"]),
                override=options["override"],
                dry_run=options["dry_run"],
            )
        )

    @staticmethod
    def _told(outcome: Outcome) -> Result:
        refused = bool(outcome.refused)
        return Result(
            reports.outcome_of(outcome),
            outcome_lines(outcome),
            code=ExitCode.REFUSED if refused else ExitCode.DONE,
            complaint=refusal_of(outcome),
        )

    def _approve(self, options: dict[str, Any]) -> Result:
        plan, dry_run = reports.plan_of(options["module"]), options["dry_run"]
        user = _named(options["user"]) if dry_run else _proved(options["user"])
        with transaction.atomic():
            actor = Actor(door=Door.COMMAND, label=user.get_username(), user=user)
            approval = approvals.approve(plan, actor=actor)
            transaction.set_rollback(dry_run)
        document = {
            "module": plan.module.key,
            "operation": "approve",
            "phase": approval.phase_number,
            "by": approval.username,
            "dryRun": dry_run,
        }
        said = "would approve" if dry_run else "approved"
        return Result(document, [f"{plan}: {approval.username} {said} phase {approval.phase_number}"])

    def _report(self, options: dict[str, Any]) -> Result:
        options["json"] = True
        return Result(reports.report_of(reports.plan_of(options["module"])))

    def _explain(self, options: dict[str, Any]) -> Result:
        context = answers.read_context(options["context"])
        answer = answers.explain(options["flag"], options["unit"], context)
        return Result(reports.answer_of(answer), answer_lines(answer))


def _named(username: str) -> User:
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Invalid({"user": f"there is no active user {username!r}"})
    return user


def _asked(username: str) -> str:
    if not sys.stdin.isatty():
        raise Refused(
            "no_password", "There is no terminal to ask for the password: set OPS_APPROVER_PASSWORD."
        )
    return getpass.getpass(f"Password of {username}: ", stream=sys.stderr)


def _proved(username: str) -> User:
    """The portal user whose password was given: a shell on the server is not yet a second person."""
    password = os.environ.get("OPS_APPROVER_PASSWORD") or _asked(username)
    # The login lock-out counts attempts by user and address, and reads both from a request.
    request = HttpRequest()
    request.method, request.path = "POST", "/manage.py/rollout/approve"
    request.META.update(REMOTE_ADDR="127.0.0.1", HTTP_USER_AGENT="manage.py")
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise Forbidden(f"The password of {username!r} is wrong, or the account is locked or not active.")
    return user
