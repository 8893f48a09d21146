"""What happened to a flag or a segment, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime

from operations.doors import timeline
from operations.models import AuditEvent


def of_event(event: AuditEvent) -> str:
    """An event in one line: of rules and variants what stands now, of others their facts."""
    data = event.data
    match event.action:
        case "flag.rules_set":
            return _named(
                "rule", [f"{number}. {rule['name']}" for number, rule in enumerate(data["after"], 1)]
            )
        case "flag.variants_set":
            return _named("variant", [f"{each['key']} (weight {each['weight']})" for each in data["after"]])
        case "flag.prerequisite_set":
            after = data["after"]
            variant = after["prerequisite_variant"]
            return f"{after['prerequisite'] or 'no other flag'}{f', variant {variant}' if variant else ''}"
        case "flag.scheduled" | "flag.phases_set":
            return "; ".join(_change(name, data) for name in data["after"] if _changed(name, data))
        case "flag.created":
            return str(data["after"]["name"])
        case "segment.saved":
            before, after = data["before"], data["after"]
            return ", ".join(name for name, value in after.items() if before.get(name) != value)
    return timeline.details(event)


def _named(kind: str, names: list[str]) -> str:
    if not names:
        return f"no {kind}s"
    return f"{len(names)} {kind}{'' if len(names) == 1 else 's'}: {', '.join(names)}"


def _changed(name: str, data: Mapping[str, Any]) -> bool:
    return bool(data["before"][name] != data["after"][name])


def _change(name: str, data: Mapping[str, Any]) -> str:
    before, after = (_spelled(data[side][name]) for side in ("before", "after"))
    return f"{name.replace('_', ' ')}: {before} → {after}"


def _spelled(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str) and (at := parse_datetime(value)) is not None:
        return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")
    return str(value)
