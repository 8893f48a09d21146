"""What happened to a flag or a segment, in words."""

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
        case "segment.saved":
            before, after = data["before"], data["after"]
            return ", ".join(name for name, value in after.items() if before.get(name) != value)
    return timeline.details(event)


def _named(kind: str, names: list[str]) -> str:
    if not names:
        return f"no {kind}s"
    return f"{len(names)} {kind}{'' if len(names) == 1 else 's'}: {', '.join(names)}"
