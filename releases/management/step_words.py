"""`bug_fix step`, `retry` and `skip`: the steps of a deployment at a terminal."""

from pathlib import Path

from django.core.files.base import ContentFile

from operations.actor import Actor
from operations.doors.command import Result
from operations.errors import Invalid
from releases.deployments import finding, reporting
from releases.management.common import Options, begun, release_of, told_of_deployment
from releases.models import Evidence, Step

# What people and the CI say, and how the evidence calls it.
OUTCOMES = {
    "running": Evidence.Outcome.NOTED,
    "succeeded": Evidence.Outcome.SUCCEEDED,
    "failed": Evidence.Outcome.FAILED,
}


def report(options: Options, actor: Actor) -> Result:
    """Say what came of a step, with what proves it."""
    step = _step(options)
    reporting.report(
        step,
        OUTCOMES[options["outcome"]],
        actor=actor,
        note=options["note"],
        url=options["url"],
        file=_read(options["file"]),
        attempt=options["attempt"],
        dry_run=options["dry_run"],
    )
    return _told("step", step, options, f"{step.title}: {options['outcome']}.")


def retry(options: Options, actor: Actor) -> Result:
    """Ask the CI for a step once more."""
    step = _step(options)
    reporting.retry(step, actor=actor, reason=options["reason"], dry_run=options["dry_run"])
    return _told("retry", step, options, f"{step.title} was asked for once more.")


def skip(options: Options, actor: Actor) -> Result:
    """Leave a step out."""
    step = _step(options)
    reporting.skip(step, actor=actor, reason=options["reason"], dry_run=options["dry_run"])
    return _told("skip", step, options, f"{step.title} is left out.")


def _step(options: Options) -> Step:
    going = finding.last(release_of(options), options["environment"])
    return finding.step(going.pk, options["step"])


def _told(operation: str, step: Step, options: Options, done: str) -> Result:
    return told_of_deployment(operation, step.deployment_id, options, begun(options, done))


def _read(path: str) -> ContentFile | None:
    """The file of this path. Raises Invalid for one that cannot be read."""
    if not path:
        return None
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise Invalid({"file": f"cannot be read: {error.strerror}"}) from None
    return ContentFile(content, name=Path(path).name)
