"""A flag's definition as data, without what is random or momentary in it."""

from typing import Any

from rollout.models import Flag, Rule, Variant


def of_flag(flag: Flag) -> dict[str, Any]:
    """What a flag is, beside its variants and rules."""
    return {
        "key": flag.key,
        "name": flag.name,
        "value_type": flag.value_type,
        "description": flag.description,
        "owner": flag.owner,
        "expires_on": flag.expires_on,
        "from_phase": flag.from_phase,
        "selected_from_phase": flag.selected_from_phase,
        **needs(flag),
    }


def needs(flag: Flag) -> dict[str, str]:
    """The flag that a flag needs, and the variant of it."""
    return {
        "prerequisite": flag.prerequisite.key if flag.prerequisite else "",
        "prerequisite_variant": flag.prerequisite_variant,
    }


def variants(flag: Flag) -> list[dict[str, Any]]:
    """A flag's variants in their order."""
    return [variant(row) for row in flag.variants.order_by("position")]


def variant(row: Variant) -> dict[str, Any]:
    """A variant."""
    return {"key": row.key, "value": row.value, "weight": row.weight}


def rules(flag: Flag) -> list[dict[str, Any]]:
    """A flag's rules in their order."""
    return [rule(row) for row in flag.rules.order_by("position")]


def rule(row: Rule) -> dict[str, Any]:
    """A rule, without its salt."""
    return {"name": row.name, "groups": row.groups, "serve": row.serve, "share": row.share}
