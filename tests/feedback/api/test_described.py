"""The calls about feedback are as described: schemathesis makes calls from that, good and bad."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from feedback.lifecycle import TRANSITIONS
from feedback.models import Ticket
from tests.doors import an_api_key, get, post
from tests.feedback.builders import GUIDE, a_ticket, a_ticket_in

pytestmark = pytest.mark.django_db

FEEDBACK = "/api/monitoring/feedback"
TICKETS = f"{FEEDBACK}/tickets"
ONE = f"{TICKETS}/{{reference}}"
CALLS = {
    (FEEDBACK, "post"): {"201", "400", "401", "403", "409", "413", "415", "429", "503"},
    (f"{FEEDBACK}/{{reference}}/attachments", "post"): {
        *("201", "400", "401", "403", "404", "409", "413", "415", "429", "503")
    },
    (TICKETS, "get"): {"200", "400", "401", "403", "429"},
    (ONE, "get"): {"200", "401", "403", "404", "429"},
    **{
        (f"{ONE}/{verb}", "post"): {"200", "400", "401", "403", "404", "409", "413", "415", "429", "503"}
        for verb in ("{transition}", "reply", "note", "fixed", "merge", "unmerge")
    },
}
load_all_checks()
EXCLUDED: list[Any] = [
    # What stands in no schema: which workspaces and people there are, and what a ticket's state allows.
    CHECKS.get_one("positive_data_acceptance"),
    # A blank title is text for the schema; a reference that names no ticket is 404 whatever else is wrong.
    CHECKS.get_one("negative_data_rejection"),
    # Takes the good key for one that it made up, which stands beside it in the other header.
    CHECKS.get_one("ignored_auth"),
]


@pytest.fixture
def application() -> Iterator[Any]:
    """The portal as a server sees it, on the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@cache
def described() -> dict[str, Any]:
    # Not by Django's test client, which connects the signals again that `application` disconnects.
    return dict(SchemaGenerator().get_schema(public=True))


def faults(name: str, answer: Any) -> list[str]:
    """What the description's component `name` does not allow in an answer, or does not know."""
    components = described()["components"]
    schema = with_nulls(
        {**components["schemas"][name], "components": components, "additionalProperties": False}
    )
    return [error.message for error in Draft202012Validator(schema).iter_errors(answer)]


def shortened(schema: Any) -> Any:
    """The same with short texts only: making and reading long ones takes most of the time."""
    if isinstance(schema, list):
        return [shortened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: shortened(each) for name, each in schema.items()}
    for name in ("maxLength", "maxItems"):
        if isinstance(found.get(name), int):
            found[name] = min(found[name], 20)
    return found


def with_nulls(schema: Any) -> Any:
    """The same for JSON Schema, which has no `nullable`."""
    if isinstance(schema, list):
        return [with_nulls(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: with_nulls(each) for name, each in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, found]} if schema.get("nullable") is True else found


def test_the_description_is_valid_and_names_every_call_and_answer() -> None:
    validate_schema(described())
    paths = described()["paths"]
    found = {
        (path, method): set(paths[path][method]["responses"])
        for path in paths
        if path == FEEDBACK or path.startswith(TICKETS) or path.endswith("/attachments")
        for method in paths[path]
    }
    assert found == CALLS
    body = described()["components"]["schemas"]["FeedbackBody"]
    assert set(body["properties"]) == {*GUIDE, "workspace", "module", "release", "reporter"}
    assert set(body["required"]) == {"category", "title", "description"}
    assert body["additionalProperties"] is False
    (transition,) = (
        each for each in paths[f"{ONE}/{{transition}}"]["post"]["parameters"] if each["name"] == "transition"
    )
    assert set(transition["schema"]["enum"]) == set(TRANSITIONS)


def test_every_answer_holds_what_is_described_and_nothing_else() -> None:
    key = an_api_key("feedback", "respond")
    receipt = post(FEEDBACK, {**GUIDE, "title": "Patient Jane Doe"}, key).json()
    assert faults("Receipt", receipt) == []
    for state in Ticket.State.values:
        a_ticket_in(state)
    for ticket in get(f"{TICKETS}?status=all", key).json()["tickets"]:
        assert faults("Ticket", ticket) == []
        assert faults("WholeTicket", get(f"{TICKETS}/{ticket['reference']}", key).json()) == []


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(
    ("path", "method", "usual"),
    [
        (FEEDBACK, "POST", 201),
        (TICKETS, "GET", 200),
        (f"{ONE}/{{transition}}", "POST", 409),
        (f"{ONE}/note", "POST", 200),
    ],
)
def test_no_call_is_answered_otherwise_than_described(
    path: str, method: str, usual: int, mode: GenerationMode, application: Any
) -> None:
    ticket = a_ticket()
    headers = {"Authorization": f"Bearer {an_api_key('feedback', 'respond')}"}
    operation = schemathesis.openapi.from_dict(shortened(described()))[path][method]
    known = {"reference": ticket.reference} if "{reference}" in path else {}
    if "{transition}" in path:
        known["transition"] = "verify"
    statuses = set()

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=known or None))
        if mode == GenerationMode.POSITIVE and isinstance(case.body, dict):
            make_known(case.body)
        response = case.call_and_validate(app=application, headers=headers, excluded_checks=EXCLUDED)
        statuses.add(response.status_code)

    check()
    assert statuses <= {200, 201, 400, 404, 405, 409, 415}
    assert (usual if mode == GenerationMode.POSITIVE else 400) in statuses


def make_known(body: dict[str, Any]) -> None:
    """Leave out what no schema tells: places and people that the portal does not know, and blank texts."""
    for name in ("workspace", "module", "reporter", "version"):
        body.pop(name, None)
    for name in ("title", "description", "body", "reason"):
        if name in body:
            body[name] = f"a {body[name]}"[: len(body[name]) or 1]
    if "steps" in body:
        body["steps"] = [f"a{step}"[:1_000] for step in body["steps"]]
