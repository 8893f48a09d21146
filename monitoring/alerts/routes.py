"""Routes: which alerts go to which channel; and who would hear of one."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from monitoring import levels as all_levels
from monitoring.alerts.announcing.receivers import Directory
from monitoring.models import Route
from operations import audit, channels
from operations.actor import Actor
from operations.channels import Note
from operations.errors import Invalid, Refused
from operations.models import Channel, OutboxMessage
from rollout.models import Module
from rollout.rules.values import is_line

LONGEST_NAME = 100
CHANGEABLE = ("name", "channel", "levels", "module", "tells_resolved", "enabled")
# Of these, somebody must hear.
MUST_BE_HEARD = all_levels.at_least(all_levels.ERROR)


class Gap(NamedTuple):
    """Alerts that nobody would be told of; without a module: those that belong to none."""

    level: str
    module: Module | None


@transaction.atomic
def add(
    *,
    actor: Actor,
    name: str,
    channel: Channel,
    levels: Collection[str],
    module: Module | None = None,
    tells_resolved: bool = True,
) -> Route:
    """Let alerts of these levels, of one module or of all, go to a channel. Raises Invalid."""
    actor.require("monitoring.add_route", "add routes")
    route = Route(tells_resolved=tells_resolved)
    values = {"name": name, "channel": channel, "levels": levels, "module": module}
    _save(route, values)
    audit.record("route.added", actor=actor, subject=route, data=_told(route))
    return route


@transaction.atomic
def change(route: Route, *, actor: Actor, **values: Any) -> Route:
    """Change a route's name, channel, levels, module, tells_resolved or enabled.

    Raises Invalid, and Refused for one that was removed.
    """
    actor.require("monitoring.change_route", "change routes")
    route = _locked(route)
    before = _told(route)
    _save(route, values)
    if (after := _told(route)) != before:
        audit.record("route.changed", actor=actor, subject=route, data={"before": before, "after": after})
    return route


@transaction.atomic
def remove(route: Route, *, actor: Actor) -> None:
    """Remove a route for good. Raises Refused for one that was removed before."""
    actor.require("monitoring.delete_route", "remove routes")
    route = _locked(route)
    audit.record("route.removed", actor=actor, subject=route, data=_told(route))
    route.delete()


@transaction.atomic
def test(route: Route, *, actor: Actor) -> OutboxMessage:
    """Send a message, marked as a test, the way this route's alerts go. Raises Refused where none would."""
    actor.require("operations.test_channel", "send test messages")
    route = _locked(route)
    if route.channel.disabled_at is not None:
        why = f"The channel {route.channel} is disabled: {route.channel.disabled_why}"
        raise Refused("disabled", why)
    which = f"{', '.join(route.levels)} alerts of {route.module or 'all modules'}"
    note = Note(
        subject=f"[TEST] Alerts of the route {route.name}",
        text=f"A test, sent by {actor}: nothing is wrong.\n\nThe route {route.name} brings {which} here.",
        event="alert.test",
        data={"test": True, "route": route.name, "levels": route.levels},
    )
    message = channels.send(route.channel, note)
    audit.record("route.tested", actor=actor, subject=route, data={"message": str(message.pk)})
    return message


def told_of(level: str, module: Module | None) -> list[str]:
    """The names of those who would be told at once that such an alert fired."""
    directory = Directory.read()
    first = all_levels.LEVELS[level].starts_at
    receivers = (
        *directory.by_routes(level, module.pk if module else None),
        *directory.by_contacts(first, level),
    )
    return list(dict.fromkeys(receiver.name for receiver in receivers))


def gaps() -> list[Gap]:
    """The critical and error alerts that nobody would be told of; two queries where there are none."""
    directory = Directory.read()
    # Whoever is told of the alerts of no module is told of those of each.
    if all(_somebody_hears(directory, level, None) for level in MUST_BE_HEARD):
        return []
    modules: list[Module | None] = [*Module.objects.whole(), None]
    return [
        Gap(level, module)
        for level in MUST_BE_HEARD
        for module in modules
        if not _somebody_hears(directory, level, module)
    ]


def _somebody_hears(directory: Directory, level: str, module: Module | None) -> bool:
    pk = module.pk if module else None
    return bool(
        directory.by_routes(level, pk) or directory.by_contacts(all_levels.LEVELS[level].starts_at, level)
    )


def _save(route: Route, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"a route has no {', '.join(sorted(unknown))}")
    cleaned = dict(values)
    if "name" in cleaned:
        cleaned["name"] = str(cleaned["name"]).strip()
    if faults := _faults(route, cleaned):
        raise Invalid(faults)
    if "levels" in cleaned:
        cleaned["levels"] = [level for level in all_levels.ORDER if level in cleaned["levels"]]
    for field, value in cleaned.items():
        setattr(route, field, value)
    try:
        with transaction.atomic():
            route.save()
    except IntegrityError:
        # Somebody else took the name since it was looked for.
        raise Invalid({"name": "there is a route of this name already"}) from None


def _faults(route: Route, values: Mapping[str, Any]) -> dict[str, str]:
    faults = {}
    if "name" in values:
        if not is_line(values["name"], LONGEST_NAME):
            faults["name"] = f"must have 1 to {LONGEST_NAME} printable characters"
        elif Route.objects.filter(name=values["name"]).exclude(pk=route.pk).exists():
            faults["name"] = "there is a route of this name already"
    if "levels" in values and (not values["levels"] or set(values["levels"]) - set(all_levels.ORDER)):
        faults["levels"] = f"must be one or more of {', '.join(all_levels.ORDER)}"
    if fault := _channel_fault(route, values):
        faults["channel"] = fault
    return faults


def _channel_fault(route: Route, values: Mapping[str, Any]) -> str:
    """A route may keep a channel that was disabled since, but it does not begin with one."""
    if "channel" in values:
        channel = values["channel"]
    elif values.get("enabled") and not route.enabled:
        channel = route.channel
    else:
        return ""
    found = Channel.objects.filter(pk=channel.pk).first() if channel else None
    if found is None:
        return "must be a channel"
    return f"the channel {found} is disabled: enable it first" if found.disabled_at else ""


def _locked(route: Route) -> Route:
    # Nothing joined: after waiting, PostgreSQL gives what is joined as it was before.
    current = Route.objects.select_for_update().filter(pk=route.pk).first()
    if current is None:
        raise Refused("gone", f"The route {route} was removed before.")
    return current


def _told(route: Route) -> dict[str, Any]:
    return {
        "name": route.name,
        "channel": route.channel.name,
        "levels": route.levels,
        "module": route.module.key if route.module else None,
        "tellsResolved": route.tells_resolved,
        "enabled": route.enabled,
    }
