"""Correcting what an issue says: its texts, how bad it is, who has it, and by when."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from operations.actor import Actor
from operations.errors import Refused
from releases.issues import drafts, story
from releases.issues.drafts import EDITABLE
from releases.issues.story import CHANGE
from releases.models import Issue

# Too long for the trail, and written by people: that they changed is enough.
TEXTS = ("title", "description")


@transaction.atomic
def edit(
    issue: Issue, *, actor: Actor, version: int | None = None, dry_run: bool = False, **given: Any
) -> Issue:
    """Change what is given of EDITABLE and leave the rest. With `dry_run` nothing is written.

    Raises Invalid, and Refused when the issue is no longer the `version` that was seen, nothing would change,
    or another module is given to one that a release holds.
    """
    actor.require(CHANGE, "work on issues")
    values = drafts.checked(given)
    told = story.begin(issue, actor, version=version, dry_run=dry_run)
    issue = told.issue
    before = {name: getattr(issue, name) for name in values}
    if "module" in values and values["module"] != issue.module and issue.releases.exists():
        raise Refused("in_release", f"{issue} was put into a release of {issue.module}: it stays there.")
    for name, value in values.items():
        setattr(issue, name, value)
    if not told.changed:
        raise Refused("unchanged", f"{issue} is like that already.")
    return told.write("issue.edited", **_told(before, {name: getattr(issue, name) for name in values}))


def _told(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What changed, as the trail tells of it: names of texts, and of all else from what to what."""
    return {
        name: "changed" if name in TEXTS else [_plain(before[name]), _plain(now[name])]
        for name in EDITABLE
        if name in now and before[name] != now[name]
    }


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)
