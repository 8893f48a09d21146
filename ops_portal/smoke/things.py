"""Real ids for the calls about one thing: found in the list of such things, never made up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ops_portal.smoke.asking import Asker, NoAnswer

# Where the list is not the call's own path without its last word.
LISTS = {
    "/api/feature-flags/{module}": "/api/rollouts",
    "/api/deployments/{number}": "/api/releases",
}
# The flag to ask about is one of this module's.
FLAGS_OF = "/api/feature-flags/{module}"
# What a list may call the id of its things.
NAMES = ("id", "reference", "number", "version", "key", "module")


class Nothing(Exception):
    """There is no such thing in this portal yet; the message says of what."""


class Things:
    """Looks ids up in the running portal, each list once."""

    def __init__(self, asker: Asker, headers: Mapping[str, str]) -> None:
        self._asker, self._headers = asker, headers
        self._read: dict[str, Any] = {}

    def path_of(self, route: str) -> str:
        """The address of a route about one thing, with a real id in it. Raises Nothing."""
        head, brace, rest = route.partition("{")
        if not brace:
            return route
        name, _, tail = rest.partition("}")
        if name == "key":
            found = self._flag()
        else:
            source = LISTS.get(f"{head}{{{name}}}", head.rstrip("/"))
            found = self._in_list(source, name)
        return self.path_of(f"{head}{quote(str(found), safe='')}{tail}")

    def _in_list(self, source: str, name: str) -> Any:
        document = self._document(source)
        if document is None:
            raise Nothing(f"{source} could not be read")
        if source == LISTS["/api/deployments/{number}"] and name == "number":
            document = [each for release in _rows(document) for each in release.get("deployments", [])]
        for row in _rows(document):
            for key in (name, *NAMES):
                if row.get(key) is not None:
                    return row[key]
        raise Nothing(f"there is nothing in {source} yet")

    def _flag(self) -> Any:
        document = self._document(self.path_of(FLAGS_OF))
        flags = document.get("flags") if isinstance(document, dict) else None
        if not flags:
            raise Nothing("there is no flag yet")
        return next(iter(flags))

    def _document(self, path: str) -> Any:
        if path not in self._read:
            try:
                answer = self._asker.ask("GET", path, headers=self._headers)
                self._read[path] = answer.json() if answer.status == 200 else None
            except (NoAnswer, ValueError):
                # The list is asked for by itself as well, and its failure is told there.
                self._read[path] = None
        return self._read[path]


def _rows(document: Any) -> list[dict[str, Any]]:
    """The first list of things in a document."""
    if isinstance(document, Mapping):
        document = next((value for value in document.values() if isinstance(value, list)), [])
    return [row for row in document if isinstance(row, dict)]
