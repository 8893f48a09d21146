"""Addresses of the pages of releases, deployments and issues."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse


def release(pk: int) -> str:
    """The page of a release."""
    return reverse("admin:releases_release_change", args=[pk])


def deployment(pk: int) -> str:
    """The page of a deployment."""
    return reverse("admin:releases_deployment_change", args=[pk])


def checklist(pk: int) -> str:
    """The checklist of a deployment."""
    return reverse("admin:releases_deployment_checklist", args=[pk])


def plan(pk: int | None) -> str:
    """The page of a rollout plan."""
    return reverse("admin:rollout_plan_change", args=[pk])


def issue(pk: int) -> str:
    """The page of an issue."""
    return reverse("admin:releases_issue_change", args=[pk])


def evidence(step: int, pk: int) -> str:
    """A file that was left as evidence of a step."""
    return reverse("admin:releases_deployment_evidence", args=[step, pk])


def releases(**filters: Any) -> str:
    """The list of releases, filtered."""
    return _list("release", filters)


def deployments(**filters: Any) -> str:
    """The list of deployments, filtered."""
    return _list("deployment", filters)


def operation(model: str, name: str, *targets: Model, **inputs: Any) -> str:
    """The confirmation page of an operation, with inputs filled in; a list stands for several values."""
    query: list[tuple[str, Any]] = [("object", target.pk) for target in targets]
    for key, value in inputs.items():
        query += [(key, each) for each in (value if isinstance(value, list | tuple) else [value])]
    address = reverse(f"admin:releases_{model}_operate", args=[name])
    return f"{address}?{urlencode(query)}" if query else address


def _list(model: str, filters: Any) -> str:
    address = reverse(f"admin:releases_{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address
