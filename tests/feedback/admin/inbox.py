"""The admin's pages about tickets, as a browser asks for them."""

from collections.abc import Sequence
from typing import Any

from django.test import Client
from django.urls import reverse

from feedback.models import Ticket

LIST = "admin:feedback_ticket_changelist"


def titles(client: Client, **query: Any) -> list[str]:
    """What the inbox lists, in its order."""
    return [ticket.title for ticket in client.get(reverse(LIST), query).context["cl"].result_list]


def text(client: Client, ticket: Ticket) -> str:
    """A ticket's page."""
    return page(client, ticket).content.decode()


def page(client: Client, ticket: Ticket) -> Any:
    return client.get(reverse("admin:feedback_ticket_change", args=[ticket.pk]))


def operate(name: str) -> str:
    return reverse("admin:feedback_ticket_operate", args=[name])


def preview(client: Client, name: str, *tickets: Ticket, **inputs: Any) -> Any:
    """The confirmation page of an operation."""
    return client.get(operate(name), {"object": [ticket.pk for ticket in tickets], **inputs})


def confirm(client: Client, name: str, *tickets: Ticket, **inputs: Any) -> str:
    """What the page says after an operation was confirmed."""
    tokens = [f"{ticket.pk}:{ticket.version}" for ticket in tickets]
    answer = client.post(operate(name), {"object": tokens, **inputs}, follow=True)
    return str(answer.content.decode())


def choose(client: Client, action: str, tickets: Sequence[Ticket], **more: str) -> Any:
    """The list's form, with these tickets ticked."""
    ticked = {"action": action, "_selected_action": [str(ticket.pk) for ticket in tickets], **more}
    return client.post(reverse(LIST), ticked)
