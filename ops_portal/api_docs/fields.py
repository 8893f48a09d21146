"""What a field is, in words: its type, its limits, and the objects that it refers to."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

LIMITS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {:,} characters"),
    ("minimum", "from {:,}"),
    ("maximum", "to {:,}"),
    ("maxItems", "at most {:,} of them"),
    ("maxProperties", "at most {:,} of them"),
)
# A field of text that may stay empty is described as one of two types.
NOTHING = frozenset({"BlankEnum", "NullEnum"})
FORMATS = {"date-time": "time", "date": "day", "uri": "address", "email": "mail address", "binary": "file"}


def name_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def plain(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The same without the wrappings that the generator puts around references, and with enums resolved."""
    inner = schema.get("allOf") or schema.get("oneOf") or []
    found = [each for each in inner if name_of(each.get("$ref", "")) not in NOTHING]
    if len(found) == 1:
        schema = {**schema, **found[0]}
    named = schemas.get(name_of(schema.get("$ref", "")), {})
    if "enum" in named:
        kept = {name: value for name, value in schema.items() if name not in ("$ref", "allOf", "oneOf")}
        return {**named, **kept, "enum": named["enum"]}
    return schema


def kind(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """The type in words, with a link where it is an object that has a table of its own."""
    schema = plain(schema, schemas)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value not in ("", None))
    if "$ref" in schema:
        return f"[{name_of(schema['$ref'])}](#{anchor(name_of(schema['$ref']))})"
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'], schemas)}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"object of {kind(values, schemas)}" if isinstance(values, Mapping) and values else "object"
    usual = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return FORMATS.get(schema.get("format", ""), usual.get(schema.get("type", ""), "any"))


def anchor(name: str) -> str:
    """Where the table of an object stands; one word of its own, so that it is no other heading's."""
    return f"object-{name.lower()}"


def meaning(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """What it means, with its limits and what it is when left out, in one line."""
    schema = plain(schema, schemas)
    # The generator appends each choice of an enum; they stand in the column before.
    text = f"\n{schema.get('description', '')}".split("\n* ")[0]
    said = [" ".join(text.split()).rstrip(".")] if text.strip() else []
    said += [text.format(schema[name]) for name, text in LIMITS if name in schema and schema[name] != 0]
    if schema.get("default") not in (None, "", [], {}):
        default = schema["default"]
        said.append(f"`{str(default).lower() if isinstance(default, bool) else default}` unless given")
    if schema.get("nullable"):
        said.append("may be null")
    return "; ".join(said).replace("|", "\\|")


def references(schema: Any) -> Iterator[str]:
    """The name of each object that a schema refers to, in the order in which it does."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield name_of(schema["$ref"])
        for inner in schema.values():
            yield from references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from references(inner)
