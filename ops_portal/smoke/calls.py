"""What there is to ask: every call of the API's own description, and every route of the portal beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

METHODS = ("get", "post", "put", "patch", "delete")
# These are asked with a body and change nothing: they tell which flags are on.
ASKING_POSTS = {
    "/ofrep/v1/evaluate/flags": b'{"context": {}}',
    "/ofrep/v1/evaluate/flags/{key}": b'{"context": {}}',
}
# A value for each parameter of a query that a call cannot do without.
QUERY = {"unit": "smoke"}
WRITES = "it writes"
HTML = "text/html"
JSON = "application/json"
PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
IN_PATH = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Call:
    """One thing to ask. `types` are the media types that are right, none for any; `skipped` says why not."""

    method: str
    route: str
    group: str
    types: tuple[str, ...] = ()
    keyed: bool = False
    body: bytes | None = None
    query: str = ""
    skipped: str = ""

    @property
    def parameters(self) -> list[str]:
        """The names of what the route leaves open, such as `module`."""
        return IN_PATH.findall(self.route)


def of_schema(schema: Mapping[str, Any]) -> Iterator[Call]:
    """Every operation of an OpenAPI document, in its order."""
    for route, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                yield _described(method, route, operations[method], operations.get("parameters", []))


def of_routes(known: set[str]) -> Iterator[Call]:
    """The portal's routes that the description does not have: pages, documents, metrics, the admin."""
    seen = set(known)
    for pattern, route in _walk(get_resolver().url_patterns, "/"):
        if route is None or route in seen:
            continue
        seen.add(route)
        if route.startswith("/admin/"):
            yield _admin(route)
        elif PARAMETER.search(str(pattern.pattern)):
            yield Call("GET", route, "page", skipped="is reached by a link with a token of its own")
        else:
            yield Call("GET", route, "api" if route.startswith("/api/") else "page")


def _described(method: str, route: str, operation: Mapping[str, Any], shared: list[Any]) -> Call:
    security = operation.get("security") or [{}]
    keyed = {} not in security
    found = operation["responses"].get("200", {}).get("content", {})
    if method != "get" and route not in ASKING_POSTS:
        return Call(method.upper(), route, "api", tuple(found), keyed, skipped=WRITES)
    wanted = [
        each["name"]
        for each in [*shared, *operation.get("parameters", [])]
        if each["in"] == "query" and each.get("required")
    ]
    unknown = [name for name in wanted if name not in QUERY]
    return Call(
        method.upper(),
        route,
        "api",
        tuple(found),
        keyed,
        ASKING_POSTS.get(route),
        "&".join(f"{name}={QUERY[name]}" for name in wanted if name in QUERY),
        f"nothing is known to ask for as {', '.join(unknown)}" if unknown else "",
    )


def _admin(route: str) -> Call:
    if route == "/admin/login/":
        return Call("GET", route, "page", (HTML,))
    if route == "/admin/logout/":
        return Call("POST", route, "admin", skipped=WRITES)
    return Call("GET", route, "admin")


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[URLPattern, str | None]]:
    """Every route with its address, parameters in braces; None for the address of a regular expression."""
    for each in patterns:
        plain = isinstance(each.pattern, RoutePattern)
        here = before + PARAMETER.sub(lambda found: f"{{{found['name']}}}", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, here)
        else:
            yield each, here if plain else None
