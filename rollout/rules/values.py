"""Which JSON values the variants of a flag may have. Pure."""

import json
from typing import Any

BOOLEAN = "boolean"
# What a boolean flag answers; of any other flag "off" is the variant where it is off.
ON, OFF = "on", "off"
LARGEST_BYTES = 10_000
# JavaScript and others hold whole numbers exactly up to here, and PostgreSQL makes those of larger floats.
LARGEST_NUMBER = 2**53
DEEPEST = 20

_RULES = {
    "string": "must be a text",
    "integer": "must be a whole number",
    "float": "must be a number",
    "object": "must be an object",
}


def fault_of(value_type: str, value: Any) -> str:
    """The rule that a variant's value breaks in a flag of this type, "" for none."""
    if not _fits(value_type, value):
        return _RULES[value_type]
    if fault := _fault_within(value):
        return fault
    if len(json.dumps(value, ensure_ascii=False).encode()) > LARGEST_BYTES:
        return f"must have at most {LARGEST_BYTES:,} bytes as JSON"
    return ""


def canonical(value_type: str, value: Any) -> Any:
    """A value as it is stored and answered: a decimal number is one even where it is whole."""
    return float(value) if value_type == "float" else value


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; to Python alone 1, 1.0 and True are."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def is_whole(number: object, least: int, most: int) -> bool:
    """Whether this is a whole number from `least` to `most`."""
    return isinstance(number, int) and not isinstance(number, bool) and least <= number <= most


def is_line(text: object, longest: int) -> bool:
    """Whether this is a text of 1 to `longest` printable characters."""
    return isinstance(text, str) and 0 < len(text) <= longest and text.isprintable()


def storable(text: str) -> bool:
    """Whether every database takes this text: PostgreSQL takes no NUL, and none half a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _fits(value_type: str, value: Any) -> bool:
    if value_type == "string":
        return isinstance(value, str)
    if value_type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if value_type == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, dict)


def _fault_within(value: Any) -> str:
    """The first fault of a value or of what it holds; walked without recursion, however deep it is."""
    waiting = [(value, 0)]
    while waiting:
        found, depth = waiting.pop()
        if depth > DEEPEST:
            return f"must be nested at most {DEEPEST} deep"
        if fault := _fault_of_one(found):
            return fault
        if isinstance(found, dict):
            waiting += [(each, depth + 1) for pair in found.items() for each in pair]
            if not all(isinstance(key, str) for key in found):
                return "must have texts for keys"
        elif isinstance(found, list):
            waiting += [(each, depth + 1) for each in found]
    return ""


def _fault_of_one(value: Any) -> str:
    if isinstance(value, str):
        return "" if storable(value) else "must have no NUL and no half characters"
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, int | float):
        return "" if abs(value) <= LARGEST_NUMBER else "must have numbers within ±2^53"
    return "must be JSON"
