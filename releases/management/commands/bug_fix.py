"""`manage.py bug_fix`: the guide's `npm run bug-fix:manage`, issues and releases at a terminal."""

from typing import Any

from django.core.management.base import CommandParser

from operations.doors.command import OperationCommand, Result
from releases.management import arguments, deployment_words, issue_words, release_words, step_words


class Command(OperationCommand):
    help = "List issues, make releases of them, deploy these step by step, and take them back."
    takes_module = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # Whether a module was named at all makes a difference: a release and an issue have one of their own.
        parser.set_defaults(module="")
        words = self.subcommands(parser)
        arguments.add_reading(words, list=issue_words.list_issues, status=release_words.status)
        arguments.add_issues(words, issue=issue_words.raise_issue, move=issue_words.move)
        arguments.add_releases(
            words,
            create=release_words.create,
            add=release_words.add,
            remove=release_words.remove,
            abandon=release_words.abandon,
        )
        arguments.add_deployments(
            words,
            plan=deployment_words.plan,
            deploy=deployment_words.deploy,
            proceed=deployment_words.proceed,
            rollback=deployment_words.roll_back,
            cancel=deployment_words.cancel,
            window=deployment_words.window,
        )
        arguments.add_steps(words, step=step_words.report, retry=step_words.retry, skip=step_words.skip)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options, self.actor())
        return result
