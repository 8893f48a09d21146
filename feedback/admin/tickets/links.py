"""Addresses of the pages of tickets."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

INBOX = "admin:feedback_ticket_changelist"


def ticket(pk: int) -> str:
    """The page of a ticket."""
    return reverse("admin:feedback_ticket_change", args=[pk])


def tickets(**filters: Any) -> str:
    """The inbox, filtered."""
    return f"{reverse(INBOX)}?{urlencode(filters)}" if filters else reverse(INBOX)


def operation(name: str, *targets: Model, **inputs: Any) -> str:
    """The confirmation page of an operation on tickets, with inputs filled in."""
    query = [*(("object", target.pk) for target in targets), *inputs.items()]
    address = reverse("admin:feedback_ticket_operate", args=[name])
    return f"{address}?{urlencode(query)}" if query else address


def try_flag(flag_pk: int, unit: str) -> str:
    """The page that says whether somebody has a flag, and why."""
    return f"{reverse('admin:rollout_flag_try', args=[flag_pk])}?{urlencode({'unit': unit})}"
