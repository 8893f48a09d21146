"""Addresses of the pages of issues, and of what they are linked to."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import NoReverseMatch, reverse

LIST = "admin:releases_issue_changelist"


def issue(pk: int) -> str:
    """The page of an issue."""
    return reverse("admin:releases_issue_change", args=[pk])


def issues(**filters: Any) -> str:
    """The list, filtered."""
    return f"{reverse(LIST)}?{urlencode(filters)}" if filters else reverse(LIST)


def board(**filters: Any) -> str:
    """The board, filtered."""
    address = reverse("admin:releases_issue_board")
    return f"{address}?{urlencode(filters)}" if filters else address


def operation(name: str, *targets: Model, **inputs: Any) -> str:
    """The confirmation page of an operation on issues, with inputs filled in."""
    query = [*(("object", target.pk) for target in targets), *inputs.items()]
    address = reverse("admin:releases_issue_operate", args=[name])
    return f"{address}?{urlencode(query)}" if query else address


def page_of(thing: Model) -> str:
    """The page of any thing; "" where there is none."""
    opts = thing._meta
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[thing.pk])
    except NoReverseMatch:
        return ""
