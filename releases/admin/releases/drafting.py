"""What releases add to the pages of issues: a release drafted from those that are ticked."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from operations.doors.admin import actor_of
from operations.doors.model_admin import Button, VerbAdmin
from releases import releases
from releases.admin.releases import links, suggesting
from releases.lifecycle import CONFIRMED_ISSUE
from releases.models import Issue

TITLE = "Draft a release"
NAME = "draft-release"
# As many as an address carries.
MOST = 200


class DraftsReleases(VerbAdmin):
    """A mixin: the list's action, and a button on the page of an issue that may become part of a release."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if actor_of(request).may(releases.ADD):
            actions[NAME] = (_draft, NAME, TITLE)
        return actions

    def buttons(self, request: HttpRequest, obj: Issue) -> list[Button]:
        found = super().buttons(request, obj)
        free = obj.state in CONFIRMED_ISSUE and obj.release_id is None
        if free and actor_of(request).may(releases.ADD):
            found.append(Button(NAME, TITLE, draft_url([obj.pk]), "rocket_launch", "default"))
        return found


def draft_url(issues: Sequence[int]) -> str:
    """The page that drafts a release of these issues, with the next patch filled in; one query."""
    return links.operation(
        "release", "create", version=suggesting.next_patch(), category="medium", issues=list(issues)
    )


def _draft(admin: VerbAdmin, request: HttpRequest, queryset: QuerySet[Issue]) -> HttpResponse:
    keys = list(queryset.order_by("number").values_list("pk", flat=True)[: MOST + 1])
    if len(keys) > MOST:
        admin.message_user(request, f"Choose at most {MOST} at once.", level="error")
        return HttpResponseRedirect(request.get_full_path())
    held = queryset.filter(pk__in=keys).exclude(release=None, state__in=CONFIRMED_ISSUE)
    if left_out := list(held.order_by("number")):
        names = ", ".join(issue.reference for issue in left_out[:10])
        admin.message_user(
            request,
            f"Left out, for only a confirmed issue of no other release can be part of one: {names}"
            f"{' and others' if len(left_out) > 10 else ''}.",
            level="warning",
        )
    chosen = set(keys) - {issue.pk for issue in left_out}
    return HttpResponseRedirect(draft_url(sorted(chosen)) if chosen else request.get_full_path())
