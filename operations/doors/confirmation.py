"""The confirmation page of every operation in the admin, and the one flow through it.

GET shows what a verb would do and changes nothing; POST does it. The page carries the version of everything
it showed, so that a verb refuses what was decided on an old picture. Works without JavaScript.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
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

from operations.actor import Actor
from operations.doors.admin import (
    CHANGED_INPUT,
    MOST_TARGETS,
    PREVIEW,
    Inputs,
    Operation,
    Reason,
    Shown,
    Target,
    actor_of,
)
from operations.errors import Forbidden, Invalid, Refused


def operate(request: HttpRequest, admin: "ModelAdmin[Any]", operation: Operation) -> HttpResponse:
    """The whole flow of one operation: show, confirm, do. Raises PermissionDenied without its permission."""
    actor = actor_of(request)
    if not actor.may(operation.permission):
        raise PermissionDenied
    targets = [Target(None, None)] if operation.creates else find_targets(request, admin, operation.most)
    page = _Page(request, admin, operation, actor, targets)
    return page.submit() if request.method == "POST" else page.show()


def show_chosen(
    request: HttpRequest, admin: "ModelAdmin[Any]", operation: Operation, chosen: Iterable[Model]
) -> HttpResponse:
    """The confirmation page of more things than an address could name, as the answer to a list's form."""
    actor = actor_of(request)
    if not actor.may(operation.permission):
        raise PermissionDenied
    page = _Page(request, admin, operation, actor, [Target(each, None) for each in chosen], fresh=True)
    return page.show()


def find_targets(request: HttpRequest, admin: "ModelAdmin[Any]", most: int = MOST_TARGETS) -> list[Target]:
    """The things that a request names: `object=KEY`, and on POST `object=KEY:VERSION`; several in one query.

    Raises Http404 when it names none, more than `most`, or one that is not there.
    """
    posted = request.method == "POST"
    given = (request.POST if posted else request.GET).getlist("object")
    if not 0 < len(given) <= most:
        raise Http404(f"Choose 1 to {most}.")
    named = {}
    for text in given:
        key, _, version = text.rpartition(":") if posted else (text, "", "")
        named[key or text] = int(version) if version.isdigit() else None
    found = _read(request, admin, list(named))
    for key in named:
        if found.get(key) is None:
            raise Http404(f"There is no {admin.model._meta.verbose_name} {key}.")
    return [Target(found[key], version) for key, version in named.items()]


def _read(request: HttpRequest, admin: "ModelAdmin[Any]", keys: list[str]) -> dict[str, Any]:
    if len(keys) == 1:
        return {keys[0]: admin.get_object(request, keys[0])}
    field = admin.model._meta.pk
    try:
        rows = admin.get_queryset(request).filter(pk__in=[field.clean(key, None) for key in keys])
    except ValidationError as fault:
        raise Http404(f"There is no such {admin.model._meta.verbose_name}.") from fault
    return {str(row.pk): row for row in rows}


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
        *,
        fresh: bool = False,
    ) -> None:
        """`fresh`: the request is a list's form, so that none of the operation's inputs are in it."""
        self.request, self.admin, self.operation = request, admin, operation
        self.actor, self.targets = actor, targets
        self.said: list[tuple[int, str]] = []
        self.elsewhere = fresh
        self.form = self._form(fresh=fresh)

    def show(self, *, status: int = 200) -> HttpResponse:
        shown = self.targets[:MOST_TARGETS]
        for target in shown:
            self._look(target)
        reasons = [reason for target in shown for reason in target.reasons]
        overriding = self._overriding(reasons)
        if "override" in self.form.fields:
            if overriding:
                self.form.fields["override"].required = True
            else:
                del self.form.fields["override"]
        complete = not self.operation.previewed or all(target.preview for target in shown)
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
                "shown": shown,
                "more": len(self.targets) - len(shown),
                "action": self._address() if self.elsewhere else "",
                "form": self.form,
                "seen": self._seen(),
                "may_confirm": complete and not blocked and not any(target.fault for target in shown),
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
        self._tell(len(self.targets) - len(refused))
        if not refused:
            return HttpResponseRedirect(self._back())
        self.targets = refused
        if not self.operation.creates:
            # What was shown is history: the page below shows the thing as it is now.
            now = _read(self.request, self.admin, [str(target.object.pk) for target in refused])
            for target in refused:
                target.object = now.get(str(target.object.pk)) or target.object
        return self.show()

    def _tell(self, done: int) -> None:
        """Say what was done and what was refused: thing by thing, or of many in numbers."""
        if len(self.targets) <= MOST_TARGETS:
            for level, text in self.said:
                messages.add_message(self.request, level, text)
            return
        plural = self.admin.model._meta.verbose_name_plural
        if done:
            messages.success(self.request, f"{self.operation.title}: {done} of {len(self.targets)} {plural}.")
        refused = Counter(text for level, text in self.said if level == messages.ERROR)
        for text, times in refused.most_common(MOST_TARGETS):
            messages.error(self.request, f"{times} {plural}: {text}")
        if len(refused) > MOST_TARGETS:
            messages.error(self.request, f"And {len(refused) - MOST_TARGETS} more reasons.")

    def _perform(self, target: Target) -> str | Shown | None:
        try:
            inputs = self._together(self.form.cleaned_data)
            said = self.operation.perform(target.object, inputs, self.actor, target.shown)
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Invalid as refusal:
            self._mark(refusal)
            return None
        except Refused as refusal:
            self.said.append((messages.ERROR, refusal.message))
            return None
        if isinstance(said, str):
            self.said.append((messages.SUCCESS, said))
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
            target.preview = self.operation.preview(target.object, self._together(inputs), self.actor)
        except Invalid as refusal:
            self._mark(refusal)
        except Refused as refusal:
            target.fault = refusal.message
        if target.preview and self.operation.names:
            sides = ("gain", "lose")
            target.links = {side: self._names_url(target, inputs, side) for side in sides}

    def _together(self, inputs: Inputs) -> Inputs:
        return self.operation.together([target.object for target in self.targets], inputs)

    def _names_url(self, target: Target, inputs: Inputs, side: str) -> str:
        opts = self.admin.model._meta
        address = reverse(
            f"{self.admin.admin_site.name}:{opts.app_label}_{opts.model_name}_operate_names",
            args=[self.operation.name],
        )
        given = {name: inputs[name] for name in self.operation.previewed if inputs.get(name) is not None}
        return f"{address}?{urlencode({'object': target.object.pk, 'side': side, **given}, doseq=True)}"

    def _form(self, *, fresh: bool) -> forms.Form:
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        names = self.operation.form.base_fields
        bound = not fresh and (self.request.method == "POST" or any(name in given for name in names))
        single = self._single()
        initial = {} if single is None else self.operation.initial(single)
        files = self.request.FILES if bound else None
        form = self.operation.form(data=given if bound else None, files=files, initial=dict(initial))
        if bound and (self.request.method == "GET" or PREVIEW in given):
            # A link or a preview may fill in a part; what only the confirmation needs is asked for then.
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

    def _address(self) -> str:
        opts = self.admin.model._meta
        name = f"{self.admin.admin_site.name}:{opts.app_label}_{opts.model_name}_operate"
        return reverse(name, args=[self.operation.name])

    def _back(self) -> str:
        opts = self.admin.model._meta
        name = f"{self.admin.admin_site.name}:{opts.app_label}_{opts.model_name}"
        if (single := self._single()) is not None and single.pk is not None:
            return reverse(f"{name}_change", args=[quote(single.pk)])
        return reverse(f"{name}_changelist")
