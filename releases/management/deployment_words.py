"""`bug_fix plan`, `deploy`, `continue`, `rollback`, `cancel` and `window`: deployments at a terminal."""

from typing import Any

from operations.actor import Actor
from operations.doors.command import ExitCode, Result
from operations.errors import NotFound
from operations.models import Window
from releases.deployments import documents, finding, planning, reporting, rolling_back, starting
from releases.deployments.readiness import NotReady
from releases.deployments.starting import Started
from releases.management.common import Options, begun, release_of, told_of_deployment
from releases.management.printing import missing_lines
from releases.models import PRODUCTION, Deployment, Release


def plan(options: Options, actor: Actor) -> Result:
    """Plan a deployment, so that its checklist can be worked before it begins."""
    release, environment = release_of(options), options["environment"]
    made = planning.plan(release, environment, actor=actor, dry_run=options["dry_run"])
    line = f"The deployment of {release} to {environment} is planned."
    if options["dry_run"]:
        document = {**_about("plan", release, options), "deployment": None}
        return Result(document, ["Dry run, nothing was changed.", line])
    return told_of_deployment("plan", made.pk, options, line)


def deploy(options: Options, actor: Actor) -> Result:
    """Start a deployment; where it may not start, say all that is missing, one line each."""
    release, environment = release_of(options), options["environment"]
    share = options["rollout_percentage"]
    try:
        started = starting.start(
            release,
            environment,
            actor=actor,
            percentage=100 if share is None else share,
            dry_run=options["dry_run"],
        )
    except NotReady as refusal:
        return _refused(release, options, refusal)
    if started.dry_run or started.deployment is None:
        return _rehearsed(started, options)
    stop = f", as far as {started.percentage} %" if environment == PRODUCTION else ""
    line = f"The deployment of {release} to {environment} has begun{stop}."
    return told_of_deployment("deploy", started.deployment.pk, options, line)


def proceed(options: Options, actor: Actor) -> Result:
    """Let a deployment go beyond where it stopped."""
    release, share = release_of(options), options["rollout_percentage"]
    going = finding.last(release, PRODUCTION)
    reporting.proceed(going, share, actor=actor, override=options["override"], dry_run=options["dry_run"])
    line = begun(options, f"{going} goes on to {share} %.")
    return told_of_deployment("continue", going.pk, options, line)


def roll_back(options: Options, actor: Actor) -> Result:
    """Take a release back; a dry run says what would be done."""
    release = release_of(options)
    environment = options["environment"] or finding.furthest(release)
    taken = rolling_back.roll_back(
        release,
        actor=actor,
        reason=options["reason"],
        environment=environment,
        dry_run=options["dry_run"],
    )
    if not options["dry_run"]:
        line = f"{release} is taken back from {environment}: its flag is off."
        return told_of_deployment("rollback", taken.pk, options, line)
    return _way_back(release, taken, options)


def cancel(options: Options, actor: Actor) -> Result:
    """Cancel a planned deployment."""
    release, environment = release_of(options), options["environment"]
    going = finding.planned(release, environment)
    planning.cancel(going, actor=actor, reason=options["reason"], dry_run=options["dry_run"])
    line = begun(options, f"The deployment of {release} to {environment} was cancelled.")
    return told_of_deployment("cancel", going.pk, options, line)


def window(options: Options, actor: Actor) -> Result:
    """Say in which maintenance window a planned deployment to production happens."""
    release = release_of(options)
    going = finding.planned(release, PRODUCTION)
    chosen = Window.objects.filter(pk=options["window"]).first()
    if chosen is None:
        raise NotFound(f"There is no window {options['window']}: `maintenance status` lists them.")
    planning.set_window(going, chosen, actor=actor, dry_run=options["dry_run"])
    return told_of_deployment("window", going.pk, options, begun(options, f"{going} happens in {chosen}."))


def _refused(release: Release, options: Options, refusal: NotReady) -> Result:
    """Why it may not start: a line for each reason, and one for whoever reads only errors."""
    missing = documents.reasons(refusal.reasons)
    error = {"code": refusal.code, "message": refusal.message}
    document = {**_about("deploy", release, options), "error": error, "missing": missing}
    return Result(
        document,
        [f"{release} may not go to {options['environment']} yet:", *missing_lines(missing)],
        code=ExitCode.REFUSED,
        complaint=_complaint(release, options, missing),
    )


def _rehearsed(started: Started, options: Options) -> Result:
    """What a deployment would be, and all that it lacks to begin."""
    release, environment = started.release, started.environment.key
    missing = documents.reasons(started.refused)
    document = {
        **_about("deploy", release, options),
        "percentage": started.percentage,
        "missing": missing,
        "deployment": None,
    }
    lines = [f"Dry run, nothing was changed. {release} to {environment}, as far as {started.percentage} %:"]
    if missing:
        lines += missing_lines(missing)
        complaint = _complaint(release, options, missing)
        return Result(document, lines, code=ExitCode.REFUSED, complaint=complaint)
    return Result(document, [*lines, "  Nothing is missing: it would begin."])


def _complaint(release: Release, options: Options, missing: list[dict[str, str]]) -> str:
    said = "would be refused" if options["dry_run"] else "is refused"
    things = "1 thing is" if len(missing) == 1 else f"{len(missing)} things are"
    first = missing[0]["message"] if len(missing) == 1 else f"the first is: {missing[0]['message']}"
    return f"{release} to {options['environment']} {said}: {things} missing; {first}"


def _way_back(release: Release, taken: Deployment, options: Options) -> Result:
    """What a rollback would do."""
    found = documents.deployment_document(finding.deployment(taken.pk))
    steps = [step.title for step in rolling_back.back_steps(taken)]
    document = {
        **_about("rollback", release, options),
        "environment": taken.environment_id,
        "from": found["percentage"],
        "to": 0,
        "steps": steps,
        "deployment": found,
    }
    share = f" from {found['percentage']} %" if found["percentage"] else ""
    lines = [f"Dry run, nothing was changed. {release} would be taken back{share}:"]
    lines += [f"  {number}. {title}" for number, title in enumerate(steps, 1)]
    return Result(document, lines if steps else [*lines, "  No step is needed."])


def _about(operation: str, release: Release, options: Options) -> dict[str, Any]:
    return {
        "operation": operation,
        "version": release.version,
        "environment": options["environment"],
        "dryRun": options["dry_run"],
    }
