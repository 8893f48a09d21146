"""The pages of an import in the admin: upload a file, see what it would do or its bad rows, confirm.

The file is read once, into staging, and confirming applies what is staged.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from operations.doors.csv_forms import CsvForm
from operations.doors.downloads import csv_response
from operations.errors import Invalid, Refused

if TYPE_CHECKING:
    from operations.doors.model_admin import VerbAdmin

FIRST_FAULTS = 50


class ImportPages:
    """The form, what the file would do, and its bad rows. A subclass says which verbs do it.

    `batches` are those that wait to be applied; each has `faults` with a line, a field and a message.
    """

    title: ClassVar[str]
    form: ClassVar[type[CsvForm]]
    permissions: ClassVar[tuple[str, ...]]
    form_template: ClassVar[str]
    result_template: ClassVar[str]

    def __init__(self, admin: "VerbAdmin") -> None:
        self.admin = admin
        opts = admin.model._meta
        self._name = f"{opts.app_label}_{opts.model_name}_import"
        self._list = f"admin:{opts.app_label}_{opts.model_name}_changelist"

    @classmethod
    def permitted(cls, request: HttpRequest) -> bool:
        """Whether the person behind a request may import."""
        return all(request.user.has_perm(permission) for permission in cls.permissions)

    def batches(self) -> QuerySet[Any]:
        """The files that were read."""
        raise NotImplementedError

    def stage(self, request: HttpRequest, form: Any) -> Model:
        """Read the file of a valid form into staging. Raises Invalid."""
        raise NotImplementedError

    def result_context(self, batch: Any) -> Mapping[str, Any]:
        """What the result page shows of a staged file without faults."""
        raise NotImplementedError

    def apply(self, request: HttpRequest, batch: Any) -> str:
        """Apply a staged file; return what was done, in words. Raises Refused."""
        raise NotImplementedError

    def discard(self, request: HttpRequest, batch: Any) -> None:
        """Drop a staged file."""
        raise NotImplementedError

    def form_context(self) -> Mapping[str, Any]:
        """What the form's page shows beside the form."""
        return {}

    def urls(self) -> list[URLPattern]:
        view, name = self.admin.admin_site.admin_view, self._name
        return [
            path("import/", view(self.form_view), name=name),
            path("import/<uuid:pk>/", view(self.result_view), name=f"{name}_result"),
            path("import/<uuid:pk>/faults/", view(self.faults_view), name=f"{name}_faults"),
        ]

    def form_view(self, request: HttpRequest) -> HttpResponse:
        """The form; on POST the file goes into staging, and the result page shows what it would do."""
        self._require(request)
        if request.method != "POST":
            # A link may fill the form in.
            initial = {name: text for name, text in request.GET.items() if name in self.form().fields}
            return self._form(request, self.form(initial=initial))
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self._form(request, form)
        try:
            batch = self.stage(request, form)
        except Invalid as refusal:
            form.mark(refusal)
            return self._form(request, form)
        return HttpResponseRedirect(reverse(f"admin:{self._name}_result", args=[batch.pk]))

    def result_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What a staged file would do, or its bad rows; on POST it is applied or dropped."""
        self._require(request)
        batch = self.batches().filter(pk=pk, applied_at=None).first()
        if batch is None:
            messages.error(request, "This import was applied or dropped, or it is more than a day old.")
            return HttpResponseRedirect(reverse(self._list))
        if request.method == "POST":
            return self._decide(request, batch)
        faults = batch.faults.order_by("line", "pk")
        count = faults.count()
        context = {
            "batch": batch,
            "faults": faults[:FIRST_FAULTS],
            "fault_count": count,
            **({} if count else self.result_context(batch)),
        }
        return self._page(request, self.result_template, context)

    def faults_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Every bad row of a staged file, as CSV."""
        self._require(request)
        batch = get_object_or_404(self.batches(), pk=pk)
        return csv_response("bad-rows.csv", ("line", "field", "message"), _cells(batch))

    def _decide(self, request: HttpRequest, batch: Any) -> HttpResponse:
        listed = HttpResponseRedirect(reverse(self._list))
        if "discard" in request.POST:
            self.discard(request, batch)
            messages.info(request, f"{batch} was dropped: nothing was imported.")
            return listed
        try:
            done = self.apply(request, batch)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.path)
        messages.success(request, f"{batch}: {done}.")
        return listed

    def _form(self, request: HttpRequest, form: CsvForm) -> HttpResponse:
        return self._page(request, self.form_template, {"form": form, **self.form_context()})

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin.admin_site.each_context(request),
                "title": self.title,
                "model_admin": self.admin,
                "opts": self.admin.model._meta,
                **context,
            },
        )

    def _require(self, request: HttpRequest) -> None:
        if not self.permitted(request):
            raise PermissionDenied


def _cells(batch: Any) -> Iterator[list[str]]:
    found = batch.faults.order_by("line", "pk").values_list("line", "field", "message")
    for line, field, message in found.iterator():
        yield [str(line), field, message]
