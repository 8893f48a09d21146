"""What somebody wants to announce, checked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from operations.actor import Actor
from operations.errors import Invalid
from operations.models import Channel, Window
from releases.models import Announcement, Deployment
from releases.models.announcements import LONGEST_TEXT
from rollout.models import Module, Workspace

PRODUCT, MAIL = "product", "mail"
LONGEST_TITLE = 200
LONGEST_KEY = 100
MOST_WORKSPACES = 5_000
Audience = Announcement.Audience


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An announcement as it is asked for; `channels` holds "product", "mail" and channels of the portal."""

    kind: str
    title: str
    text: str
    audience: str
    channels: Collection[str | Channel]
    module: Module | None = None
    workspaces: Collection[str] = ()
    roles: Collection[str] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    at: datetime | None = None
    deployment: Deployment | None = None
    window: Window | None = None
    key: str | None = None

    @property
    def own_channels(self) -> list[Channel]:
        """The channels of the portal among those it goes through."""
        return [channel for channel in self.channels if isinstance(channel, Channel)]

    @property
    def chosen(self) -> list[str]:
        """The ids of the workspaces that it names."""
        return sorted(set(self.workspaces)) if self.audience == Audience.WORKSPACES else []

    def of_module(self) -> Module | None:
        """The module whose workspaces it is for; where none is named, that of the deployment's release."""
        if self.audience != Audience.MODULE:
            return None
        return self.module or (self.deployment.release.module if self.deployment else None)

    def row(self, actor: Actor) -> Announcement:
        """The row that it becomes, not saved; without its workspaces and channels. Raises Invalid."""
        self.check()
        return Announcement(
            kind=self.kind,
            title=self.title.strip(),
            text=self.text.replace("\r\n", "\n").strip(),
            audience=self.audience,
            module=self.of_module(),
            in_product=PRODUCT in self.channels,
            by_mail=MAIL in self.channels,
            mail_roles=sorted(set(self.roles)),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            window=self.window,
            deployment=self.deployment,
            key=self.key,
            created_by=actor.in_full,
            due_at=self.at or timezone.now(),
        )

    def check(self) -> None:
        """Raise Invalid with every rule that this breaks."""
        faults = text_faults(self.title, self.text)
        if self.kind not in Announcement.Kind.values:
            faults["kind"] = f"must be one of {', '.join(Announcement.Kind.values)}"
        if fault := self._channels_fault():
            faults["channels"] = fault
        faults |= self._audience_faults() | times_faults(self.starts_at, self.ends_at)
        if self.key is not None and not 0 < len(self.key) <= LONGEST_KEY:
            faults["key"] = f"must have 1 to {LONGEST_KEY} characters"
        if self.window is not None and self.window.kind != Window.Kind.MAINTENANCE:
            faults["window"] = "a freeze is the team's own: users are not told of it"
        if faults:
            raise Invalid(faults)

    def _channels_fault(self) -> str:
        unknown = {each for each in self.channels if isinstance(each, str)} - {PRODUCT, MAIL}
        if unknown:
            return f"{', '.join(sorted(unknown))}: must be {PRODUCT}, {MAIL} or a channel of the portal"
        if self.roles and MAIL not in self.channels:
            return "roles are for mail: choose it as well"
        return "" if self.channels else "choose at least one"

    def _audience_faults(self) -> dict[str, str]:
        if self.audience not in Audience.values:
            return {"audience": f"must be one of {', '.join(Audience.values)}"}
        if self.audience == Audience.MODULE:
            return _module_faults(self.of_module())
        if self.audience == Audience.WORKSPACES:
            return _workspaces_faults(self.workspaces)
        return {"workspaces": "everybody is told"} if self.workspaces else {}


def text_faults(title: str, text: str) -> dict[str, str]:
    """The rules that a title and a text break, by field."""
    faults = {}
    if not 0 < len(title.strip()) <= LONGEST_TITLE or not title.strip().isprintable():
        faults["title"] = f"must be one line of 1 to {LONGEST_TITLE} characters"
    if len(text) > LONGEST_TEXT or "\0" in text:
        faults["text"] = f"must be text of at most {LONGEST_TEXT:,} characters"
    return faults


def times_faults(starts_at: datetime | None, ends_at: datetime | None) -> dict[str, str]:
    """The rule that the times break, by field."""
    if ends_at and (ends_at <= timezone.now() or (starts_at and ends_at <= starts_at)):
        return {"ends_at": "must lie after the start and in the future"}
    return {}


def _module_faults(module: Module | None) -> dict[str, str]:
    if module is None:
        return {"module": "say which module's workspaces are told"}
    if module.unit != Module.Unit.WORKSPACE:
        return {"module": f"{module} is for users: the portal keeps no workspaces that have it"}
    return {}


def _workspaces_faults(workspaces: Collection[str]) -> dict[str, str]:
    wanted = set(workspaces)
    if not 0 < len(wanted) <= MOST_WORKSPACES:
        return {"workspaces": f"name 1 to {MOST_WORKSPACES:,}"}
    missing = sorted(wanted - set(Workspace.objects.filter(pk__in=wanted).values_list("pk", flat=True)))
    if missing:
        more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        return {"workspaces": f"there is no {', '.join(missing[:10])}{more}"}
    return {}
