"""The pages of issues, as tests open them and press their buttons."""

import re
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from releases.models import Issue

LIST = "admin:releases_issue_changelist"
BOARD = "admin:releases_issue_board"


def page_of(issue: Issue) -> str:
    return reverse("admin:releases_issue_change", args=[issue.pk])


def operation(name: str, model: str = "releases_issue") -> str:
    return reverse(f"admin:{model}_operate", args=[name])


def confirm(client: Client, name: str, *things: Any, model: str = "releases_issue", **inputs: Any) -> Any:
    """Press the button of a confirmation page that shows these things as they are."""
    named = [f"{thing.pk}:{getattr(thing, 'version', '')}" for thing in things]
    return client.post(operation(name, model), {"object": named, **inputs})


def said(answer: Any) -> str:
    return " ".join(map(str, get_messages(answer.wsgi_request)))


def shown(answer: Any) -> str:
    """The page's words, without its tags."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())
