"""What to do in a portal that nothing was done in yet, for who may do it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from operations.actor import Actor
from ops_portal.front_page import order
from ops_portal.front_page.plans import Card
from rollout.models import Workspace


@dataclass(frozen=True)
class Step:
    """One step: what to do, `url` where that is done in the admin, `command` how on the server."""

    what: str
    url: str = ""
    command: str = ""


def of(cards: Sequence[Card], actor: Actor) -> list[Step]:
    """The first steps while no workspace is known; none afterwards. One query, where nobody is eligible."""
    if any(card.plan.percentage or (card.shares and card.shares.eligible) for card in cards):
        return []
    if cards and Workspace.objects.exists():
        return []
    return [*([] if cards else [_set_up()]), _import(actor), _connect(actor), _run(actor)]


def _set_up() -> Step:
    return Step("Create the modules, their flags and their plans", command="manage.py rollout setup")


def _import(actor: Actor) -> Step:
    may = actor.may("rollout.add_workspace")
    url = reverse("admin:rollout_workspace_import") if may else ""
    return Step("Import the workspaces from a CSV file", url, "manage.py workspaces import FILE.csv")


def _connect(actor: Actor) -> Step:
    may = actor.may("operations.add_apikey")
    url = reverse("admin:operations_apikey_changelist") if may else ""
    what = "Give the product an API key: it asks for its flags, and sends metrics and feedback"
    return Step(what, url, "manage.py api_key create product --scope evaluate ingest feedback")


def _run(actor: Actor) -> Step:
    url = reverse("admin:rollout_plan_changelist")
    if actor.may(order.LEADS):
        return Step("Open a plan, look at the preview of its first phase, and run it", url)
    return Step("A product manager previews the first phase of a plan, and runs it: it shows here then", url)
