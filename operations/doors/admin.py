"""The admin's door: what an operation is, whom it acts for, and where its page is.

`operations.doors.confirmation` is the page itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from operations.actor import Actor, Door

# As many as a redirect's address carries, a page shows one by one, and a person is told about one by one.
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


def _each(targets: Sequence[Any], inputs: Inputs) -> Inputs:
    return inputs


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A verb as the admin offers it.

    `perform(target, inputs, actor, version)` calls the verb and returns what to say afterwards (or a page to
    show); with `creates` there is no target, and it gets None. `preview`
    calls it as a dry run. `previewed` names the inputs that the preview depends on. `override` is the
    permission to override a closed gate: the form then has a field of that name, which is asked for only
    while something that may be overridden refuses. `offered` says whether a thing's page has the button.
    `most` is how many things it takes at once; only the first MOST_TARGETS of them are previewed.
    `together` adds to the inputs what depends on all the things that were chosen.
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
    together: Callable[[Sequence[Any], Inputs], Inputs] = _each
    offered: Callable[[Any], bool] = _always
    label: Callable[[Any], str] | None = None
    override: str = ""
    icon: str = "play_arrow"
    style: str = "default"
    note: str = ""
    on_list: bool = False
    on_page: bool = True
    creates: bool = False
    most: int = MOST_TARGETS

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
        # Of a release, `version` is its semantic version.
        version = getattr(self.object, "revision", None) or getattr(self.object, "version", "")
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
