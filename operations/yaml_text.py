"""YAML for people's files: the core schema of YAML 1.2, without aliases, tags and what YAML 1.1 guessed.

Here `on`, `no` and `2025-01-31` are texts, and only `true` and `false` are truth values. Pure.
"""

import re
from typing import Any

import yaml

from operations.errors import Invalid

LONGEST = 1_000_000
DEEPEST = 40

_BASE = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_TAG = "tag:yaml.org,2002:"
_FLOAT = re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")
_RESOLVED = {
    "null": (re.compile(r"^(?:null|~|)$"), ["n", "~", ""]),
    "bool": (re.compile(r"^(?:true|false)$"), ["t", "f"]),
    # Longer ones no number of ours can be; they stay texts.
    "int": (re.compile(r"^(?:0|[-+]?[1-9][0-9]{0,29})$"), list("-+0123456789")),
    "float": (_FLOAT, list("-+.0123456789")),
}


class _Loader(_BASE):  # type: ignore[valid-type, misc]
    """Builds texts, numbers, truth values, lists and mappings, and nothing else."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for place, _ in node.value:
            key = self.construct_object(place, deep=True)
            if not isinstance(key, str) or key in seen:
                fault = f"{key!r} stands here twice" if isinstance(key, str) else "a key must be a text"
                raise yaml.constructor.ConstructorError(None, None, fault, place.start_mark)
            seen.add(key)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads as it was: texts that look like something else are quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    plain = bool(data) and not any(isinstance(each, dict | list) for each in data)
    return dumper.represent_sequence(f"{_TAG}seq", data, flow_style=plain)


def _represent_text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    style = "|" if "\n" in data else None
    if not data.replace("\n", "").isprintable():
        # Escaped: readers take some of these for ends of lines.
        style = '"'
    return dumper.represent_scalar(f"{_TAG}str", data, style=style)


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(str, _represent_text)
for _name, (_pattern, _first) in _RESOLVED.items():
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, _first)
    _Dumper.add_implicit_resolver(_TAG + _name, _pattern, _first)


def write(document: Any) -> str:
    """A document of JSON values as text, its keys in the order they stand."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )


def read(text: str) -> Any:
    """The JSON values of one document. Raises Invalid with the line of whatever is not taken."""
    if len(text.encode(errors="replace")) > LONGEST:
        raise Invalid({"file": f"must have at most {LONGEST:,} bytes"})
    try:
        _check_events(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with less in it
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise Invalid({"file": f"{place}{error.problem or 'is not YAML'}"}) from None
    except (yaml.YAMLError, ValueError) as error:
        raise Invalid({"file": f"is not YAML: {str(error).splitlines()[0]}"}) from None


def _check_events(text: str) -> None:
    """Refuse, before anything is built: aliases and deep nesting, which make a small file large, and tags."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        fault = ""
        if getattr(event, "anchor", None):
            fault = "anchors and aliases are not taken"
        elif getattr(event, "tag", None):
            fault = "tags are not taken"
        elif depth > DEEPEST:
            fault = f"is nested more than {DEEPEST} deep"
        if fault:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise Invalid({"file": f"line {line}: {fault}"})
