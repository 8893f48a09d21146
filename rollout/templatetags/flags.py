"""What the templates about flags ask for."""

from typing import Any

from django import template

from rollout.admin import pairs

register = template.Library()


@register.filter
def tells_more(value: Any) -> bool:
    """Whether a flag's value says more than on or off does."""
    return value is not None and not isinstance(value, bool)


@register.filter
def spelled(value: Any) -> str:
    """A flag's value as a person reads it."""
    return pairs.spelled(value) if isinstance(value, dict) else str(value)
