"""What the templates about flags ask for."""

from typing import Any

from django import template

from rollout.admin import pairs

register = template.Library()


@register.filter
def tells_more(value: Any) -> bool:
    """Whether a flag's value says more than on or off does."""
    return value is not None and not isinstance(value, bool)


register.filter("spelled", pairs.value_in_text)
