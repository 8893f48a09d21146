"""OFREP 0.3.0 as its authors wrote it down, where it is present beside the project."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

CONTRACT = Path(settings.BASE_DIR).parent / "shared" / "data" / "ofrep-openapi-0.3.0.yaml"
needs_contract = pytest.mark.skipif(
    not CONTRACT.exists(), reason="needs ../shared/data/ofrep-openapi-0.3.0.yaml"
)
SINGLE, BULK = "/ofrep/v1/evaluate/flags/{key}", "/ofrep/v1/evaluate/flags"


@cache
def document() -> dict[str, Any]:
    """The contract, where it contradicts itself as it is meant.

    Its reasons lack DEFAULT, which OpenFeature has and its clients know. It asks that a value be of exactly
    one kind, while whole numbers are of two and the kind without a value forbids none.
    """
    found: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
    schemas = found["components"]["schemas"]
    common, value = schemas["evaluationSuccess"]["allOf"]
    common["properties"]["reason"]["enum"].append("DEFAULT")
    value["anyOf"] = value.pop("oneOf")
    schemas["codeDefaultFlag"]["not"] = {"required": ["value"]}
    return found


def faults(path: str, status: int, answer: Any) -> list[str]:
    """What the contract does not allow in an answer to POST `path` with this status."""
    response = document()["paths"][path]["post"]["responses"][str(status)]
    content = response.get("content")
    if content is None:
        return []
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    validator = Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors(answer)]
