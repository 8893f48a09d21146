"""The board: a column for each state, with the worst issues of it. Moving one is a link to a step's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from operations.actor import Actor
from operations.doors.admin import actor_of
from releases.admin.issues import brief, links, listing, moves
from releases.admin.issues.filters import ME, NOBODY, owned
from releases.admin.issues.people import workers
from releases.issues.story import CHANGE
from releases.models import Issue
from releases.models.issues import IssueQuerySet
from rollout.models import Module

if TYPE_CHECKING:
    from operations.doors.model_admin import VerbAdmin

COLUMNS = tuple(state for state in Issue.State if state != Issue.State.DECLINED)
DONE = (Issue.State.DEPLOYED, Issue.State.VERIFIED)
# The first of each column; the list has the rest.
MOST = 20


@dataclass(frozen=True)
class Column:
    """A state with its first cards, and how many there are in all."""

    state: str
    title: str
    count: int
    url: str
    cards: Sequence[dict[str, Any]]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


class BoardForm(forms.Form):
    """What the board shows; everything while nothing is chosen."""

    module = forms.ChoiceField(required=False)
    severity = forms.ChoiceField(choices=[("", "Every severity"), *Issue.Severity.choices], required=False)
    owner = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = workers().values_list("username", flat=True)
        choices = [("", "Everybody"), (ME, "Me"), (NOBODY, "Nobody"), *((name, name) for name in names)]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]
        modules = Module.objects.whole().values_list("key", "name")
        self.fields["module"].choices = [("", "Every module"), *modules]  # type: ignore[attr-defined]


def urls(admin: "VerbAdmin") -> list[URLPattern]:
    """The board's address, beside the list's."""

    def view(request: HttpRequest) -> HttpResponse:
        admin.require_view(request)
        return _page(request, admin)

    return [path("board/", admin.admin_site.admin_view(view), name="releases_issue_board")]


def _page(request: HttpRequest, admin: "VerbAdmin") -> HttpResponse:
    form = BoardForm(request.GET)
    form.is_valid()
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    actor = actor_of(request)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": "Board",
        "media": admin.media,
        "form": form,
        "filtered": bool(chosen),
        "columns": columns(_narrowed(chosen, request), actor, **chosen),
        "list_url": links.issues(),
        "board_url": links.board(),
        "add_url": links.operation("raise") if admin.has_add_permission(request) else "",
    }
    return TemplateResponse(request, "admin/releases/issue_board.html", context)


def columns(issues: IssueQuerySet, actor: Actor, **filters: str) -> list[Column]:
    """The columns of the board, in five queries whatever there is."""
    counts = dict(issues.order_by().values_list("state").annotate(n=Count("pk")))
    rows = [
        *_first(issues.open(), "rank", "number"),
        *_first(issues.filter(state__in=DONE), "-deployed_at", "-number"),
    ]
    cards: dict[str, list[dict[str, Any]]] = {state: [] for state in COLUMNS}
    for issue in listing.with_counts(rows):
        cards[issue.state].append(_card(issue, actor))
    return [
        Column(
            state,
            state.label,
            counts.get(state, 0),
            links.issues(state=state.value, **_for_list(filters)),
            cards[state],
        )
        for state in COLUMNS
    ]


def _first(issues: IssueQuerySet, *order: str) -> list[Issue]:
    """The first issues of each state, in this order: one query."""
    expressions = [F(name[1:]).desc() if name.startswith("-") else F(name).asc() for name in order]
    place = Window(RowNumber(), partition_by=[F("state")], order_by=expressions)
    found = issues.annotate(place=place).filter(place__lte=MOST)
    return list(found.select_related("module", "owner", "release").defer("description").order_by("place"))


def _card(issue: Issue, actor: Actor) -> dict[str, Any]:
    may = actor.may(CHANGE)
    steps = [
        (operation.title_for(issue), links.operation(operation.name, issue))
        for operation in moves.OPERATIONS
        if may and operation.offered(issue)
    ]
    return {**brief.facts(issue), "steps": steps}


def _narrowed(asked: dict[str, str], request: HttpRequest) -> IssueQuerySet:
    found = Issue.objects.all()
    if asked.get("module"):
        found = found.filter(module__key=asked["module"])
    if asked.get("severity"):
        found = found.filter(severity=asked["severity"])
    narrowed: Any = owned(found, asked.get("owner", ""), request)
    return narrowed  # type: ignore[no-any-return]


def _for_list(filters: dict[str, str]) -> dict[str, str]:
    """The board's filters by the names that the list has for them."""
    names = {"severity": "severity__exact"}
    return {names.get(name, name): value for name, value in filters.items()}
