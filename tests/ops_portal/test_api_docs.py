"""docs/api.md says what the code does."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from ops_portal.api_docs import examples
from ops_portal.api_docs.calls import scope
from ops_portal.api_docs.document import COMMAND, document
from ops_portal.api_docs.fields import name_of, plain
from ops_portal.management.commands import api_docs

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return found


@pytest.fixture(scope="module")
def made() -> str:
    return document()


def test_the_committed_page_is_the_one_that_the_code_makes(made: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == made, f"run {COMMAND}"


def test_every_call_stands_in_it_with_its_scope(schema: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path, operations in schema["paths"].items():
        for method in operations:
            assert f"\n`{method.upper()} {path}` · scope: " in page


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("post", "/api/rollouts/{module}/phase", "`rollout`"),
        ("get", "/api/rollouts/{module}", "`read`"),
        ("post", "/api/monitoring/metrics", "`ingest`"),
        ("get", "/api/monitoring/alerts", "`read`"),
        ("post", "/api/monitoring/alerts", "`respond`"),
        ("post", "/ofrep/v1/evaluate/flags", "`evaluate`"),
        ("get", "/api/health/status", "none"),
    ],
)
def test_the_scope_is_the_one_that_the_view_asks_for(method: str, path: str, wanted: str) -> None:
    assert scope(method, path) == wanted


def test_the_examples_hold_the_fields_of_their_calls_and_all_that_are_required(
    schema: dict[str, Any],
) -> None:
    schemas = schema["components"]["schemas"]
    bodies = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["schema"]
        for operations in schema["paths"].values()
        for operation in operations.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert set(examples.BODIES) <= set(bodies)
    for name, body in examples.BODIES.items():
        assert faults(body, bodies[name], schemas) == [], name


def faults(value: Any, schema: Any, schemas: Any) -> list[str]:
    """Fields that an object of this schema does not have, lacks, or has with another choice."""
    schema = plain(schema, schemas)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{value} is no choice"]
    if "$ref" in schema:
        return faults(value, schemas[name_of(schema["$ref"])], schemas)
    if isinstance(value, list):
        return [fault for each in value for fault in faults(each, schema["items"], schemas)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    strict = schema.get("additionalProperties") is False
    found = [f"lacks {name}" for name in schema.get("required", []) if name not in value]
    found += [f"has no {name}" for name in value if strict and name not in known]
    inner = [name for name in value if name in known]
    return found + [fault for name in inner for fault in faults(value[name], known[name], schemas)]


def test_every_body_shown_is_json() -> None:
    shown = re.findall(r"^  -d '(.+)'$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) > 20
    for body in shown:
        json.loads(body)


def test_the_command_prints_the_page_or_writes_it(
    made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_docs, "document", lambda: made)
    printed = StringIO()
    call_command("api_docs", stdout=printed)
    call_command("api_docs", output=tmp_path / "api.md")
    assert printed.getvalue() == made == (tmp_path / "api.md").read_text(encoding="utf-8")
