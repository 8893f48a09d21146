"""Pages of a list that nobody counts: a page and whether there is another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest


@dataclass(frozen=True)
class Slice:
    """One page; the names are those of Django's own pages."""

    object_list: Sequence[Any]
    number: int
    has_next: bool

    def __iter__(self) -> Iterator[Any]:
        return iter(self.object_list)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.has_previous or self.has_next

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1


def slice_of(found: QuerySet[Any], request: HttpRequest, name: str, per_page: int) -> Slice:
    """The page that the request's parameter `name` asks for, in one query; the first for anything odd."""
    text = request.GET.get(name, "")
    number = int(text) if text.isdigit() and 0 < len(text) < 6 and int(text) else 1
    first = (number - 1) * per_page
    rows = list(found[first : first + per_page + 1])
    return Slice(rows[:per_page], number, len(rows) > per_page)
