"""Who acts, and through which door."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from operations.errors import Forbidden

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Door(StrEnum):
    """The four ways into an operation."""

    ADMIN = "admin"
    COMMAND = "command"
    API = "api"
    BEAT = "beat"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """One acting person, key or job.

    `label` names them (a username, the name of an API key, a job); `on_behalf_of` is a free label from
    the command line that stands in the trail and permits nothing. A person may what their groups permit;
    anybody else may what the door grants: `grants` lists permissions as "app.codename", and None means
    all of them (whoever has a shell on the server owns its database anyway).
    """

    door: Door
    label: str
    user: "User | None" = None
    on_behalf_of: str = ""
    grants: frozenset[str] | None = field(default=frozenset())

    def may(self, permission: str) -> bool:
        """Whether this actor holds `permission` ("app.codename")."""
        if self.user is not None:
            return self.user.has_perm(permission)
        return self.grants is None or permission in self.grants

    def require(self, permission: str, to_do: str) -> None:
        """Raise Forbidden unless this actor holds `permission`; `to_do` completes "is not permitted to"."""
        if not self.may(permission):
            raise Forbidden(f"{self} is not permitted to {to_do} (permission {permission}).")

    @property
    def in_full(self) -> str:
        """The door and its name, and for whom it acts: behind a message's link, that is who matters.

        In 200 characters at most, as histories keep it.
        """
        return (f"{self} ({self.on_behalf_of})" if self.on_behalf_of else str(self))[:200]

    def __str__(self) -> str:
        return f"{self.door}:{self.label}"
