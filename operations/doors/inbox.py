"""Lists that people work through from the top: never counted to their end, and worked on in bulk."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.paginator import InfinitePaginator

# A storm of one night is answered in one go.
MOST = 500
# As many rows as the theme's endless list says it has.
ENDLESS = 9_999_999_999
OPEN, ALL = "open", "all"


class InboxPaginator(InfinitePaginator):
    """Counts no further than an operation reaches: beyond it, there is only a next page."""

    @property
    def template_name(self) -> str:
        """The theme's pages with a count, or those without one."""
        kind = "default" if self.count <= MOST else "infinite"
        return f"unfold/helpers/pagination_{kind}.html"

    @cached_property
    def count(self) -> int:
        found: int = self.object_list[: MOST + 1].count()
        return found if found <= MOST else ENDLESS


class Inbox(ChangeList):
    """The list, without the columns that only a row's own page shows (`page_only`)."""

    page_only: ClassVar[Sequence[str]] = ()

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return found.defer(*self.page_only)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.result_count > MOST:
            # "Select all" is offered only where all of it can be chosen.
            self.result_count = len(self.result_list)
        self.full_result_count = self.result_count


class InboxState(SimpleListFilter):
    """One of `states`, such as a link names it: the open ones, unless told otherwise."""

    title = "state"
    parameter_name = "state"
    states: ClassVar[Sequence[tuple[str, str]]] = ()

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.asked, self.request = self.asked_in(request), request
        super().__init__(request, *args)

    @classmethod
    def asked_in(cls, request: HttpRequest) -> str:
        """Which state a list shows: the open ones, or all where somebody searches and names none."""
        asked = request.GET.get(str(cls.parameter_name), "")
        if asked in dict(cls.states):
            return asked
        return ALL if request.GET.get(SEARCH_VAR, "").strip() else OPEN

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Sequence[tuple[str, str]]:
        return self.states

    def choices(self, changelist: ChangeList) -> Any:
        for state, title in self.states:
            yield {
                "selected": self.asked == state,
                "query_string": changelist.get_query_string({self.parameter_name: state}),
                "display": title,
            }
