"""The admin site: the theme's, with every change of a password on the audit trail."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

from operations import accounts
from operations.doors.admin import actor_of


class PortalSite(UnfoldAdminSite):
    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A person changes their own password."""
        with transaction.atomic():
            response: HttpResponse = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == 302:
                actor = actor_of(request)
                if actor.user is not None:
                    accounts.password_changed(actor.user, actor=actor)
        return response
