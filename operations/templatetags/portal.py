"""What the portal's templates ask for beside Django's own tags."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def page_url(context: Mapping[str, Any], name: str, number: int) -> str:
    """This page's address with the page number `name` set to `number`."""
    query = context["request"].GET.copy()
    query[name] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def thousands(number: int) -> str:
    """1234 as "1,234"."""
    return f"{number:,}"


@register.filter
def label_of(labels: Mapping[str, str], value: str) -> str:
    """The kind of label that a word is shown with."""
    return labels.get(value, "")
