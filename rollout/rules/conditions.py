"""Conditions on what the product tells in a request: read from JSON with every fault named, made into a test.

Groups are a list, all of which must hold: `{"match": "all" | "any" | "none", "conditions": [...]}`, where a
condition is `{"attribute": "country", "operator": "in", "values": ["GB", "IE"]}` or `{"segment": "pilot"}`.
No groups at all hold for everybody.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.errors import Invalid
from rollout.rules.operators import OPERATORS, Test
from rollout.rules.values import is_line

Matcher = Callable[[Mapping[str, Any]], bool]

MATCHES = {"all": "all of these hold", "any": "one of these holds", "none": "none of these holds"}
MOST_GROUPS = 20
MOST_CONDITIONS = 50
MOST_VALUES = 1_000
LONGEST_VALUE = 1_000
LONGEST_ATTRIBUTE = 100


@dataclass(frozen=True)
class Condition:
    """What one attribute must be; or, where `segment` is given, which segment the unit must belong to."""

    attribute: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()
    segment: str = ""


@dataclass(frozen=True)
class Group:
    """Conditions of which all, any or none must hold."""

    match: str
    conditions: tuple[Condition, ...]


def parse(groups: Any, *, segments: Collection[str], path: str = "groups") -> tuple[Group, ...]:
    """Read groups from JSON. Raises Invalid with every fault, such as "groups[0].conditions[1].values"."""
    faults: dict[str, str] = {}
    found = tuple(_groups(groups, path, segments, faults))
    if faults:
        raise Invalid(faults)
    return found


def segments_named(groups: Any) -> list[str]:
    """The keys of the segments that JSON groups name, as often as they do; the groups may be faulty."""
    found = []
    for group in groups if isinstance(groups, list) else []:
        conditions = group.get("conditions") if isinstance(group, dict) else None
        for condition in conditions if isinstance(conditions, list) else []:
            segment = condition.get("segment") if isinstance(condition, dict) else None
            if isinstance(segment, str):
                found.append(segment)
    return found


def compiled(groups: Sequence[Group], segments: Mapping[str, Matcher]) -> Matcher:
    """A quick test of a request's context, which never raises whatever JSON stands in it.

    A segment that `segments` lacks has no members.
    """
    tests = [_group(group, segments) for group in groups]
    if len(tests) == 1:
        return tests[0]
    return _all(tests)


def _groups(groups: Any, path: str, segments: Collection[str], faults: dict[str, str]) -> Iterator[Group]:
    if not isinstance(groups, list) or len(groups) > MOST_GROUPS:
        faults[path] = f"must be a list of at most {MOST_GROUPS} groups"
        return
    for index, given in enumerate(groups):
        at = f"{path}[{index}]"
        if not isinstance(given, dict) or set(given) != {"match", "conditions"}:
            faults[at] = "must be an object of match and conditions"
            continue
        match, conditions = given["match"], given["conditions"]
        if not isinstance(match, str) or match not in MATCHES:
            faults[f"{at}.match"] = f"must be one of {', '.join(MATCHES)}"
        if not isinstance(conditions, list) or not 0 < len(conditions) <= MOST_CONDITIONS:
            faults[f"{at}.conditions"] = f"must be a list of 1 to {MOST_CONDITIONS} conditions"
            continue
        read = [
            _condition(condition, f"{at}.conditions[{number}]", segments, faults)
            for number, condition in enumerate(conditions)
        ]
        yield Group(str(match), tuple(read))


def _condition(given: Any, at: str, segments: Collection[str], faults: dict[str, str]) -> Condition:
    if isinstance(given, dict) and set(given) == {"segment"}:
        segment = given["segment"]
        if not isinstance(segment, str) or segment not in segments:
            faults[f"{at}.segment"] = f"there is no segment {str(segment)[:60]!r}"
        return Condition(segment=str(segment))
    if not isinstance(given, dict) or set(given) != {"attribute", "operator", "values"}:
        faults[at] = "must be an object of attribute, operator and values, or of segment alone"
        return Condition()
    attribute, operator, values = given["attribute"], given["operator"], given["values"]
    if not is_line(attribute, LONGEST_ATTRIBUTE):
        faults[f"{at}.attribute"] = f"must be a name of 1 to {LONGEST_ATTRIBUTE} printable characters"
    if not isinstance(operator, str) or operator not in OPERATORS:
        faults[f"{at}.operator"] = f"must be one of {', '.join(OPERATORS)}"
    elif fault := _fault_of_values(operator, values):
        faults[f"{at}.values"] = fault
    else:
        return Condition(str(attribute), operator, tuple(values))
    return Condition()


def _fault_of_values(operator: str, values: Any) -> str:
    kind = OPERATORS[operator]
    most = MOST_VALUES if kind.several else 1
    if not isinstance(values, list) or not 0 < len(values) <= most:
        return f"enter 1 to {most:,} values" if kind.several else "enter one value"
    for value in values:
        if not is_line(value, LONGEST_VALUE):
            return f"each must be a text of 1 to {LONGEST_VALUE:,} printable characters"
    try:
        kind.make(values)
    except ValueError as error:
        return str(error)
    return ""


def _group(group: Group, segments: Mapping[str, Matcher]) -> Matcher:
    tests = [_test(condition, segments) for condition in group.conditions]
    if group.match == "all":
        return tests[0] if len(tests) == 1 else _all(tests)
    if group.match == "any":
        return tests[0] if len(tests) == 1 else _any(tests)
    held = _any(tests)
    return lambda context: not held(context)


def _all(tests: Sequence[Matcher]) -> Matcher:
    def matcher(context: Mapping[str, Any]) -> bool:
        for test in tests:  # noqa: SIM110 - all() with a generator takes twice the time
            if not test(context):
                return False
        return True

    return matcher


def _any(tests: Sequence[Matcher]) -> Matcher:
    def matcher(context: Mapping[str, Any]) -> bool:
        for test in tests:  # noqa: SIM110
            if test(context):
                return True
        return False

    return matcher


def _test(condition: Condition, segments: Mapping[str, Matcher]) -> Matcher:
    if condition.segment:
        return segments.get(condition.segment, _nobody)
    test = OPERATORS[condition.operator].make(condition.values)
    name = condition.attribute
    if "." in name:
        return _nested(name, test)

    def matcher(context: Mapping[str, Any]) -> bool:
        value = context.get(name)
        return value is not None and test(value)

    return matcher


def _nested(name: str, test: Test) -> Matcher:
    """The attribute of this very name; else the dots lead into the objects of the context."""
    first, *steps = name.split(".")

    def matcher(context: Mapping[str, Any]) -> bool:
        if name in context:
            return context[name] is not None and test(context[name])
        value = context.get(first)
        for step in steps:
            if not isinstance(value, dict):
                return False
            value = value.get(step)
        return value is not None and test(value)

    return matcher


def _nobody(context: Mapping[str, Any]) -> bool:
    return False
