"""Makes the document of a report."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from operations.errors import Invalid, NotFound
from reports.documents.kinds import daily, feedback, phase2, post_launch, rollout, weekly
from reports.documents.periods import Period, checked
from reports.documents.plain import plain
from reports.documents.scene import Scene
from reports.models import Kind
from reports.shape import Content, document_of
from rollout.answers import find_module
from rollout.models import Module

CONTENT: Mapping[str, Callable[[Scene], Content]] = {
    Kind.ROLLOUT: rollout.content,
    Kind.DAILY: daily.content,
    Kind.WEEKLY: weekly.content,
    Kind.POST_LAUNCH: post_launch.content,
    Kind.FEEDBACK: feedback.content,
    Kind.PHASE2: phase2.content,
}


def kind_of(text: str) -> Kind:
    """The kind of this name. Raises Invalid."""
    if text not in Kind.values:
        raise Invalid({"kind": f"must be one of {', '.join(Kind.values)}"})
    return Kind(text)


def module_of(key: str) -> Module:
    """The module of this key or alias. Raises NotFound, for a part of a module too."""
    found = find_module(key)
    if found.part_of is not None:
        raise NotFound(f"{key!r} is a part of the module {found.part_of.key!r}: name that.")
    return found


def build(kind: Kind, module: Module, *, since: datetime, until: datetime, now: datetime) -> dict[str, Any]:
    """A report as JSON has it, on what happened from `since` up to, and without, `until`.

    What has no past, such as open alerts, is as it stands `now`. Reads only. Raises Invalid for a period
    that no report can be about.
    """
    period = checked(Period(since, until), now)
    content = CONTENT[kind](Scene(Kind(kind), module, period, now))
    document: dict[str, Any] = plain(
        {
            "kind": kind,
            "title": f"{Kind(kind).label}: {module.name}",
            "module": module.key,
            "moduleName": module.name,
            "since": since,
            "until": until,
            "madeAt": now,
            "timeZone": timezone.get_current_timezone_name(),
            **document_of(content),
        }
    )
    return document
