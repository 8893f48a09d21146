"""What a condition can ask of one attribute: each operator reads its values once and makes a quick test.

A test takes whatever JSON value the product sent and never raises: one that does not fit is not met.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from operator import eq, ge, gt, lt
from typing import Any

import re2
from semver import Version

Test = Callable[[Any], bool]

# Longer texts meet no condition: what a request costs must not hang on what somebody put into it.
LONGEST_TEXT = 10_000
LONGEST_PATTERN = 200
# A compiled pattern may use this much memory, in bytes.
PATTERN_MEMORY = 1 << 20
LONGEST_NUMBER = 40
LONGEST_VERSION = 100

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
# Beyond this a float no longer holds every whole number.
_EXACT = 2**53


@dataclass(frozen=True)
class Operator:
    """What people read of an operator, whether it takes several values, and how it reads them.

    `make` raises ValueError with the rule that a value breaks.
    """

    label: str
    values: str
    several: bool
    make: Callable[[Sequence[str]], Test]


def text_of(value: Any) -> str | None:
    """A scalar as the text that conditions compare: True is "true", 5.0 is "5". None for anything else."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 1 << 64 else None
    if isinstance(value, float) and isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) <= _EXACT else repr(value)
    return None


def number_of(value: Any) -> float | None:
    """A number, or a text that is one; True and False are none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        if len(value) > LONGEST_NUMBER or not _NUMBER.fullmatch(value):
            return None
        value = int(value) if value.lstrip("+-").isdigit() else float(value)
    return value if isinstance(value, int | float) and isfinite(value) else None


def moment_of(value: Any) -> float | None:
    """Seconds since 1970 of an ISO 8601 text (UTC where it has no zone), or of a number of such seconds."""
    if not isinstance(value, str):
        return number_of(value)
    if len(value) > LONGEST_NUMBER:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - datetime.fromtimestamp(0, UTC)).total_seconds()


def version_of(value: Any) -> Version | None:
    """A semantic version; "v1.2" is 1.2.0."""
    if not isinstance(value, str) or len(value) > LONGEST_VERSION:
        return None
    try:
        return Version.parse(value.removeprefix("v"), optional_minor_and_patch=True)
    except ValueError:
        return None


def _is_one_of(values: Sequence[str]) -> Test:
    wanted = frozenset(values)
    return lambda value: text_of(value) in wanted


def _contains(values: Sequence[str]) -> Test:
    wanted = tuple(values)

    def test(value: Any) -> bool:
        if isinstance(value, list):
            return any(text_of(element) in wanted for element in value[:LONGEST_TEXT])
        text = text_of(value)
        return text is not None and any(part in text for part in wanted)

    return test


def _starts_with(values: Sequence[str]) -> Test:
    wanted = tuple(values)
    return lambda value: (text := text_of(value)) is not None and text.startswith(wanted)


def _ends_with(values: Sequence[str]) -> Test:
    wanted = tuple(values)
    return lambda value: (text := text_of(value)) is not None and text.endswith(wanted)


def _matches(values: Sequence[str]) -> Test:
    if len(values[0]) > LONGEST_PATTERN:
        raise ValueError(f"must be a regular expression of at most {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY
    try:
        search = re2.compile(values[0], options).search
    except re2.error as error:
        fault = error.args[0].decode(errors="replace") if error.args else "not understood"
        raise ValueError(f"is no regular expression of RE2: {fault}") from None

    def test(value: Any) -> bool:
        text = text_of(value)
        try:
            return text is not None and search(text) is not None
        except UnicodeEncodeError:
            # JSON can spell half a surrogate pair, which no encoding has.
            return False

    return test


def _comparing(
    read: Callable[[Any], Any], rule: str, compare: Callable[[Any, Any], bool]
) -> Callable[[Sequence[str]], Test]:
    def make(values: Sequence[str]) -> Test:
        wanted = read(values[0])
        if wanted is None:
            raise ValueError(rule)
        return lambda value: (found := read(value)) is not None and compare(found, wanted)

    return make


_A_NUMBER = "must be a number, such as 18 or 2.5"
_A_MOMENT = "must be a date or time, such as 2025-01-31 or 2025-01-31T18:00Z"
_A_VERSION = "must be a version, such as 2.4.1"

OPERATORS: dict[str, Operator] = {
    "equals": Operator("is", "one or more texts, one of which it is", True, _is_one_of),
    "in": Operator("is one of", "a list of texts, one of which it is", True, _is_one_of),
    "contains": Operator(
        "contains", "texts, one of which is a part of it, or an element where it is a list", True, _contains
    ),
    "starts_with": Operator("starts with", "texts, one of which it begins with", True, _starts_with),
    "ends_with": Operator("ends with", "texts, one of which it ends with", True, _ends_with),
    "matches": Operator(
        "matches",
        "one regular expression (RE2), found anywhere in it unless ^ and $ say otherwise",
        False,
        _matches,
    ),
    "greater": Operator("is greater than", "one number", False, _comparing(number_of, _A_NUMBER, gt)),
    "less": Operator("is less than", "one number", False, _comparing(number_of, _A_NUMBER, lt)),
    "before": Operator(
        "is before",
        "one date or time; without a zone it is UTC",
        False,
        _comparing(moment_of, _A_MOMENT, lt),
    ),
    "after": Operator(
        "is after",
        "one date or time; without a zone it is UTC",
        False,
        _comparing(moment_of, _A_MOMENT, gt),
    ),
    "version_at_least": Operator(
        "is version … or newer",
        "one version (SemVer)",
        False,
        _comparing(version_of, _A_VERSION, ge),
    ),
    "version_below": Operator(
        "is older than version",
        "one version (SemVer)",
        False,
        _comparing(version_of, _A_VERSION, lt),
    ),
    "version_equals": Operator(
        "is version", "one version (SemVer)", False, _comparing(version_of, _A_VERSION, eq)
    ),
}
