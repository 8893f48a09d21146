"""The verbs on the people who sign in: who they are and what they may do."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from operations import audit
from operations.actor import Actor
from operations.errors import Forbidden

# What decides over everything else; only who has it gives it.
SUPERUSER_FIELDS = frozenset({"is_superuser", "user_permissions"})
# Said in the trail with their values; of the other fields only the names.
SAID = ("is_active", "is_staff", "is_superuser")


@transaction.atomic
def add(user: User, *, actor: Actor) -> User:
    """Store a new person, whose password is set on the unsaved row; staff, as everybody who signs in."""
    actor.require("auth.add_user", "add users")
    user.is_staff = True
    user.is_superuser = False
    user.save()
    audit.record("user.added", actor=actor, subject=user)
    return user


@transaction.atomic
def change(
    user: User,
    changed: Sequence[str],
    *,
    actor: Actor,
    groups: Collection[Group] | None = None,
    permissions: Collection[Permission] | None = None,
) -> User:
    """Store the fields named in `changed`; `groups` and `permissions` replace what the person had.

    Raises Forbidden for who is no superuser and touches one, or would make one.
    """
    actor.require("auth.change_user", "change users")
    check_rank(user, actor)
    if SUPERUSER_FIELDS & set(changed) and not _is_superuser(actor):
        raise Forbidden("Only a superuser makes superusers and gives single permissions.")
    columns = [name for name in changed if name not in ("groups", "user_permissions")]
    if columns:
        user.save(update_fields=columns)
    data: dict[str, Any] = {"changed": sorted(changed)}
    data |= {name: getattr(user, name) for name in SAID if name in changed}
    if groups is not None and "groups" in changed:
        user.groups.set(groups)
        data["groups"] = sorted(group.name for group in groups)
    if permissions is not None and "user_permissions" in changed:
        user.user_permissions.set(permissions)
        data["permissions"] = sorted(permission.codename for permission in permissions)
    if changed:
        audit.record("user.changed", actor=actor, subject=user, data=data)
    return user


@transaction.atomic
def password_changed(user: User, *, actor: Actor) -> None:
    """Record that a password was set, in the transaction that sets it. Raises Forbidden as `change`."""
    if actor.user is None or actor.user.pk != user.pk:
        actor.require("auth.change_user", "set passwords")
        check_rank(user, actor)
    audit.record("user.password_set", actor=actor, subject=user)


def check_rank(user: User, actor: Actor) -> None:
    """Raise Forbidden for who would change a superuser and is none: a password is as good as the rank."""
    stored = User.objects.filter(pk=user.pk).values_list("is_superuser", flat=True).first()
    if stored and not _is_superuser(actor):
        raise Forbidden("Only a superuser changes a superuser.")


def _is_superuser(actor: Actor) -> bool:
    return actor.grants is None or (actor.user is not None and actor.user.is_superuser)
