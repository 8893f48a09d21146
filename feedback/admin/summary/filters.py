"""What the summary page is narrowed to: the controls, their names in the address as in the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from feedback.models import Ticket
from feedback.summary.selection import NAMES, Asked, Selection
from operations.spelling import camel
from rollout.models import Module

DAY = timedelta(days=1)
SPANS = ((7, "7 days"), (30, "30 days"), (91, "13 weeks"), (365, "A year"), (1_096, "3 years"))
LABELS = {
    "start_date": "From",
    "end_date": "To, included",
    "category": "Category",
    "module": "Module",
    "workspace": "Workspace, by its id",
}


@dataclass(frozen=True)
class Control:
    """One input: a date, a choice where it has `choices`, a text; what stands in it, and what is wrong."""

    name: str
    label: str
    value: str
    is_date: bool
    choices: Sequence[tuple[str, str]]
    fault: str


def asked_of(request: HttpRequest) -> Asked:
    """What the address asks for."""
    return Asked(**{name: request.GET.get(camel(name), "").strip() for name in NAMES})


def spelled(selection: Selection) -> Asked:
    """A selection with everything in it, as an address spells it."""
    return Asked(
        start_date=f"{selection.first}",
        end_date=f"{selection.last}",
        category=selection.category,
        module=selection.module.key if selection.module else "",
        workspace=selection.workspace.pk if selection.workspace else "",
    )


def query(selection: Selection, **other: str) -> str:
    """The address's query of a selection, with some of it changed."""
    given = {**vars(spelled(selection)), **other}
    return urlencode({camel(name): value for name, value in given.items() if value})


def controls(asked: Asked, faults: Mapping[str, str]) -> list[Control]:
    """The inputs, with what was asked for. One query."""
    choices: Mapping[str, Sequence[tuple[str, str]]] = {
        "category": [("", "Every category"), *Ticket.Category.choices],
        "module": [("", "Every module"), *Module.objects.whole().order_by("name").values_list("key", "name")],
    }
    return [
        Control(
            name=camel(name),
            label=LABELS[name],
            value=getattr(asked, name),
            is_date=name.endswith("_date"),
            choices=choices.get(name, ()),
            fault=faults.get(camel(name), ""),
        )
        for name in NAMES
    ]


def spans(selection: Selection) -> list[tuple[str, str, bool]]:
    """Ranges up to today for one click: title, address, whether it is the one that is shown."""
    today = timezone.localdate()
    found = []
    for days, title in SPANS:
        first = today - (days - 1) * DAY
        here = (selection.first, selection.last) == (first, today)
        found.append((title, f"?{query(selection, start_date=f'{first}', end_date=f'{today}')}", here))
    return found
