"""What the templates about tickets ask for."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from feedback.redaction import MARK

register = template.Library()

_MARKED = '<mark class="tk-redacted" title="Taken out: it looked like patient data">{}</mark>'


@register.filter
def said(text: str) -> SafeString:
    """What somebody wrote, as text and never as HTML, with the words marked that stand for patient data."""
    # Escaped before the marks are added.
    return mark_safe(MARK.sub(lambda found: _MARKED.format(found[0]), escape(text)))  # noqa: S308
