"""Addresses of pages that other pages of monitoring lead to."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from rollout.models import Plan


def of_plan(plan: Plan, operation: str, **inputs: Any) -> str:
    """The confirmation page of an operation on a plan, with inputs filled in."""
    return _operation("rollout_plan", operation, plan, inputs)


def of_review(review: Model, operation: str) -> str:
    """The confirmation page of an operation on a review."""
    return _operation("monitoring_review", operation, review, {})


def check(pk: int) -> str:
    """The page of a health check."""
    return reverse("admin:monitoring_healthcheck_change", args=[pk])


def checks(**filters: Any) -> str:
    """The list of health checks, filtered."""
    return f"{reverse('admin:monitoring_healthcheck_changelist')}?{urlencode(filters)}"


def reviews(**filters: Any) -> str:
    """The list of reviews, filtered."""
    return f"{reverse('admin:monitoring_review_changelist')}?{urlencode(filters)}"


def history(plan: Plan, span: str = "") -> str:
    """A plan's health over time."""
    address = reverse("admin:rollout_plan_health", args=[plan.pk])
    return f"{address}?{urlencode({'span': span})}" if span else address


def _operation(model: str, operation: str, target: Model, inputs: dict[str, Any]) -> str:
    query = urlencode({"object": target.pk, **inputs})
    return f"{reverse(f'admin:{model}_operate', args=[operation])}?{query}"
