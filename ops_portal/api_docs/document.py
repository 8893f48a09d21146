"""The page: every call with its scope, parameters, body, answer, errors and an example."""

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from operations.doors.bodies import MEANINGS
from ops_portal.api_docs.calls import lines_of, said_of, scope_in_words, table
from ops_portal.api_docs.fields import Schema, anchor, name_of, references

COMMAND = "manage.py api_docs --output docs/api.md"
INTRODUCTION = f"""\
# The HTTP API

Every call, made of the schema that the portal itself serves at `/api/schema`; `/api/docs` is the same to try.
This page is made by `{COMMAND}`, and a test holds that it says what the code does.

**Keys.** `Authorization: Bearer KEY` or `X-API-Key: KEY`. A key has scopes and is shown once; make one with
`manage.py api_key create NAME --scope read --scope ingest`, or in the admin: Operations → API keys.

**Bodies** are JSON in camelCase, times ISO 8601 with their zone. No address ends with a slash.

**Repeat safely.** Where `Idempotency-Key` is among the parameters, a repeat within 24 hours gets the first
answer and has no second effect; the same key with another body is 409.

**Try first.** Where `dryRun` is among the fields, `true` answers what would happen and writes nothing.

**Errors** have one form (OFREP has its own):

```json
{{"error": {{"code": "invalid", "message": "title: is required", "fields": {{"title": "is required"}}}}}}
```
"""
METHODS = ("get", "post", "put", "patch", "delete")
GROUPS = (
    ("/ofrep/", "Flags for OpenFeature (OFREP)"),
    ("/api/feature-flags", "Flags without OpenFeature"),
    ("/api/workspaces", "Workspaces"),
    ("/api/rollouts", "Rollouts"),
    ("/api/monitoring/feedback", "Feedback and tickets"),
    ("/api/monitoring/report", "Reports, KPIs and return on investment"),
    ("/api/kpis", "Reports, KPIs and return on investment"),
    ("/api/roi", "Reports, KPIs and return on investment"),
    ("/api/monitoring", "Monitoring and alerts"),
    ("/api/releases", "Releases"),
    ("/api/deployments", "Deployments"),
    ("/api/issues", "Issues"),
    ("/api/dora", "DORA metrics"),
    ("/api/", "Status, announcements and the portal itself"),
)
# In this order, each once.
TITLES = tuple(dict.fromkeys(title for _, title in GROUPS))
Call = tuple[str, str, Mapping[str, Any]]


def document() -> str:
    """The whole page. The same code gives the same page, on every machine."""
    schema = SchemaGenerator().get_schema(public=True)
    schemas: Mapping[str, Schema] = schema["components"]["schemas"]
    calls: list[Call] = [
        (method, path, operations[method])
        for path, operations in sorted(schema["paths"].items())
        for method in METHODS
        if method in operations
    ]
    lines = [INTRODUCTION, *_errors(), *_index(calls)]
    for title in TITLES:
        found = [call for call in calls if _group(call[1]) == title]
        if found:
            lines += [f"## {title}", ""]
            lines += [line for call in found for line in lines_of(*call, schemas)]
    lines += ["## Objects", "", *_objects(calls, schemas)]
    return "\n".join(lines).rstrip() + "\n"


def _group(path: str) -> str:
    return next(title for prefix, title in GROUPS if path.startswith(prefix))


def _errors() -> Iterator[str]:
    yield "| status | means |"
    yield "|---|---|"
    for status, text in sorted(MEANINGS.items()):
        if int(status) >= 400:
            yield f"| {status} | {text} |"
    yield ""


def _index(calls: list[Call]) -> Iterator[str]:
    for title in TITLES:
        found = [call for call in calls if _group(call[1]) == title]
        if not found:
            continue
        yield f"**{title}**"
        yield ""
        yield "| call | scope | |"
        yield "|---|---|---|"
        for method, path, operation in found:
            said = said_of(operation).split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
            link = f"[`{method.upper()} {path}`](#{operation['operationId'].lower()})"
            yield f"| {link} | {scope_in_words(method, path, operation)} | {said} |"
        yield ""


def _objects(calls: list[Call], schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Each object that an answer or a field leads to, once, by name."""
    bodies = {
        name_of(content["schema"].get("$ref", ""))
        for _, _, operation in calls
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    answered: list[str] = [name for _, _, operation in calls for name in references(operation)]
    found: set[str] = set()
    while answered:
        name = answered.pop()
        if name not in found:
            found.add(name)
            answered += references(schemas[name])
    for name in sorted(found - bodies):
        schema = schemas[name]
        if "properties" not in schema:
            continue
        yield f'<a id="{anchor(name)}"></a>'
        yield ""
        yield f"### {name}"
        yield ""
        if said := str(schema.get("description", "")).strip():
            yield said
            yield ""
        yield from table(schema, schemas)
