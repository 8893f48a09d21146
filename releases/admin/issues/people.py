"""Who may own an issue."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from feedback.admin.tickets.people import BACKEND
from releases.issues.story import CHANGE


def workers() -> QuerySet[User]:
    """The staff who may work on issues, by name."""
    found: QuerySet[User] = User.objects.with_perm(CHANGE, backend=BACKEND)
    return found.filter(is_staff=True, is_active=True).order_by("username")
