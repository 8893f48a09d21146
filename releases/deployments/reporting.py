"""What people and the CI say of steps: results, further attempts, skips, and going on beyond the stop."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.files.base import File
from django.db import transaction

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from releases.deployments import evidence_files, moving, rows
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Evidence, Step
from rollout import gates, phases
from rollout.models import Plan

Outcome = Evidence.Outcome
REPORTED = (Outcome.NOTED, Outcome.SUCCEEDED, Outcome.FAILED)
MOST_DATA = 20_000
LONGEST_URL = 1_000


@transaction.atomic
def report(
    step: Step,
    outcome: str,
    *,
    actor: Actor,
    note: str = "",
    url: str = "",
    data: Mapping[str, Any] | None = None,
    file: File | None = None,
    attempt: int | None = None,
    dry_run: bool = False,
) -> Step:
    """Say what came of a running step, with what proves it; `noted` adds evidence and settles nothing.

    The same result or note once more changes nothing, and neither does a dry run. Raises Invalid naming each
    field (a person's result needs a note), Refused for a step of the portal's own, one that does not run, or
    another `attempt`.
    """
    actor.require(rows.REPORT, "report the result of a step")
    _check(outcome, note, url, data)
    deployment, step = _now(step, dry_run)
    if attempt is not None and attempt != step.attempts:
        raise Refused(
            "another_attempt", f"{step} is at attempt {step.attempts}, this is the result of {attempt}."
        )
    if step.state == outcome and step.runner != Step.Runner.PORTAL:
        return step
    _guard(deployment, step)
    if step.runner == Step.Runner.PERSON and outcome != Outcome.NOTED and not note.strip():
        raise Invalid({"note": "must say what was done or seen"})
    if dry_run or (outcome == Outcome.NOTED and file is None and _noted(step, note, url, data)):
        return step
    evidence: dict[str, Any] = {"url": url}
    if file is not None:
        evidence |= evidence_files.keep(file)
    if outcome == Outcome.NOTED:
        rows.prove(step, Outcome.NOTED, by=actor, note=note, data=data, **evidence)
        audit.record("deployment.step_noted", actor=actor, subject=deployment, data={"step": step.key})
    else:
        moving.settle(step, Outcome(outcome), actor=actor, note=note, data=data, **evidence)
    return Step.objects.get(pk=step.pk)


@transaction.atomic
def retry(step: Step, *, actor: Actor, reason: str = "", dry_run: bool = False) -> Step:
    """Ask for a running step once more: a further attempt begins, and results of the last one do not count.

    Raises Refused for a step that does not wait for the CI.
    """
    actor.require(rows.DEPLOY, "ask for a step again")
    deployment, step = _now(step, dry_run)
    _guard(deployment, step)
    if step.runner != Step.Runner.WEBHOOK:
        raise Refused("not_asked", f"{step} does not wait for the CI: report what came of it.")
    if dry_run:
        return step
    rows.prove(step, Outcome.NOTED, by=actor, note=reason or "Asked for once more.")
    moving.begin_locked(deployment, step)
    data = {"step": step.key, "attempt": step.attempts}
    audit.record("deployment.step_retried", actor=actor, subject=deployment, data=data, reason=reason)
    return step


@transaction.atomic
def skip(step: Step, *, actor: Actor, reason: str, dry_run: bool = False) -> Step:
    """Leave out a running step that changes nothing and is not the portal's own, such as a test.

    Raises Invalid without a reason, Refused for any other step.
    """
    actor.require(rows.DEPLOY, "leave a step out")
    if not reason.strip():
        raise Invalid({"reason": "must say why"})
    deployment, step = _now(step, dry_run)
    _guard(deployment, step)
    if step.changes or step.direction == Step.Direction.BACK:
        raise Refused("cannot_be_skipped", f"{step} cannot be left out.")
    if dry_run:
        return step
    moving.settle(step, Outcome.SKIPPED, actor=actor, note=reason.strip())
    return Step.objects.get(pk=step.pk)


@transaction.atomic
def proceed(
    deployment: Deployment,
    percentage: int,
    *,
    actor: Actor,
    override: str = "",
    version: int | None = None,
    dry_run: bool = False,
) -> Deployment:
    """Let a deployment go on to another rung: the portal goes there when the gate opens.

    With an `override`, a written reason, the next rung runs at once: that takes the permission to override a
    gate. Raises Invalid for a percentage that is no rung above where it is, Refused unless it is running.
    """
    actor.require(rows.DEPLOY, "continue a deployment")
    if not dry_run:
        _, deployment = rows.lock(deployment)
    if deployment.state != DeploymentState.RUNNING or deployment.plan_id is None:
        state = deployment.get_state_display().lower()
        raise Refused("not_running", f"{deployment} is {state}: there is nothing to continue.")
    if version is not None and version != deployment.version:
        raise Refused("stale", f"{deployment} changed since you saw it: look at it and try again.")
    plan = Plan.objects.select_related("module").prefetch_related("phases").get(pk=deployment.plan_id)
    rungs = sorted(phase.percentage for phase in plan.phases.all() if phase.percentage > plan.percentage)
    if percentage not in rungs:
        known = ", ".join(map(str, rungs)) or "nothing: it is at 100 % already"
        raise Invalid({"rollout_percentage": f"must be one of {known}"})
    if dry_run:
        return deployment
    deployment.target_percentage = percentage
    rows.save(deployment, "target_percentage")
    data = {"percentage": percentage}
    audit.record("deployment.continued", actor=actor, subject=deployment, data=data, reason=override)
    following = gates.next_phase(plan)
    if override.strip() and following is not None:
        phases.run(plan, following.number, actor=actor, override=override, version=plan.version)
    return deployment


def find(deployment: Deployment, key: str) -> Step:
    """The step of this key. Raises NotFound."""
    found = deployment.steps.filter(key=key).first()
    if found is None:
        raise NotFound(f"{deployment} has no step {key[:60]!r}.")
    found.deployment = deployment
    return found


def _now(step: Step, dry_run: bool) -> tuple[Deployment, Step]:
    """The step and its deployment as they are now, locked unless this is a dry run."""
    if dry_run:
        deployment = Deployment.objects.select_related("release").get(pk=step.deployment_id)
    else:
        _, deployment = rows.lock(step.deployment)
    step = Step.objects.get(pk=step.pk)
    step.deployment = deployment
    return deployment, step


def _noted(step: Step, note: str, url: str, data: Mapping[str, Any] | None) -> bool:
    """Whether the last that was said of this attempt is the same."""
    last = step.evidence.order_by("at", "pk").last()
    said = (step.attempts, Outcome.NOTED, note, url, dict(data or {}))
    return last is not None and said == (last.attempt, last.outcome, last.note, last.url, last.data)


def _fits(data: Mapping[str, Any]) -> bool:
    """Whether every database keeps it: PostgreSQL takes no NUL, and neither half a character nor infinity."""
    try:
        text = json.dumps(dict(data), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError):
        return False
    return len(text) <= MOST_DATA and "\\u0000" not in text


def _guard(deployment: Deployment, step: Step) -> None:
    if not deployment.is_under_way or step.state != StepState.RUNNING:
        state = step.get_state_display().lower()
        raise Refused("not_running", f"{step} is {state}: only a step that runs has a result.")
    if step.runner == Step.Runner.PORTAL:
        raise Refused("by_the_portal", f"{step} is done by the portal itself.")


def _check(outcome: str, note: str, url: str, data: Mapping[str, Any] | None) -> None:
    faults = {}
    if outcome not in REPORTED:
        faults["outcome"] = f"must be one of {', '.join(REPORTED)}"
    if len(note) > rows.LONGEST_NOTE:
        faults["note"] = f"must have at most {rows.LONGEST_NOTE} characters"
    if url and (len(url) > LONGEST_URL or not url.startswith(("https://", "http://"))):
        faults["url"] = (
            f"must be a link of at most {LONGEST_URL} characters that begins with https:// or http://"
        )
    if data is not None and not _fits(data):
        faults["evidence"] = f"must be a JSON object of at most {MOST_DATA:,} characters, without NUL"
    if faults:
        raise Invalid(faults)
