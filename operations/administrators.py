"""The first administrator, so that a fresh portal can be entered."""

import secrets

from django.contrib.auth.models import User
from django.db import transaction

from operations import audit
from operations.actor import Actor

USERNAME = "admin"


@transaction.atomic
def ensure(*, actor: Actor, password: str = "", dry_run: bool = False) -> str | None:
    """Make the superuser `admin` where there is none, and return the password it got; None when it exists.

    `password` is taken as it is; without one a random one is made. A dry run writes nothing.
    """
    actor.require("auth.add_user", "make an administrator")
    password = password or secrets.token_urlsafe(15)
    if dry_run:
        return None if User.objects.filter(username=USERNAME).exists() else password
    user, created = User.objects.get_or_create(
        username=USERNAME, defaults={"is_staff": True, "is_superuser": True}
    )
    if not created:
        return None
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("user.administrator_made", actor=actor, subject=user)
    return password
