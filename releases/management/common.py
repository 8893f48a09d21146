"""What the words of `manage.py bug_fix` share: finding what is named, and telling what became of it."""

from typing import Any

from operations.doors.command import DEFAULT_MODULE, Result
from operations.errors import NotFound
from releases.deployments import documents, finding
from releases.management.printing import deployment_lines, release_lines
from releases.models import Release
from rollout.models import Module

Options = dict[str, Any]


def module_of(options: Options) -> Module:
    """The module that was named, or the usual one. Raises NotFound."""
    return finding.module_of(options["module"] or DEFAULT_MODULE)


def release_of(options: Options) -> Release:
    """The release that was named. Raises NotFound, also for one of another module than was named."""
    found = finding.release(options["version"])
    if options["module"] not in ("", found.module.key):
        raise NotFound(f"{found} is a release of {found.module.key}, not of {options['module']}.")
    return found


def told_of_release(operation: str, release: Release, options: Options, line: str) -> Result:
    """What was done to a release that is saved, and how it stands now."""
    found = documents.release_document(finding.release(release.version))
    document = {"operation": operation, "dryRun": options["dry_run"], "releases": [found]}
    return Result(document, [line, *release_lines([found])])


def told_of_deployment(operation: str, number: int, options: Options, line: str) -> Result:
    """What was done to a deployment, and how it stands now with its steps."""
    found = documents.whole_deployment_document(finding.deployment(number))
    document = {
        "operation": operation,
        "version": found["release"],
        "environment": found["environment"],
        "dryRun": options["dry_run"],
        "deployment": found,
    }
    return Result(document, [line, *deployment_lines(found)])


def begun(options: Options, done: str) -> str:
    """How a line of an operation begins."""
    return "Dry run, nothing was changed." if options["dry_run"] else done
