"""Releases, deployments and steps as JSON documents: what programs read of them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from releases.deployments import readiness
from releases.deployments.readiness import Reason
from releases.issues.documents import issue_document
from releases.lifecycle import DeploymentState
from releases.models import ChecklistItem, Deployment, Evidence, Issue, Release, SignOff, Step
from releases.releases import changelog_of

__all__ = [
    "deployment_document",
    "issue_document",
    "reasons",
    "release_document",
    "reported_step_document",
    "step_document",
    "whole_deployment_document",
    "whole_release_document",
]


def release_document(release: Release, issues: Iterable[Issue] | None = None) -> dict[str, Any]:
    """One release of a list, of `finding.releases`; `issues` are those of one that is not saved."""
    held = release.issues.all() if issues is None else issues
    deployments = release.deployments.all() if issues is None else ()
    return {
        "version": release.version,
        "module": release.module.key,
        "title": release.title,
        "status": release.state,
        "category": release.category,
        "method": release.method,
        "hotfix": release.hotfix,
        "security": release.security,
        "flag": release.flag_key,
        "issues": [_brief(issue) for issue in held],
        "deployments": [deployment_document(each) for each in deployments],
        "createdAt": release.created_at,
        "createdBy": release.created_by,
        "deployedAt": release.deployed_at,
        "revision": release.revision,
    }


def whole_release_document(release: Release) -> dict[str, Any]:
    """A release with its texts; of `finding.release`."""
    return {
        **release_document(release),
        "risk": release.risk,
        "notes": release.notes,
        "changelog": changelog_of(release),
        "fixedSince": release.frozen_at,
    }


def deployment_document(deployment: Deployment) -> dict[str, Any]:
    """One deployment of a list. Percentages are of the release's own flag: null where it has none."""
    plan = deployment.plan
    return {
        "id": deployment.pk,
        "release": deployment.release.version,
        "environment": deployment.environment_id,
        "status": deployment.state,
        "method": deployment.method,
        "percentage": None if plan is None else 0 if plan.all_off else plan.percentage,
        "targetPercentage": deployment.target_percentage,
        "heldBecause": deployment.held_because,
        "plannedAt": deployment.planned_at,
        "startedAt": deployment.started_at,
        "finishedAt": deployment.finished_at,
        "deployedBy": deployment.deployed_by,
        "approvedBy": deployment.approved_by,
        "rollback": _rollback(deployment),
        "version": deployment.version,
    }


def whole_deployment_document(deployment: Deployment) -> dict[str, Any]:
    """A deployment with its ladder, its steps with their evidence, its checklist and its signatures.

    Of `finding.deployment`. `missing` is what a planned one lacks to begin.
    """
    planned = deployment.state == DeploymentState.PLANNED
    missing = readiness.missing(deployment) if planned else []
    window = deployment.window
    return {
        **deployment_document(deployment),
        "notes": deployment.notes,
        "plannedBy": deployment.planned_by,
        "ladder": [phase.percentage for phase in deployment.plan.phases.all()] if deployment.plan else [],
        "window": window and {"title": window.title, "startsAt": window.starts_at, "endsAt": window.ends_at},
        "steps": [step_document(step) for step in deployment.steps.all()],
        "checklist": _checklist(list(deployment.items.all())),
        "signOffs": [_sign_off(each) for each in deployment.sign_offs.all()],
        "missing": reasons(missing),
    }


def step_document(step: Step) -> dict[str, Any]:
    """One step with what each attempt at it left."""
    return {
        "key": step.key,
        "title": step.title,
        "description": step.description,
        "direction": step.direction,
        "runner": step.runner,
        "action": step.action,
        "status": step.state,
        "attempt": step.attempts,
        "mostAttempts": step.most_attempts,
        "startedAt": step.started_at,
        "deadline": step.deadline_at,
        "finishedAt": step.finished_at,
        "evidence": [_evidence(each) for each in step.evidence.all()],
    }


def _brief(issue: Issue) -> dict[str, Any]:
    return {
        "id": issue.reference,
        "title": issue.title,
        "severity": issue.severity,
        "status": issue.state,
    }


def reported_step_document(step: Step) -> dict[str, Any]:
    """A step, and whose it is: what a report of it is answered with."""
    deployment = step.deployment
    return {
        **step_document(step),
        "deployment": deployment.pk,
        "release": deployment.release.version,
        "environment": deployment.environment_id,
    }


def reasons(found: Iterable[Reason]) -> list[dict[str, str]]:
    """Why a deployment may not start."""
    return [{"code": each.code, "message": each.message} for each in found]


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "attempt": evidence.attempt,
        "outcome": evidence.outcome,
        "note": evidence.note,
        "url": evidence.url,
        "data": evidence.data,
        "file": {"name": evidence.file_name, "sha256": evidence.digest} if evidence.file else None,
        "at": evidence.at,
        "by": evidence.by,
    }


def _rollback(deployment: Deployment) -> dict[str, Any] | None:
    if deployment.rollback_at is None:
        return None
    return {
        "at": deployment.rollback_at,
        "by": deployment.rollback_by,
        "reason": deployment.rollback_reason,
        "trigger": deployment.trigger,
    }


def _checklist(items: list[ChecklistItem]) -> list[dict[str, Any]]:
    """How many boxes of each stage are open, ticked, and said to be for another kind of change."""
    found = Counter((item.stage, item.state) for item in items)
    return [
        {
            "stage": stage.value,
            "open": found[stage, ChecklistItem.State.OPEN],
            "done": found[stage, ChecklistItem.State.DONE],
            "notApplicable": found[stage, ChecklistItem.State.NOT_APPLICABLE],
        }
        for stage in ChecklistItem.Stage
    ]


def _sign_off(signed: SignOff) -> dict[str, Any]:
    return {"role": signed.role, "by": signed.username, "at": signed.at, "note": signed.note}
