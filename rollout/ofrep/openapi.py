"""The door's routes in the API's description, which is otherwise made from Django's views."""

from typing import Any

from operations.doors.bodies import COMMON_ERRORS, MEANINGS
from rollout.ofrep.door import FLAGS, MODULES
from rollout.ofrep.outcomes import UNKNOWN
from rollout.rules.evaluation import DEFAULT, DISABLED, SPLIT, STATIC, TARGETING_MATCH

Described = dict[str, Any]

SECURITY: list[Described] = [{"bearer": []}, {"apiKey": []}]
TEXT = {"type": "string"}
REASONS = [STATIC, TARGETING_MATCH, SPLIT, DISABLED, DEFAULT, UNKNOWN]


def describe(result: Described, generator: Any, request: Any, public: bool) -> Described:
    """A post-processing hook of drf-spectacular: adds what the door answers."""
    result["components"]["schemas"].update(SCHEMAS)
    result["paths"].update(PATHS)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def _ref(name: str) -> Described:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Described, meaning: str, **more: Any) -> Described:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}, **more}


def _errors(form: str, *statuses: int) -> Described:
    return {str(status): _json(_ref(form), MEANINGS[status]) for status in (*statuses, *COMMON_ERRORS)}


def _parameter(name: str, place: str, meaning: str) -> Described:
    found = {"name": name, "in": place, "schema": TEXT, "description": meaning}
    return {**found, "required": True} if place == "path" else found


def _asked(operation: str, meaning: str, parameters: list[Described], responses: Described) -> Described:
    return {
        "operationId": operation,
        "description": meaning,
        "parameters": parameters,
        "tags": ["ofrep"],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("OfrepRequest")}}},
        "security": SECURITY,
        "responses": dict(sorted(responses.items())),
    }


ETAG = {"ETag": {"schema": TEXT, "description": "Send it as If-None-Match with the next request"}}

PATHS: Described = {
    MODULES + "{module}": {
        "get": {
            "operationId": "readModuleFlags",
            "description": "Each flag of a module, on or off for the unit in the header; without one, off.",
            "parameters": [
                _parameter("module", "path", "The module's key"),
                _parameter("Workspace-ID", "header", "The workspace's id"),
                _parameter("User-ID", "header", "The user's id"),
            ],
            "tags": ["feature-flags"],
            "security": SECURITY,
            "responses": {
                "200": _json(_ref("ModuleFlags"), "The flags"),
                **_errors("Error", 400, 404),
                "503": _json(_ref("Error"), MEANINGS[503]),
            },
        }
    },
    FLAGS: {
        "post": _asked(
            "evaluateFlags",
            "All flags that the key may ask for, by OFREP 0.3.0.",
            [_parameter("If-None-Match", "header", "The ETag of the answer that you have")],
            {
                "200": _json(_ref("OfrepAnswers"), "The answers", headers=ETAG),
                "304": {"description": "Nothing changed since the answer with this ETag", "headers": ETAG},
                **_errors("OfrepError", 400, 503),
            },
        )
    },
    FLAGS + "/{key}": {
        "post": _asked(
            "evaluateFlag",
            "One flag, by OFREP 0.3.0.",
            [_parameter("key", "path", "The flag's key")],
            {
                "200": _json(_ref("OfrepAnswer"), "The answer"),
                **_errors("OfrepError", 400, 404, 503),
            },
        )
    },
}

SCHEMAS: Described = {
    "ModuleFlags": {
        "type": "object",
        "required": ["module", "flags"],
        "properties": {
            "module": TEXT,
            "flags": {"type": "object", "additionalProperties": {"type": "boolean"}},
        },
    },
    "OfrepRequest": {
        "type": "object",
        "required": ["context"],
        "properties": {
            "context": {
                "type": "object",
                "description": "The unit, and what targeting rules look at",
                "properties": {
                    "targetingKey": {
                        **TEXT,
                        "description": "The user's id; where there is no workspace, the workspace's",
                    },
                    "workspace": {**TEXT, "description": "The workspace's id"},
                },
                "additionalProperties": True,
            }
        },
    },
    "OfrepAnswer": {
        "type": "object",
        "required": ["key", "reason", "variant"],
        "properties": {
            "key": TEXT,
            "reason": {**TEXT, "enum": REASONS},
            "variant": TEXT,
            "value": {"description": "Of the flag's type; missing where the default in the code holds"},
            "metadata": _ref("OfrepMetadata"),
        },
    },
    "OfrepAnswers": {
        "type": "object",
        "required": ["flags"],
        "properties": {
            "flags": {"type": "array", "items": _ref("OfrepAnswer")},
            "metadata": _ref("OfrepMetadata"),
        },
    },
    "OfrepMetadata": {
        "type": "object",
        "description": "Only while maintenance is announced or in force",
        "properties": {
            "maintenance": {"type": "boolean", "description": "Whether it is in force"},
            "maintenanceState": {**TEXT, "enum": ["announced", "in_force"]},
            "maintenanceTitle": TEXT,
            "maintenanceStartsAt": {**TEXT, "format": "date-time"},
            "maintenanceEndsAt": {**TEXT, "format": "date-time", "description": "Missing: nobody knows yet"},
        },
    },
    "OfrepError": {
        "type": "object",
        "required": ["errorCode", "errorDetails"],
        "properties": {"key": TEXT, "errorCode": TEXT, "errorDetails": TEXT},
    },
}
