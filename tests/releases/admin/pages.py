"""The admin's pages about releases, as a browser asks for them."""

from collections.abc import Sequence
from html import unescape
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from releases.models import Deployment, Release, Step


def text(client: Client, thing: Model) -> str:
    """The page of a release or a deployment."""
    return unescape(page(client, thing).content.decode())


def page(client: Client, thing: Model) -> Any:
    return client.get(reverse(f"admin:releases_{thing._meta.model_name}_change", args=[thing.pk]))


def operate(model: str, name: str) -> str:
    return reverse(f"admin:releases_{model}_operate", args=[name])


def preview(client: Client, thing: Model, name: str, **inputs: Any) -> str:
    """The confirmation page of an operation."""
    address = operate(str(thing._meta.model_name), name)
    return unescape(client.get(address, {"object": thing.pk, **inputs}).content.decode())


def confirm(client: Client, thing: Model, name: str, **inputs: Any) -> str:
    """What the page says after an operation was confirmed as it was seen."""
    address = operate(str(thing._meta.model_name), name)
    answer = client.post(address, {"object": token(thing), **inputs}, follow=True)
    return unescape(answer.content.decode())


def token(thing: Model) -> str:
    seen = thing.revision if isinstance(thing, Release) else thing.version  # type: ignore[attr-defined]
    return f"{thing.pk}:{seen}"


def report(client: Client, step: Step, outcome: str = "succeeded", **inputs: Any) -> str:
    """A step's result, reported by hand."""
    given = {"step": step.key, "attempt": step.attempts, "outcome": outcome, "note": "Looked well", **inputs}
    return confirm(client, step.deployment, "report", **given)


def buttons(client: Client, thing: Model) -> list[str]:
    """The names of the buttons above a page."""
    return [button.name for button in page(client, thing).context["buttons"]]


def states(client: Client, deployment: Deployment) -> Sequence[tuple[str, str]]:
    """The rungs of a deployment's ladder of shares: percentage and word."""
    told = page(client, deployment).context["told"]
    return [(f"{rung.percentage} %", rung.word) for rung in told.shares]
