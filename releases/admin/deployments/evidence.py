"""What steps left as evidence, in words; and its files, for who may see the deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from releases.admin.releases import links
from releases.admin.releases.wording import OUTCOME_LABELS, by_whom
from releases.models import Deployment, Evidence

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
NAME = "releases_deployment_evidence"
LONGEST_VALUE = 300
SPELLED = {True: "yes", False: "no", None: "-"}


@dataclass(frozen=True)
class Proof:
    """One piece of evidence. `url` is a link that may be followed, `plain` one that is only shown."""

    at: datetime
    outcome: str
    label: str
    attempt: int
    note: str
    url: str
    plain: str
    file_url: str
    file_name: str
    digest: str
    data: Sequence[tuple[str, str]]
    who: str


def proof(evidence: Evidence) -> Proof:
    """A row of evidence as the page shows it, without a query."""
    followed = evidence.url.startswith(("https://", "http://"))
    return Proof(
        at=evidence.at,
        outcome=evidence.get_outcome_display(),
        label=OUTCOME_LABELS.get(evidence.outcome, ""),
        attempt=evidence.attempt,
        note=evidence.note,
        url=evidence.url if followed else "",
        plain="" if followed else evidence.url,
        file_url=links.evidence(evidence.step_id, evidence.pk) if evidence.file else "",
        file_name=evidence.file_name or "file",
        digest=evidence.digest,
        data=pairs(evidence.data),
        who=by_whom(evidence.by),
    )


def pairs(data: Any) -> list[tuple[str, str]]:
    """JSON as names and values in words; nested objects are named by their path."""
    if not isinstance(data, Mapping):
        return [] if data in (None, "", []) else [("", _spelled(data))]
    found = []
    for name, value in data.items():
        title = str(name).replace("_", " ")
        if isinstance(value, Mapping):
            found += [(f"{title}, {inner}" if inner else title, text) for inner, text in pairs(value)]
        else:
            found.append((title, _spelled(value)))
    return found


def _spelled(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return SPELLED[value]
    text = ", ".join(map(_spelled, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def urls(admin: "ModelAdmin[Deployment]") -> list[URLPattern]:
    """The route `admin:releases_deployment_evidence`; it takes the numbers of step and evidence."""

    @require_safe
    def view(request: HttpRequest, step: int, number: int) -> HttpResponseBase:
        return serve(admin, request, step, number)

    return [path("steps/<int:step>/evidence/<int:number>", admin.admin_site.admin_view(view), name=NAME)]


def serve(admin: "ModelAdmin[Deployment]", request: HttpRequest, step: int, number: int) -> FileResponse:
    """The file, to be saved and never shown. Raises PermissionDenied, Http404."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    evidence = get_object_or_404(Evidence, pk=number, step=step)
    if not evidence.file:
        raise Http404("There is no file.")
    try:
        content = evidence.file.open("rb")
    except FileNotFoundError:
        raise Http404("The file is gone.") from None
    return FileResponse(
        content,
        as_attachment=True,
        filename=evidence.file_name or "evidence",
        content_type="application/octet-stream",
        headers=HEADERS,
    )
