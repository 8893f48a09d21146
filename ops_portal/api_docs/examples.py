"""Examples of bodies and answers: written where it matters what they say, else made of the schema."""

from collections.abc import Mapping
from typing import Any

from ops_portal.api_docs.fields import Schema, name_of, plain

# What stands in the place of a path's parameter.
IN_PATHS = {
    "module": "patient_engagement",
    "key": "patient_portal",
    "version": "1.0.2",
    "reference": "FB-12",
    "number": "7",
    "step": "automated_testing",
    "transition": "triage",
    "environment": "staging",
}
ISSUE = "BUG-001"

# Bodies by the operation's name.
BODIES: dict[str, dict[str, Any]] = {
    "evaluateFlag": {"context": {"targetingKey": "ada", "workspace": "FA002"}},
    "evaluateFlags": {"context": {"targetingKey": "ada", "workspace": "FA002"}},
    "runPhase": {"number": 2, "updatedBy": "ada@example.org", "dryRun": True},
    "setPercentage": {"percentage": 0, "reason": "Patients get wrong reminders"},
    "pauseRollout": {"reason": "Too many errors"},
    "resumeRollout": {"percentage": 15},
    "rollBack": {"reason": "Too many errors", "target": 10},
    "completeRollout": {"updatedBy": "ada@example.org"},
    "upsertWorkspaces": {
        "workspaces": [
            {
                "id": "FA002",
                "name": "Well Street Pharmacy",
                "tier": "professional",
                "status": "active",
                "region": "Salford",
                "timeZone": "Europe/London",
                "members": [{"member": "u-17", "role": "pharmacist", "email": "ada@example.org"}],
            }
        ]
    },
    "pushMetrics": {
        "batch": "eu-1-2026-03-02T12:40",
        "module": "patient_engagement",
        "samples": [
            {
                "workspace": "FA002",
                "at": "2026-03-02T12:40:00Z",
                "requests": 640,
                "errors": 7,
                "counters": {"appointmentsCreated": 12},
                "users": ["u-17", "u-18"],
            }
        ],
        "gauges": {"at": "2026-03-02T12:40:00Z", "memory": 61.5, "databaseMs": 4.2},
    },
    "submitFeedback": {
        "category": "bug_report",
        "severity": "high",
        "title": "Appointment reminders not sending",
        "description": "Recurring appointments are not triggering reminder notifications",
        "featureArea": "reminders",
        "steps": ["Create recurring appointment", "Wait for reminder time"],
        "satisfactionRating": 2,
        "workspace": "FA002",
        "reporter": {"name": "Ada", "email": "ada@example.org"},
    },
    "takeAlerts": {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "receiver": "ops-portal",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "HighErrorRate", "severity": "critical"},
                "annotations": {"summary": "High error rate detected"},
                "startsAt": "2026-03-02T12:40:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": "c4f1a2b3d4e5f607",
            }
        ],
    },
    "raiseAlert": {
        "title": "Prescriptions lost",
        "level": "critical",
        "module": "patient_engagement",
        "summary": "37 rows are gone since 12:40",
        "affected": "FA002",
        "cause": "prescriptions",
    },
    "acknowledgeAlert": {"note": "Looking at it"},
    "respondToAlert": {"note": "Restoring the backup"},
    "resolveAlert": {"note": "The backup is back"},
    "deployRelease": {"environment": "production", "rolloutPercentage": 25},
    "rollBackRelease": {"reason": "Error rate over 5 %"},
    "reportStep": {
        "status": "succeeded",
        "attempt": 1,
        "note": "412 passed",
        "url": "https://ci.example.org/runs/7",
        "evidence": {"passed": 412, "failed": 0},
    },
    "replyToTicket": {"body": "Which phone do you use?", "waits": True},
    "noteOnTicket": {"body": "The same as last spring"},
    "mergeTicket": {"into": "FB-7"},
    "unmergeTicket": {},
    "moveTicket": {"version": 3},
    "tellFixed": {"version": "1.0.2"},
}
# Values of fields by their name, where the example makes itself.
NAMED: dict[str, Any] = {
    "module": "patient_engagement",
    "workspace": "FA002",
    "unit": "FA002",
    "title": "Reminders come twice",
    "version": 3,
    "percentage": 10,
    "eligible": 631,
    "reference": "FB-12",
    "email": "ada@example.org",
    "fixedIn": "1.0.2",
    "release": "1.0.2",
    "flag": "patient_portal",
    "gaining": ["FA002", "FA005"],
    "losing": [],
    "refused": [],
    "timeZone": "Europe/London",
}
TIME, DAY = "2026-03-02T12:40:00Z", "2026-03-02"
DEEPEST = 5


def of(schema: Schema, schemas: Mapping[str, Schema], *, name: str = "", depth: int = 0) -> Any:
    """A value that fits the schema: of each choice the first, of each list one."""
    schema = plain(schema, schemas)
    if "$ref" in schema:
        return of(schemas[name_of(schema["$ref"])], schemas, depth=depth)
    if "enum" in schema:
        return schema["enum"][0]
    what = schema.get("type")
    if name in NAMED and _fits(NAMED[name], what):
        return NAMED[name]
    if what == "object":
        if depth >= DEEPEST:
            return {}
        inner = schema.get("properties", {})
        return {key: of(value, schemas, name=key, depth=depth + 1) for key, value in inner.items()}
    if what == "array":
        return [] if depth >= DEEPEST else [of(schema["items"], schemas, depth=depth + 1)]
    if what == "string":
        return {"date-time": TIME, "date": DAY, "uri": "https://example.org/"}.get(
            schema.get("format", ""), "…"
        )
    return {"integer": 1, "number": 1.0, "boolean": False}.get(str(what))


def path(template: str) -> str:
    """The path with something in place of its parameters."""
    for name, value in IN_PATHS.items():
        shown = ISSUE if name == "reference" and "/issues/" in template else value
        template = template.replace(f"{{{name}}}", shown)
    return template


def _fits(value: Any, what: Any) -> bool:
    python = {"string": str, "integer": int, "number": int | float, "array": list, "boolean": bool}
    return what in python and isinstance(value, python[what])
