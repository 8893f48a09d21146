"""The templates of checklists and of steps: what new deployments get, its versions, the built-in ones.

A template that nobody changed follows its file in `built_in`; one that was changed stays as it is.
"""

from collections.abc import Mapping
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from releases.models import Template
from releases.template_text import BadTemplate, read_checklist, read_steps

CHANGE = "releases.change_template"
FOLDER = Path(__file__).parent / "built_in"
STAGING_KEYS = ("staging", "staging_hotfix")
PRODUCTION_KEYS = ("rolling", "blue_green", "maintenance_window", "hotfix")
KEYS: Mapping[str, tuple[str, ...]] = {
    Template.Kind.CHECKLIST.value: ("deployment",),
    Template.Kind.STEPS.value: (*STAGING_KEYS, *PRODUCTION_KEYS),
}
BUILT_IN_BY = "As it came with the portal"


def built_in(kind: str, key: str) -> str:
    """The text that came with the portal. Raises NotFound for a template that there is not."""
    if key not in KEYS.get(kind, ()):
        raise NotFound(f"There is no template {key!r} of the kind {kind!r}.")
    name = "checklist" if kind == Template.Kind.CHECKLIST else key
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def current(kind: str, key: str) -> Template:
    """What new deployments get, without writing: unsaved where the database does not hold it yet.

    An unsaved one carries the version that it is to follow, 0 for none.
    """
    text = built_in(kind, key)
    found = _active(kind, key)
    if found is not None and (not found.built_in or found.text == text):
        return found
    return Template(kind=kind, key=key, version=found.version if found else 0, text=text, built_in=True)


def active(kind: str, key: str) -> Template:
    """What new deployments get. Written where it is missing, or where its file is a newer one.

    Two at once write it once. Raises NotFound.
    """
    found = current(kind, key)
    if found.active:
        return found
    try:
        with transaction.atomic():
            return _follow(found, found.text, built_in=True, by=BUILT_IN_BY)
    except IntegrityError:
        # Another one wrote it between our look and our insert.
        return Template.objects.get(kind=kind, key=key, active=True)


def refresh() -> list[Template]:
    """Write every built-in template that is missing or older than its file; the active ones of all keys."""
    return [active(kind, key) for kind, keys in KEYS.items() for key in keys]


def history(kind: str, key: str) -> QuerySet[Template]:
    """All its versions, the newest first."""
    return Template.objects.filter(kind=kind, key=key).order_by("-version")


@transaction.atomic
def save(kind: str, key: str, text: str, *, actor: Actor, version: int | None = None) -> Template:
    """Let new deployments get this text: a new version. Those that have their copy keep it.

    Raises Invalid with the place and the rule, NotFound, and Refused when nothing is different or when the
    active one is no longer the `version` that was seen.
    """
    actor.require(CHANGE, "change templates")
    text = text.replace("\r\n", "\n").strip() + "\n"
    check(kind, key, text)
    before = _seen(kind, key, version)
    if before.text == text:
        raise Refused("unchanged", "The template says that already.")
    found = _follow(before, text, built_in=False, by=actor.in_full)
    audit.record("template.saved", actor=actor, subject=found, data={"version": found.version})
    return found


@transaction.atomic
def revert(kind: str, key: str, *, actor: Actor, version: int | None = None) -> Template:
    """Let new deployments get the built-in text again: a new version, which follows its file from now on.

    Raises NotFound, and Refused when it is the built-in one already, or no longer the `version` seen.
    """
    actor.require(CHANGE, "change templates")
    before = _seen(kind, key, version)
    if before.built_in:
        raise Refused("unchanged", "This is the built-in template already.")
    found = _follow(before, built_in(kind, key), built_in=True, by=actor.in_full)
    audit.record("template.reverted", actor=actor, subject=found, data={"version": found.version})
    return found


def check(kind: str, key: str, text: str) -> None:
    """Raise Invalid unless the text is a template that may stand under this key."""
    built_in(kind, key)
    try:
        if kind == Template.Kind.CHECKLIST:
            read_checklist(text)
            return
        found = read_steps(text)
    except BadTemplate as error:
        raise Invalid({"text": str(error)}) from None
    if key in PRODUCTION_KEYS and not found.rolls_out:
        raise Invalid({"text": "steps: must hold a step of the portal with the action rollout."})
    if key in STAGING_KEYS and found.rolls_out:
        raise Invalid({"text": "steps: nothing is rolled out on staging, so rollout cannot stand here."})


def _active(kind: str, key: str) -> Template | None:
    return Template.objects.filter(kind=kind, key=key, active=True).first()


def _seen(kind: str, key: str, version: int | None) -> Template:
    """The active one, ours until the end of the transaction."""
    active(kind, key)
    found = Template.objects.select_for_update().filter(kind=kind, key=key, active=True).first()
    if found is None or (version is not None and found.version != version):
        raise Refused("changed", "The template was changed since you saw it: look at it and try again.")
    return found


def _follow(seen: Template, text: str, *, built_in: bool, by: str) -> Template:
    """Write the version after the one that was seen: IntegrityError where another one did so since."""
    Template.objects.filter(kind=seen.kind, key=seen.key, active=True).update(active=False)
    return Template.objects.create(
        kind=seen.kind,
        key=seen.key,
        version=seen.version + 1,
        text=text,
        built_in=built_in,
        active=True,
        created_by=by,
    )
