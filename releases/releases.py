"""The verbs on releases: what a version holds and how it must ship."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from releases import release_rules, versions
from releases.issues import shipping
from releases.lifecycle import CONFIRMED_ISSUE, ReleaseState
from releases.models import Category, Issue, Release, ReleaseIssue
from rollout.models import Module

ADD = "releases.add_release"
CHANGE = "releases.change_release"


@transaction.atomic
def create(
    version: str,
    issues: Sequence[Issue],
    *,
    actor: Actor,
    module: Module | None = None,
    category: str = Category.MEDIUM,
    method: str = "",
    dry_run: bool = False,
    **values: Any,
) -> Release:
    """Draft a release of confirmed issues of one module; those that are fixed become planned.

    `method` is the first that the category allows, unless given. `values` are hotfix, security, title, risk
    and notes. With `dry_run` the release is returned unsaved. Raises Invalid naming each field, and Refused
    for an issue that cannot be part of it.
    """
    actor.require(ADD, "create releases")
    chosen = _chosen(module, issues)
    release = Release(
        version=version, module=chosen, category=category, created_by=str(actor), author=actor.user
    )
    for name, value in release_rules.cleaned(values).items():
        setattr(release, name, value)
    release.method = method or release_rules.first_method(release)
    if faults := {**release_rules.version_faults(version), **release_rules.shipping_faults(release)}:
        raise Invalid(faults)
    if not issues and not release.notes:
        raise Invalid({"issues": "must name at least one issue, or notes must say what the release brings"})
    release.order_key = versions.order_key(version)
    held = _held(issues, release, lock=not dry_run)
    if dry_run:
        return release
    release.save(force_insert=True)
    _hold(release, held, actor)
    data = {"category": category, "method": release.method, "issues": [str(issue) for issue in held]}
    audit.record("release.created", actor=actor, subject=release, data=data)
    return release


@transaction.atomic
def edit(
    release: Release, *, actor: Actor, revision: int | None = None, dry_run: bool = False, **values: Any
) -> Release:
    """Change its texts until it goes to production, and how it ships while it is a draft.

    Raises Invalid naming each field, Refused when it is too late or no longer the `revision` that was seen.
    """
    actor.require(CHANGE, "change releases")
    release = lock(release, revision=revision, dry_run=dry_run)
    _refuse_frozen(release)
    values = release_rules.cleaned(values)
    changed = {name: value for name, value in values.items() if getattr(release, name) != value}
    if set(changed) & set(release_rules.SHIPPING):
        _refuse_unless_draft(release)
    before = {name: getattr(release, name) for name in changed}
    for name, value in changed.items():
        setattr(release, name, value)
    if faults := release_rules.shipping_faults(release):
        raise Invalid(faults)
    if changed and not dry_run:
        save(release, *changed)
        data = {
            name: [before[name], value] if name in release_rules.SHIPPING else "changed"
            for name, value in changed.items()
        }
        audit.record("release.edited", actor=actor, subject=release, data=data)
    return release


@transaction.atomic
def add_issues(
    release: Release,
    issues: Sequence[Issue],
    *,
    actor: Actor,
    revision: int | None = None,
    dry_run: bool = False,
) -> Release:
    """Put issues into a draft. Raises Refused as `create`, and for a release that is no draft any more."""
    actor.require(CHANGE, "change releases")
    release = lock(release, revision=revision, dry_run=dry_run)
    _refuse_unless_draft(release)
    held = _held(issues, release, lock=not dry_run)
    if dry_run:
        return release
    _hold(release, held, actor)
    save(release)
    data = {"issues": [str(issue) for issue in held]}
    audit.record("release.issues_added", actor=actor, subject=release, data=data)
    return release


@transaction.atomic
def remove_issues(
    release: Release,
    issues: Sequence[Issue],
    *,
    actor: Actor,
    revision: int | None = None,
    dry_run: bool = False,
) -> Release:
    """Take issues out of a draft; another release may bring them. Raises Refused for one it does not hold."""
    actor.require(CHANGE, "change releases")
    release = lock(release, revision=revision, dry_run=dry_run)
    _refuse_unless_draft(release)
    rows = ReleaseIssue.objects.filter(release=release, issue__in=issues)
    held = set(rows.values_list("issue", flat=True))
    if missing := [str(issue) for issue in issues if issue.pk not in held]:
        raise Refused("not_in_release", f"{release} does not hold {', '.join(missing)}.")
    if dry_run:
        return release
    rows.delete()
    shipping.drop(issues, release, actor=actor)
    save(release)
    data = {"issues": [str(issue) for issue in issues]}
    audit.record("release.issues_removed", actor=actor, subject=release, data=data)
    return release


@transaction.atomic
def abandon(
    release: Release, *, actor: Actor, reason: str, revision: int | None = None, dry_run: bool = False
) -> Release:
    """Give a release up that never went to production; its issues are free for another.

    Raises Invalid without a reason, Refused while a deployment of it is planned or under way.
    """
    actor.require(CHANGE, "change releases")
    if not reason.strip():
        raise Invalid({"reason": "must say why"})
    release = lock(release, revision=revision, dry_run=dry_run)
    _refuse_frozen(release)
    if release.state == ReleaseState.ABANDONED:
        raise Refused("abandoned", f"{release} was abandoned before.")
    if going := release.deployments.filter(finished_at=None).first():
        raise Refused("deploying", f"{going} is {going.get_state_display().lower()}: cancel it first.")
    if dry_run:
        return release
    shipping.drop(list(release.issues.filter(release=release)), release, actor=actor)
    release.state = ReleaseState.ABANDONED
    save(release, "state")
    audit.record("release.abandoned", actor=actor, subject=release, reason=reason.strip())
    return release


def find(version: str) -> Release:
    """The release of this version. Raises NotFound."""
    found = Release.objects.select_related("module").filter(version=version).first()
    if found is None:
        raise NotFound(f"There is no release {version[: versions.LONGEST]}.")
    return found


def changelog_of(release: Release) -> str:
    """What the release brings: its notes, then its issues, the worst first. As it shipped, once it has."""
    if release.frozen_at:
        return release.changelog
    lines = [f"- {issue}: {issue.title}" for issue in release.issues.order_by("rank", "number")]
    return "\n\n".join(part for part in (release.notes, "\n".join(lines)) if part)


def lock(release: Release, *, revision: int | None = None, dry_run: bool = False) -> Release:
    """The release as it is now, locked unless this is a dry run. Raises Refused for another revision."""
    rows = Release.objects.all() if dry_run else Release.objects.select_for_update()
    found = rows.get(pk=release.pk)
    if revision is not None and revision != found.revision:
        raise Refused("stale", f"{found} was changed since you saw it: look at it and try again.")
    return found


def save(release: Release, *changed: str) -> None:
    """Write the columns that a verb changed, with the next revision."""
    release.revision += 1
    release.save(update_fields=[*changed, "revision"])


def _chosen(module: Module | None, issues: Sequence[Issue]) -> Module:
    """The module of a new release: the one given, or that of all its issues."""
    modules = {issue.module_id for issue in issues}
    if module is None and len(modules) == 1:
        return issues[0].module
    if module is None:
        raise Invalid({"module": "must be given unless all issues are of one module"})
    if module.part_of_id is not None:
        raise Invalid({"module": "must not be a release"})
    return module


def _held(issues: Sequence[Issue], release: Release, *, lock: bool) -> list[Issue]:
    """The issues as they are now. Raises Refused naming each that cannot be part of the release."""
    rows = Issue.objects.filter(pk__in=[issue.pk for issue in issues]).order_by("number")
    found = list(rows.select_for_update() if lock else rows)
    if refused := [reason for issue in found if (reason := _not_part_of(issue, release))]:
        raise Refused("issue", " ".join(refused))
    return found


def _not_part_of(issue: Issue, release: Release) -> str:
    if issue.module_id != release.module_id:
        return f"{issue} is of another module."
    if issue.release_id is not None:
        return f"{issue} is part of another release already." if issue.release_id != release.pk else ""
    if issue.state not in CONFIRMED_ISSUE:
        state = issue.get_state_display().lower()
        return f"{issue} is {state}: only a confirmed issue, triaged to fixed, can be part of a release."
    return ""


def _hold(release: Release, issues: Sequence[Issue], actor: Actor) -> None:
    rows = [ReleaseIssue(release=release, issue=issue) for issue in issues]
    ReleaseIssue.objects.bulk_create(rows, ignore_conflicts=True)
    shipping.plan(issues, release, actor=actor)


def _refuse_frozen(release: Release) -> None:
    if release.frozen_at is not None:
        raise Refused("frozen", f"{release} went to production: it cannot be changed any more.")


def _refuse_unless_draft(release: Release) -> None:
    _refuse_frozen(release)
    if release.state != ReleaseState.DRAFT:
        state = release.get_state_display().lower()
        raise Refused("not_a_draft", f"{release} is {state}: only a draft can change so.")
    # What is signed for must be what ships.
    if planned := release.deployments.filter(finished_at=None).first():
        raise Refused("planned", f"{planned} is planned: cancel it first, for its signatures would be void.")
