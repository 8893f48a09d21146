"""Reading one mapping of a template field by field; each fault names the place and the rule."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from operations import yaml_text
from operations.errors import Invalid
from releases.template_text.durations import duration
from releases.template_text.faults import BadTemplate

LONGEST = 100_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
KEY_RULE = "must be 1 to 50 of a-z, 0-9 and _, beginning with a letter"


def document(text: str, known: Collection[str]) -> "Fields":
    """The mapping that the text holds: one YAML document without anchors and tags, no key twice."""
    if len(text) > LONGEST:
        raise BadTemplate(f"The text must have at most {LONGEST:,} characters.")
    try:
        found = yaml_text.read(text)
    except Invalid as error:
        raise BadTemplate(error.fields["file"]) from None
    return Fields(found, "the template", known)


class Fields:
    """One mapping at `place`, of which only the `known` fields may stand."""

    def __init__(self, found: Any, place: str, known: Collection[str]) -> None:
        self.place = place
        if not isinstance(found, Mapping):
            raise self.fault(f"must be a mapping of {', '.join(known)}")
        if isinstance(found.get("key"), str):
            self.place = f"{place} ({found['key'][:50]})"
        if unknown := sorted(set(found) - set(known)):
            raise self.fault(f"has no field {unknown[0]!r}; it takes {', '.join(known)}")
        self._found = found

    def fault(self, rule: str, field: str = "") -> BadTemplate:
        return BadTemplate(f"{self.place}: {field} {rule}" if field else f"{self.place}: {rule}")

    def has(self, field: str) -> bool:
        return field in self._found

    def raw(self, field: str) -> Any:
        return self._found.get(field)

    def text(self, field: str, longest: int, *, needed: bool = False, lines: bool = False) -> str:
        """A text, trimmed; "" where it may be missing. One line, unless it may have several."""
        if not self.has(field) and not needed:
            return ""
        found = self.raw(field)
        if found is None or found == "":
            raise self.fault("is missing", field)
        if not isinstance(found, str):
            raise self.fault("must be a text: put it in quotes", field)
        found = found.strip()
        if not 0 < len(found) <= longest:
            raise self.fault(f"must have 1 to {longest} characters", field)
        if not (found.replace("\n", "") if lines else found).isprintable():
            raise self.fault("must be plain text" + ("" if lines else " in one line"), field)
        return found

    def key(self) -> str:
        found = self.text("key", 1_000, needed=True)
        if not _KEY.fullmatch(found):
            raise self.fault(KEY_RULE, "key")
        return found

    def choice(self, field: str, choices: Collection[str], *, needed: bool = True) -> str:
        if not self.has(field) and not needed:
            return ""
        found = self.raw(field)
        if not isinstance(found, str) or found not in choices:
            raise self.fault(f"must be one of {', '.join(choices)}", field)
        return found

    def flag(self, field: str) -> bool:
        found = self._found.get(field, False)
        if not isinstance(found, bool):
            raise self.fault("must be true or false", field)
        return found

    def number(self, field: str, least: int, most: int, default: int) -> int:
        found = self._found.get(field, default)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise self.fault(f"must be a whole number from {least} to {most}", field)
        return found

    def duration(self, field: str, *, needed: bool = False) -> timedelta | None:
        if not self.has(field) and not needed:
            return None
        found = self.raw(field)
        try:
            return duration(found if isinstance(found, str) else "")
        except ValueError as error:
            raise self.fault(str(error), field) from None

    def list(self, field: str, most: int, *, needed: bool = True) -> list[Any]:
        """A list of 1 to `most`; an empty one where it may be missing."""
        if not self.has(field) and not needed:
            return []
        found = self.raw(field)
        if not isinstance(found, list) or not 1 <= len(found) <= most:
            raise self.fault(f"must be a list of 1 to {most}", field)
        return found
