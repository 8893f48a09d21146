"""Releases in the admin: the list, the newest version first, and the page that tells a release's story."""

from dataclasses import replace
from typing import Any

from django.contrib.admin import RelatedOnlyFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from unfold.decorators import display

from operations.doors.admin import actor_of
from operations.doors.model_admin import Button, VerbAdmin
from operations.doors.paging import Slice
from releases.admin import dora
from releases.admin.deployments import telling
from releases.admin.deployments.telling import Told
from releases.admin.releases import links, listing, missing, policy, previews, story, wording
from releases.admin.releases.operations import OPERATIONS
from releases.checklists import signing
from releases.lifecycle import ReleaseState
from releases.models import PRODUCTION, Deployment, Release
from releases.releases import changelog_of

# Of one that was deployed more often, the others have pages of their own.
SHOWN = 6


class ReleaseAdmin(VerbAdmin):
    operations = OPERATIONS
    list_display = (
        "name",
        "state_chip",
        "category_chip",
        "method",
        "module",
        "issue_number",
        "runs",
        "marks",
    )
    list_display_links = ("name",)
    list_filter = (
        "state",
        "category",
        "method",
        "hotfix",
        "security",
        # Without the parts of modules that releases are rolled out by.
        ("module", RelatedOnlyFieldListFilter),
    )
    search_fields = ("version", "title", "issues__title")
    search_help_text = "A version, or words of the release's title or of its issues"
    list_select_related = ("module",)
    ordering = ("-order_key",)
    list_before_template = "admin/releases/releases_head.html"
    change_form_outer_before_template = "admin/releases/release.html"
    change_form_outer_after_template = ""
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return listing.ReleaseList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        found: QuerySet[Release] = super().get_queryset(request).select_related("module")
        here = request.resolver_match
        if here and "object_id" in here.kwargs:
            going = Deployment.objects.filter(
                release=OuterRef("pk"), environment=PRODUCTION, finished_at=None
            )
            return found.annotate(goes_to_production=Exists(going))
        return found.defer("risk", "notes", "changelog")

    def get_fieldsets(self, request: HttpRequest, obj: Release | None = None) -> Any:
        return ()

    def more_urls(self) -> list[URLPattern]:
        return dora.urls(self)

    def buttons(self, request: HttpRequest, obj: Release) -> list[Button]:
        """Its operations; once it passed staging, what leads on stands out alone."""
        found = super().buttons(request, obj)
        if obj.state != ReleaseState.TESTED:
            return found
        return [replace(each, style="default") if each.name == "stage" else each for each in found]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        context = {
            "may_draft": self.has_add_permission(request),
            "draft_url": links.operation("release", "create"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def page_context(self, request: HttpRequest, obj: Release) -> dict[str, Any]:
        actor = actor_of(request)
        deployments = self._deployments(request, obj)
        told = telling.read(deployments[:SHOWN], actor)
        production = next((each for each in told if each.deployment.environment_id == PRODUCTION), None)
        lines = previews.issue_lines(list(obj.issues.worst_first()))
        return {
            "release": obj,
            "state_label": wording.RELEASE_LABELS[obj.state],
            "category_label": wording.CATEGORY_LABELS[obj.category],
            "marks": wording.kinds(obj),
            "created_by": wording.by_whom(obj.created_by),
            "issues": lines,
            "unfixed": sum(not line["ready"] for line in lines),
            "changelog": changelog_of(obj),
            "asked": policy.of(obj, production, signing.roles_of(actor.user) if actor.user else ()),
            "missing": missing.of(production.deployment) if production else [],
            "parts": [(each, self._buttons_of(request, each)) for each in told],
            "more_deployments": len(deployments) > SHOWN,
            "deployments_url": links.deployments(q=obj.version),
            "going": any(each.is_open for each in told),
        }

    def timeline_of(self, request: HttpRequest, obj: Release) -> Slice:
        return story.of_release(request, obj, self._deployments(request, obj)[:SHOWN])

    def _deployments(self, request: HttpRequest, release: Release) -> list[Deployment]:
        """The newest first, read once for a page; none for who may not see deployments."""
        if not request.user.has_perm("releases.view_deployment"):
            return []
        read: dict[str, list[Deployment]] = request.__dict__.setdefault("deployments_read", {})
        if release.version not in read:
            read[release.version] = self._read_deployments(release)
        return read[release.version]

    @staticmethod
    def _read_deployments(release: Release) -> list[Deployment]:
        found = release.deployments.select_related("environment", "plan", "window").order_by("-id")
        rows = list(found[: SHOWN + 1])
        for each in rows:
            each.release = release
        return rows

    def _buttons_of(self, request: HttpRequest, told: Told) -> list[Button]:
        """What the deployment's own page offers: here, its start is among the release's buttons."""
        page: Any = self.admin_site.get_model_admin(Deployment)
        return [each for each in page.buttons(request, told.deployment) if each.name != "deploy"]

    @display(description="Release", ordering="order_key")
    def name(self, release: Release) -> str:
        return f"{release.version} {release.title}".strip()

    @display(description="State", ordering="state", label=wording.RELEASE_LABELS)
    def state_chip(self, release: Release) -> tuple[str, str]:
        return release.state, release.get_state_display()

    @display(description="Category", ordering="category", label=wording.CATEGORY_LABELS)
    def category_chip(self, release: Release) -> tuple[str, str]:
        return release.category, release.get_category_display()

    @display(description="Issues")
    def issue_number(self, release: Release) -> int:
        return release.issue_count  # type: ignore[attr-defined, no-any-return]  # ReleaseList counted it

    @display(description="Where it runs")
    def runs(self, release: Release) -> str:
        return listing.where(release.going)  # type: ignore[attr-defined]  # ReleaseList read it

    @display(description="Marks")
    def marks(self, release: Release) -> str:
        return ", ".join(word for word, _ in wording.kinds(release)) or "-"
