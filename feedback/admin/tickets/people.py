"""Who may own a ticket."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from feedback.tickets.story import TRIAGE

BACKEND = "django.contrib.auth.backends.ModelBackend"


def triagers() -> QuerySet[User]:
    """The staff who may work on tickets, by name."""
    found: QuerySet[User] = User.objects.with_perm(TRIAGE, backend=BACKEND)
    return found.filter(is_staff=True, is_active=True).order_by("username")
