"""`POST /api/monitoring/metrics` is as described: schemathesis makes calls from that, good and bad."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from monitoring.ingest.counts import BUCKETS
from monitoring.ingest.gauges import FIELDS as GAUGES
from monitoring.ingest.reading import FIELDS
from tests import builders
from tests.doors import an_api_key

pytestmark = pytest.mark.django_db

PATH = "/api/monitoring/metrics"
load_all_checks()
EXCLUDED: list[Any] = [
    # What stands in no schema: that errors are at most requests, and which workspaces there are.
    CHECKS.get_one("positive_data_acceptance"),
    # Wrong samples beside right ones are answered with 200 and their names.
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


def test_the_description_names_every_field_and_is_valid() -> None:
    validate_schema(described())
    schemas = described()["components"]["schemas"]
    assert set(schemas["SampleBody"]["properties"]) == set(FIELDS)
    assert set(schemas["SampleBody"]["properties"]["latencyBuckets"]["required"]) == set(BUCKETS)
    assert set(schemas["GaugesBody"]["properties"]) == set(GAUGES)
    assert schemas["MetricsBody"]["properties"]["samples"]["maxItems"] == 5_000
    answers = described()["paths"][PATH]["post"]["responses"]
    assert {"200", "400", "401", "403", "413", "415", "429", "503"} == set(answers)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_call_is_answered_otherwise_than_described(mode: GenerationMode, application: Any) -> None:
    builders.modules()
    builders.workspaces(["W1"])
    headers = {"Authorization": f"Bearer {an_api_key('ingest')}"}
    operation = schemathesis.openapi.from_dict(described())[PATH]["POST"]
    statuses = set()

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode == GenerationMode.POSITIVE:
            make_known(case.body)
        response = case.call_and_validate(app=application, headers=headers, excluded_checks=EXCLUDED)
        statuses.add(response.status_code)

    check()
    assert statuses <= {200, 400, 415}
    assert (200 if mode == GenerationMode.POSITIVE else 400) in statuses


def make_known(body: Any) -> None:
    """Put in what no schema tells: a module, a workspace and a time that the portal takes."""
    body["module"] = "patient_engagement"
    for part in [*body.get("samples", []), body.setdefault("gauges", {"memory": 50})]:
        part["at"] = timezone.now().isoformat()
    for sample in body.get("samples", []):
        sample["workspace"] = "W1"
        sample.pop("arm", None)
