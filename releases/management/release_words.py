"""`bug_fix status`, `create`, `add`, `remove` and `abandon`: releases at a terminal."""

from operations.actor import Actor
from operations.doors.command import DEFAULT_MODULE, Result
from releases import releases
from releases.deployments import documents, finding
from releases.issues import finding as issues
from releases.management.arguments import EVERY_MODULE
from releases.management.common import Options, begun, module_of, release_of, told_of_release
from releases.management.printing import release_lines, whole_release_lines
from releases.models import Issue


def status(options: Options, actor: Actor) -> Result:
    """One release with its steps, or every release of a module."""
    if options["version"]:
        return _status_of_one(options)
    key = options["module"] or DEFAULT_MODULE
    if key != EVERY_MODULE:
        module_of(options)
    found = finding.releases(module="" if key == EVERY_MODULE else key)
    told = [documents.release_document(release) for release in found]
    held = issues.linked(Issue.objects.filter(releases__in=found).distinct().worst_first())
    document = {
        "module": key,
        "issues": [documents.issue_document(issue) for issue in held],
        "releases": told,
    }
    return Result(document, release_lines(told))


def create(options: Options, actor: Actor) -> Result:
    """Draft a release of issues; its module is theirs unless one is named."""
    held = issues.by_references(options["issues"])
    given = ("category", "method", "hotfix", "security", "title", "risk", "notes")
    release = releases.create(
        options["version"],
        held,
        actor=actor,
        module=module_of(options) if options["module"] or not held else None,
        dry_run=options["dry_run"],
        **{name: options[name] for name in given},
    )
    if not options["dry_run"]:
        return told_of_release("create", release, options, f"Release {release} is drafted.")
    found = documents.release_document(release, held)
    document = {"operation": "create", "dryRun": True, "releases": [found]}
    return Result(document, ["Dry run, nothing was changed.", *release_lines([found])])


def add(options: Options, actor: Actor) -> Result:
    """Put issues into a draft."""
    release, held = release_of(options), issues.by_references(options["issues"])
    releases.add_issues(release, held, actor=actor, dry_run=options["dry_run"])
    return _told("add", options, f"{_named(held)} {_were(held)} put into {release}.")


def remove(options: Options, actor: Actor) -> Result:
    """Take issues out of a draft."""
    release, held = release_of(options), issues.by_references(options["issues"])
    releases.remove_issues(release, held, actor=actor, dry_run=options["dry_run"])
    return _told("remove", options, f"{_named(held)} {_were(held)} taken out of {release}.")


def abandon(options: Options, actor: Actor) -> Result:
    """Give a release up."""
    release = release_of(options)
    releases.abandon(release, actor=actor, reason=options["reason"], dry_run=options["dry_run"])
    return _told("abandon", options, f"{release} was abandoned.")


def _status_of_one(options: Options) -> Result:
    release = release_of(options)
    found = documents.whole_release_document(release)
    going = finding.with_steps(finding.deployments().filter(release=release))
    found["deployments"] = [documents.whole_deployment_document(each) for each in going]
    held = issues.linked(Issue.objects.filter(releases=release).worst_first())
    document = {
        "module": found["module"],
        "issues": [documents.issue_document(issue) for issue in held],
        "releases": [found],
    }
    return Result(document, whole_release_lines(found))


def _told(operation: str, options: Options, done: str) -> Result:
    return told_of_release(operation, release_of(options), options, begun(options, done))


def _named(held: list[Issue]) -> str:
    return ", ".join(map(str, held))


def _were(held: list[Issue]) -> str:
    return "was" if len(held) == 1 else "were"
