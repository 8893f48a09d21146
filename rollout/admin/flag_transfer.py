"""A module's flags as one file: downloaded, and uploaded again after a look at what it would change.

The text of an uploaded file goes along in the confirmation page; nothing is kept between the two.
"""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import INPUT_CLASSES

from operations.doors.admin import CHANGED_INPUT, actor_of
from operations.errors import Forbidden, Invalid, Refused
from rollout import flag_files
from rollout.flag_files import FileChange
from rollout.models import Module

if TYPE_CHECKING:
    from operations.doors.model_admin import VerbAdmin

# In bytes; some thousand flags.
LARGEST_FILE = 2_000_000


class FileForm(forms.Form):
    """A file as text: uploaded, or sent along from the page that showed what it would do."""

    file = forms.FileField(
        label="YAML file",
        required=False,
        widget=forms.FileInput({"accept": ".yaml,.yml", "class": " ".join(INPUT_CLASSES), "required": True}),
        help_text="As the export makes it. What the file does not name stays as it is.",
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file: UploadedFile | None = given.get("file")
        if file is not None:
            given["text"] = _decoded(file)
        elif not given.get("text"):
            raise forms.ValidationError("Choose a file.")
        return given


def _decoded(file: UploadedFile) -> str:
    if (file.size or 0) > LARGEST_FILE:
        raise forms.ValidationError({"file": f"The file has more than {LARGEST_FILE / 1e6:.0f} MB."})
    try:
        text: str = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise forms.ValidationError({"file": "The file is not in UTF-8."}) from error
    return text


class TransferPages:
    """The export, and the pages of an import."""

    def __init__(self, admin: "VerbAdmin") -> None:
        self.admin = admin

    def urls(self) -> list[URLPattern]:
        view = self.admin.admin_site.admin_view
        return [
            path("<int:pk>/flags.yaml", view(self.export_view), name="rollout_module_flags_export"),
            path("<int:pk>/flags/import/", view(self.import_view), name="rollout_module_flags_import"),
        ]

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The module's flags as a YAML file."""
        if not request.user.has_perm("rollout.view_flag"):
            raise PermissionDenied
        module = self._module(request, pk)
        name = f"{module.key}-flags.yaml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(
            flag_files.dump(module), content_type="application/yaml; charset=utf-8", headers=headers
        )

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form; what a file would do; and after that is confirmed, doing it."""
        if not may_import(request):
            raise PermissionDenied
        module = self._module(request, pk)
        if request.method != "POST":
            return self._page(request, module, FileForm())
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, module, form)
        text, actor = form.cleaned_data["text"], actor_of(request)
        try:
            change = flag_files.load(text, module, actor=actor, dry_run=True)
            seen = _digest(change)
            if request.POST.get("seen") == seen:
                flag_files.load(text, module, actor=actor)
                messages.success(request, f"The flags of {module} are imported: {_counts(change)}.")
                return HttpResponseRedirect(reverse("admin:rollout_module_change", args=[module.pk]))
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Invalid as refusal:
            return self._page(request, module, FileForm(), faults=refusal.fields)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return self._page(request, module, FileForm())
        if "seen" in request.POST:
            messages.warning(request, CHANGED_INPUT)
        sure = FileForm(initial={"text": text})
        return self._page(request, module, sure, change=change, lists=_lists(change), seen=seen)

    def _module(self, request: HttpRequest, pk: int) -> Module:
        self.admin.require_view(request)
        module: Module | None = self.admin.get_object(request, str(pk))
        if module is None:
            raise Http404
        return module

    def _page(self, request: HttpRequest, module: Module, form: FileForm, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            "admin/rollout/flags_import.html",
            {
                **self.admin.admin_site.each_context(request),
                "title": "Import flags",
                "opts": self.admin.model._meta,
                "original": module,
                "form": form,
                **context,
            },
        )


def may_import(request: HttpRequest) -> bool:
    """Whether the person behind a request may import flags."""
    return request.user.has_perm("rollout.change_flag")


def _digest(change: FileChange) -> str:
    return hashlib.sha256(json.dumps(change.as_dict(), sort_keys=True).encode()).hexdigest()


def _lists(change: FileChange) -> list[tuple[str, tuple[str, ...]]]:
    """What would be made and changed, with its titles; without what is empty."""
    found = (
        ("Segments created", change.segments_created),
        ("Segments changed", change.segments_updated),
        ("Flags created", change.created),
        ("Flags changed", change.updated),
    )
    return [(title, keys) for title, keys in found if keys]


def _counts(change: FileChange) -> str:
    counts = (
        (len(change.created), "created"),
        (len(change.updated), "changed"),
        (len(change.unchanged), "unchanged"),
    )
    return ", ".join(f"{count:,} {said}" for count, said in counts)
