"""Objects as lines of `name = value`, for people who do not write JSON."""

import csv
import json
from collections.abc import Iterable, Mapping
from typing import Any

MOST_LINES = 200


def read(text: str) -> dict[str, Any]:
    """The object that lines of `name = value`, or a JSON object, stand for.

    A value is read as JSON where it is a number, true, false, null, a quoted text, a list or an object, and
    else as the text it is. Raises ValueError that names the line.
    """
    if text.lstrip().startswith("{"):
        return _object(text)
    found: dict[str, Any] = {}
    # Not `splitlines`: JSON keeps some of the characters that it splits at.
    lines = [line.strip() for line in text.split("\n")]
    if len(lines) > MOST_LINES:
        raise ValueError(f"has more than {MOST_LINES} lines")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            raise ValueError(f"line {number}: write it as name = value")
        if name in found:
            raise ValueError(f"line {number}: {name} stands here twice")
        found[name] = scalar(value)
    return found


def scalar(text: str) -> Any:
    """A value as JSON where it is that, else the text itself."""
    try:
        return _json(text)
    except ValueError:
        return text


def spelled(found: Mapping[str, Any]) -> str:
    """The lines that `read` makes the same object of."""
    if not found or any(_needs_json(name) for name in found):
        return json.dumps(found, ensure_ascii=False, indent=2)
    return "\n".join(f"{name} = {_value(value)}" for name, value in found.items())


def value_in_text(value: Any) -> str:
    """A flag's value as a person reads and enters it."""
    return spelled(value) if isinstance(value, dict) else str(value)


def values_of(text: str) -> list[str]:
    """The values that were entered one a line or separated by commas; one in quotes keeps its commas."""
    lines = csv.reader(text.splitlines(), skipinitialspace=True)
    try:
        return [value.strip() for line in lines for value in line if value.strip()]
    except csv.Error:
        # Longer than any value may be, which the verbs say.
        return [text]


def spelled_values(values: Iterable[str]) -> str:
    """One value a line, as `values_of` reads them."""
    return "\n".join(_quoted(value) for value in values)


def _object(text: str) -> dict[str, Any]:
    try:
        found = _json(text)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("must be an object")  # what was typed is wrong, not the program
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _needs_json(name: str) -> bool:
    return not name.isprintable() or not name or name != name.strip() or any(sign in name for sign in "={")


def _value(value: Any) -> str:
    if isinstance(value, str) and value == value.strip() and value.isprintable() and scalar(value) is value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _quoted(value: str) -> str:
    if any(sign in value for sign in ',"'):
        return '"' + value.replace('"', '""') + '"'
    return value
