"""The admin's door: one confirmation page, and one flow through it, for every verb.

GET shows what a verb would do and changes nothing; POST does it. The page carries the version of everything
it showed, so that a verb refuses what was decided on an old picture. Works without JavaScript.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused

MOST_TARGETS = 20
PREVIEW = "_preview"
CHANGED_INPUT = "This is the effect of what you entered now. Confirm once more."

Inputs = Mapping[str, Any]


class Reason(Protocol):
    """Why a verb would be refused now; some reasons may be overridden with a written one."""

    @property
    def message(self) -> str: ...

    @property
    def can_override(self) -> bool: ...


@dataclass(frozen=True)
class Preview:
    """What a verb would do to one target: a template with its context, and what refuses it now."""

    template: str
    context: Mapping[str, Any]
    reasons: Sequence[Reason] = ()


@dataclass(frozen=True)
class Names:
    """Every unit that a verb would touch, for a download."""

    header: Sequence[str]
    rows: Iterable[Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """An answer that is a page of its own, for what may be seen once and belongs in no message."""

    template: str
    context: Mapping[str, Any]


def _always(target: Any) -> bool:
    return True


def _nothing(target: Any) -> Inputs:
    return {}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A verb as the admin offers it.

    `perform(target, inputs, actor, version)` calls the verb and returns what to say afterwards (or a page to
    show); with `creates` there is no target, and it gets None. `preview`
    calls it as a dry run. `previewed` names the inputs that the preview depends on. `override` is the
    permission to override a closed gate: the form then has a field of that name, which is asked for only
    while something that may be overridden refuses. `offered` says whether a thing's page has the button.
    """

    name: str
    title: str
    permission: str
    perform: Callable[[Any, Inputs, Actor, int | None], str | Shown]
    preview: Callable[[Any, Inputs, Actor], Preview | None] | None = None
    names: Callable[[Any, Inputs, Actor, str], Names] | None = None
    form: type[forms.Form] = forms.Form
    initial: Callable[[Any], Inputs] = _nothing
    previewed: tuple[str, ...] = ()
    offered: Callable[[Any], bool] = _always
    label: Callable[[Any], str] | None = None
    override: str = ""
    icon: str = "play_arrow"
    style: str = "default"
    note: str = ""
    on_list: bool = False
    on_page: bool = True
    creates: bool = False

    def title_for(self, target: Any) -> str:
        """What a button on `target`, and the page about it alone, say."""
        return self.label(target) if self.label else self.title


@dataclass
class Target:
    """One thing that the page is about."""

    object: Any
    shown: int | None
    preview: Preview | None = None
    fault: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """How the form names the target: its key and the version that this page shows."""
        version = getattr(self.object, "version", "")
        return f"{self.object.pk}:{version}"

    @property
    def reasons(self) -> Sequence[Reason]:
        return self.preview.reasons if self.preview else ()


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person behind a request. Raises PermissionDenied for anybody else."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return Actor(door=Door.ADMIN, label=request.user.get_username(), user=request.user)


def operation_url(admin: "ModelAdmin[Any]", operation: str, targets: Iterable[Model], **inputs: Any) -> str:
    """The confirmation page of an operation on `targets`, with inputs filled in."""
    opts = admin.model._meta
    address = reverse(f"{admin.admin_site.name}:{opts.app_label}_{opts.model_name}_operate", args=[operation])
    query = [*(("object", str(target.pk)) for target in targets), *inputs.items()]
    return f"{address}?{urlencode(query)}"


def operate(request: HttpRequest, admin: "ModelAdmin[Any]", operation: Operation) -> HttpResponse:
    """The whole flow of one operation: show, confirm, do. Raises PermissionDenied without its permission."""
    actor = actor_of(request)
    if not actor.may(operation.permission):
        raise PermissionDenied
    targets = [Target(None, None)] if operation.creates else find_targets(request, admin)
    page = _Page(request, admin, operation, actor, targets)
    return page.submit() if request.method == "POST" else page.show()


def find_targets(request: HttpRequest, admin: "ModelAdmin[Any]") -> list[Target]:
    """The things that a request names: `object=KEY`, and on POST `object=KEY:VERSION`.

    Raises Http404 when it names none, too many, or one that is not there.
    """
    found = []
    given = request.POST if request.method == "POST" else request.GET
    for text in given.getlist("object")[: MOST_TARGETS + 1]:
        key, _, version = text.rpartition(":") if request.method == "POST" else (text, "", "")
        target = admin.get_object(request, key or text)
        if target is None:
            raise Http404(f"There is no {admin.model._meta.verbose_name} {key or text}.")
        found.append(Target(target, int(version) if version.isdigit() else None))
    if not 0 < len(found) <= MOST_TARGETS:
        raise Http404(f"Choose 1 to {MOST_TARGETS}.")
    return found


def inputs_of(operation: Operation, form: forms.Form, target: Target) -> Inputs | None:
    """The inputs as entered, or as filled in for a first look; None while they are incomplete."""
    if form.is_bound:
        return form.cleaned_data if form.is_valid() else None
    first = operation.form(data={**operation.initial(target.object)})
    for name, fields in first.fields.items():
        if name not in operation.previewed:
            fields.required = False
    return first.cleaned_data if first.is_valid() else None


class _Page:
    """One request to the confirmation page."""

    def __init__(
        self,
        request: HttpRequest,
        admin: "ModelAdmin[Any]",
        operation: Operation,
        actor: Actor,
        targets: list[Target],
    ) -> None:
        self.request, self.admin, self.operation = request, admin, operation
        self.actor, self.targets = actor, targets
        self.form = self._form()

    def show(self, *, status: int = 200) -> HttpResponse:
        for target in self.targets:
            self._look(target)
        reasons = [reason for target in self.targets for reason in target.reasons]
        overriding = self._overriding(reasons)
        if "override" in self.form.fields:
            if overriding:
                self.form.fields["override"].required = True
            else:
                del self.form.fields["override"]
        complete = not self.operation.previewed or all(target.preview for target in self.targets)
        blocked = bool(reasons) and not overriding
        return TemplateResponse(
            self.request,
            "admin/operation.html",
            {
                **self.admin.admin_site.each_context(self.request),
                "title": self._title(),
                "model_admin": self.admin,
                "opts": self.admin.model._meta,
                "original": self._single(),
                "operation": self.operation,
                "targets": self.targets,
                "form": self.form,
                "seen": self._seen(),
                "may_confirm": complete and not blocked and not any(target.fault for target in self.targets),
                "may_preview": bool(self.operation.previewed),
                "overriding": overriding,
                "back": self._back(),
            },
            status=status,
        )

    def submit(self) -> HttpResponse:
        if not self.form.is_valid() or PREVIEW in self.request.POST:
            return self.show()
        if self.request.POST.get("seen", self._seen()) != self._seen():
            messages.warning(self.request, CHANGED_INPUT)
            return self.show()
        refused = []
        for target in self.targets:
            answer = self._perform(target)
            if isinstance(answer, Shown):
                return self._answer(answer)
            if answer is None:
                refused.append(target)
        if not refused:
            return HttpResponseRedirect(self._back())
        self.targets = refused
        for target in refused:
            # What was shown is history: the page below shows the thing as it is now.
            if target.object is not None:
                target.object = self.admin.get_object(self.request, str(target.object.pk)) or target.object
        return self.show()

    def _perform(self, target: Target) -> str | Shown | None:
        try:
            said = self.operation.perform(target.object, self.form.cleaned_data, self.actor, target.shown)
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Invalid as refusal:
            self._mark(refusal)
            return None
        except Refused as refusal:
            messages.error(self.request, refusal.message)
            return None
        if isinstance(said, str):
            messages.success(self.request, said)
        return said

    def _answer(self, answer: Shown) -> HttpResponse:
        context = {
            **self.admin.admin_site.each_context(self.request),
            "opts": self.admin.model._meta,
            "title": self.operation.title,
            "back": self._back(),
            **answer.context,
        }
        return TemplateResponse(self.request, answer.template, context, headers={"Cache-Control": "no-store"})

    def _look(self, target: Target) -> None:
        if self.operation.preview is None:
            return
        inputs = inputs_of(self.operation, self.form, target)
        if inputs is None:
            return
        try:
            target.preview = self.operation.preview(target.object, inputs, self.actor)
        except Invalid as refusal:
            self._mark(refusal)
        except Refused as refusal:
            target.fault = refusal.message
        if target.preview and self.operation.names:
            sides = ("gain", "lose")
            target.links = {side: self._names_url(target, inputs, side) for side in sides}

    def _names_url(self, target: Target, inputs: Inputs, side: str) -> str:
        opts = self.admin.model._meta
        address = reverse(
            f"{self.admin.admin_site.name}:{opts.app_label}_{opts.model_name}_operate_names",
            args=[self.operation.name],
        )
        given = {name: inputs[name] for name in self.operation.previewed if inputs.get(name) is not None}
        return f"{address}?{urlencode({'object': target.object.pk, 'side': side, **given}, doseq=True)}"

    def _form(self) -> forms.Form:
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        names = self.operation.form.base_fields
        bound = self.request.method == "POST" or any(name in given for name in names)
        single = self._single()
        initial = {} if single is None else self.operation.initial(single)
        form = self.operation.form(data=given if bound else None, initial=dict(initial))
        if self.request.method == "GET" and bound:
            # A link may fill in a part; what only the confirmation needs is asked for then.
            for name, entry in form.fields.items():
                entry.required = entry.required and name in self.operation.previewed
        return form

    def _seen(self) -> str:
        """The inputs that the preview on this page stands for, as one text."""
        if self.form.is_bound:
            values = {name: self.form[name].value() for name in self.operation.previewed}
        else:
            fields = self.form.fields
            values = {
                name: self.form.get_initial_for_field(fields[name], name) for name in self.operation.previewed
            }
        # A browser sends the line ends of a text area as it likes.
        return urlencode(
            {name: " ".join(str("" if value is None else value).split()) for name, value in values.items()}
        )

    def _overriding(self, reasons: Sequence[Reason]) -> bool:
        may = bool(self.operation.override) and self.actor.may(self.operation.override)
        return bool(reasons) and may and all(reason.can_override for reason in reasons)

    def _mark(self, refusal: Invalid) -> None:
        """Put each fault to its field, or above the form.

        The first part of a place such as "rules[0].share" is the field; the error's code is the whole of it.
        """
        for place, rule in refusal.fields.items():
            name = place.partition("[")[0]
            if name in self.form.fields and self.form.is_bound:
                self.form.add_error(name, ValidationError(rule, code=place))
            elif self.form.is_bound:
                self.form.add_error(None, ValidationError(f"{place}: {rule}"))
            else:
                messages.error(self.request, f"{place}: {rule}")

    def _single(self) -> Any:
        return self.targets[0].object if len(self.targets) == 1 else None

    def _title(self) -> str:
        single = self._single()
        return self.operation.title if single is None else self.operation.title_for(single)

    def _back(self) -> str:
        opts = self.admin.model._meta
        name = f"{self.admin.admin_site.name}:{opts.app_label}_{opts.model_name}"
        if (single := self._single()) is not None and single.pk is not None:
            return reverse(f"{name}_change", args=[quote(single.pk)])
        return reverse(f"{name}_changelist")
