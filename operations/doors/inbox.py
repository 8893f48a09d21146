"""Lists that people work through from the top: never counted to their end, and worked on in bulk."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.paginator import InfinitePaginator

# A storm of one night is answered in one go.
MOST = 500
# As many rows as the theme's endless list says it has.
ENDLESS = 9_999_999_999


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
