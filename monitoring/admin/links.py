"""Addresses of pages that other pages of monitoring lead to."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from operations.doors.admin import MOST_TARGETS
from rollout.models import Plan


def of_plan(plan: Plan, operation: str, **inputs: Any) -> str:
    """The confirmation page of an operation on a plan, with inputs filled in."""
    query = urlencode({"object": plan.pk, **inputs})
    return f"{reverse('admin:rollout_plan_operate', args=[operation])}?{query}"


def of_reviews(reviews: Sequence[Model], operation: str) -> str:
    """The confirmation page of an operation on reviews, of the first ones where they are too many for it."""
    query = urlencode([("object", review.pk) for review in reviews[:MOST_TARGETS]])
    return f"{reverse('admin:monitoring_review_operate', args=[operation])}?{query}"


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


def alert(pk: int) -> str:
    """The page of an alert."""
    return reverse("admin:monitoring_alert_change", args=[pk])


def alerts(**filters: Any) -> str:
    """The list of alerts, filtered."""
    return f"{reverse('admin:monitoring_alert_changelist')}?{urlencode(filters)}"


def add_route(**inputs: Any) -> str:
    """The page that adds a route, with inputs filled in."""
    address = reverse("admin:monitoring_route_operate", args=["add"])
    return f"{address}?{urlencode(inputs)}" if inputs else address


def told(**inputs: Any) -> str:
    """The page that says who is told of a level and a module."""
    return f"{reverse('admin:monitoring_route_told')}?{urlencode(inputs)}"
