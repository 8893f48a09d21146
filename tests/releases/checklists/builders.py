"""A planned deployment to production, with its checklist."""

from typing import Any

from releases.deployments import planning
from releases.models import ChecklistItem, Deployment
from releases.roles import GROUPS, Role
from tests import builders as people
from tests.builders import ROOT, acting
from tests.releases import builders


def planned(version: str = "1.0.2", **values: Any) -> Deployment:
    """A deployment to production of a draft release, with its copy of the checklist."""
    return planning.plan(builders.a_release(version, **values), "production", actor=ROOT)


def item(deployment: Deployment, key: str) -> ChecklistItem:
    """A box as it stands."""
    return ChecklistItem.objects.select_related("deployment__release").get(deployment=deployment, key=key)


def signing_as(role: Role | str, username: str = "") -> Any:
    """Who signs for a role, at the admin's door."""
    return acting(people.a_person(username or f"{role}-person", group=GROUPS[Role(role)]))
