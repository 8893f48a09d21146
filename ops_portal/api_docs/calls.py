"""One call of the API: who may make it, what it takes, an example, what it answers."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import Resolver404, resolve

from operations.doors.api import scope_of
from ops_portal.api_docs import examples
from ops_portal.api_docs.fields import Schema, kind, meaning, name_of

# Calls that no API key opens.
SECRETS = {"cronSecret": "MONITORING_CRON_SECRET", "metricsToken": "METRICS_TOKEN"}


def scope(method: str, path: str) -> str:
    """Who may make a call: the scope that its key needs, or in words what else."""
    try:
        view = resolve(examples.path(path)).func
    except Resolver404:
        # The door beside Django answers flags to whoever may evaluate them.
        return "`evaluate`"
    found = getattr(view, "cls", getattr(view, "view_class", None))
    if getattr(found, "required_scope", None) is None:
        return "none"
    return f"`{scope_of(found, method.upper())}`"


def scope_in_words(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Who may make the call: its scope, or what else opens it."""
    asked: list[dict[str, Any]] = operation.get("security") or [{}]
    for scheme, setting in SECRETS.items():
        if any(scheme in each for each in asked):
            return f"`{setting}` as the bearer{', where it is set' if {} in asked else ''}"
    if {} in asked:
        return "none" if len(asked) == 1 else f"none, or {scope(method, path)} for what is not public"
    return scope(method, path)


def said_of(operation: Mapping[str, Any]) -> str:
    """What the call is for."""
    return str(operation.get("description") or operation.get("summary") or "").strip()


def lines_of(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Schema]
) -> Iterator[str]:
    """The section about the call."""
    yield f"### {operation['operationId']}"
    yield ""
    yield f"`{method.upper()} {path}` · scope: {scope_in_words(method, path, operation)}"
    yield ""
    if said := said_of(operation):
        yield said
        yield ""
    yield from _parameters(operation, schemas)
    body = operation.get("requestBody")
    if body:
        media, content = next(iter(body["content"].items()))
        yield f"Body{'' if body.get('required') else ', which may be left out'}, `{media}`:"
        yield ""
        yield from table(resolved(content["schema"], schemas), schemas)
    yield from _example(method, path, operation, schemas)
    yield from _answers(operation, schemas)


def resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    return schemas[name_of(schema["$ref"])] if "$ref" in schema else schema


def _parameters(operation: Mapping[str, Any], schemas: Mapping[str, Schema]) -> Iterator[str]:
    found = operation.get("parameters", [])
    if not found:
        return
    yield "| parameter | in | is | |"
    yield "|---|---|---|---|"
    for each in sorted(found, key=lambda one: (one["in"] != "path", one["in"], one["name"])):
        said = meaning({**each["schema"], "description": each.get("description", "")}, schemas)
        must = "**required**" if each.get("required") else ""
        said = "; ".join(filter(None, (must, said)))
        yield f"| `{each['name']}` | {each['in']} | {kind(each['schema'], schemas)} | {said} |"
    yield ""


def table(schema: Schema, schemas: Mapping[str, Schema]) -> Iterator[str]:
    """A row for each field of an object."""
    fields: Mapping[str, Schema] = schema.get("properties", {})
    if not fields:
        yield f"{kind(schema, schemas)}"
        yield ""
        return
    yield "| field | is | |"
    yield "|---|---|---|"
    for name, field in fields.items():
        must = "**required**" if name in schema.get("required", []) else ""
        said = "; ".join(filter(None, (must, meaning(field, schemas))))
        yield f"| `{name}` | {kind(field, schemas)} | {said} |"
    yield ""


def _example(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Schema]
) -> Iterator[str]:
    body = operation.get("requestBody", {}).get("content", {})
    key = ' -H "X-API-Key: $KEY"' if "`" in scope_in_words(method, path, operation) else ""
    for scheme, setting in SECRETS.items():
        if scheme in str(operation.get("security")):
            key = f' -H "Authorization: Bearer ${setting}"'
    verb = "" if method == "get" or (method == "post" and body) else f" -X {method.upper()}"
    query = "&".join(
        f"{each['name']}={examples.NAMED.get(each['name'], '…')}"
        for each in operation.get("parameters", [])
        if each["in"] == "query" and each.get("required")
    )
    address = f"https://portal.example.org{examples.path(path)}" + (f"?{query}" if query else "")
    lines = [f'curl -sS{verb}{key} "{address}"']
    if "multipart/form-data" in body:
        lines[0] += " -F file=@screenshot.png"
    elif body:
        made = examples.BODIES.get(operation["operationId"])
        if made is None:
            made = examples.of(body["application/json"]["schema"], schemas)
        lines[0] += ' -H "Content-Type: application/json" \\'
        lines.append(f"  -d '{json.dumps(made, ensure_ascii=False)}'")
    yield "```sh"
    yield from lines
    yield "```"
    yield ""


def _answers(operation: Mapping[str, Any], schemas: Mapping[str, Schema]) -> Iterator[str]:
    refused = []
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if status >= "400":
            refused.append(status)
            continue
        said = answer.get("description", "").rstrip(".")
        if not content:
            yield f"Answer **{status}**{f': {said}' if said else ''}."
        else:
            schema = next(iter(content.values()))["schema"]
            when = f", {said[0].lower()}{said[1:]}" if said else ""
            yield f"Answer **{status}**{when}: {kind(schema, schemas)}"
        yield ""
    if refused:
        yield f"Errors: {', '.join(refused)}."
        yield ""
