"""schemathesis makes requests from OFREP's contract, good and bad ones: no answer breaks it."""

from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from rollout.targeting import RuleDraft
from tests import builders
from tests.rollout.ofrep.calling import Product
from tests.rollout.ofrep.contract import BULK, SINGLE, document, needs_contract

pytestmark = [pytest.mark.django_db, needs_contract]

CORE = "patient_engagement_module"
few = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
# The contract wants a targetingKey in every context. Clients without a unit send an empty one, so that is
# answered, and what the contract calls bad is no longer all refused.
load_all_checks()
EXCLUDED: list[Any] = [
    # The contract wants a targetingKey in every context. Clients without a unit send an empty one, so that is
    # answered, and what the contract calls bad is no longer all refused.
    CHECKS.get_one("negative_data_rejection"),
    # Takes the good key for one that it made up, which stands beside it in the other header.
    CHECKS.get_one("ignored_auth"),
]


def narrowed() -> dict[str, Any]:
    """The contract with what it leaves open and we do not: the ids of units are printable and not endless."""
    found = deepcopy(document())
    unit = {"type": "string", "maxLength": 120, "pattern": "^[ -~]*$"}
    found["components"]["schemas"]["context"]["properties"] = {"targetingKey": unit, "workspace": unit}
    return found


@pytest.fixture
def fuzzed(product: Product) -> Product:
    builders.an_experiment(
        rules=[RuleDraft("all operators", [{"match": "any", "conditions": [*conditions()]}], share=50)]
    )
    product.look()
    return product


def conditions() -> Any:
    for operator, value in (
        ("equals", "a"),
        ("in", "b"),
        ("contains", "c"),
        ("starts_with", "d"),
        ("ends_with", "e"),
        ("matches", "^f+$"),
        ("greater", "5"),
        ("before", "2020-01-01"),
        ("version_below", "1.2.3"),
    ):
        for attribute in ("targetingKey", "", "0", "a.b"):
            if attribute:
                yield {"attribute": attribute, "operator": operator, "values": [value]}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "key"), [(SINGLE, None), (SINGLE, "colour"), (BULK, None)])
def test_no_request_breaks_the_contract(
    path: str, key: str | None, mode: GenerationMode, fuzzed: Product
) -> None:
    operation = schemathesis.openapi.from_dict(narrowed())[path]["POST"]
    known = {"key": key} if key else None
    statuses = set()

    @few
    @given(st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=known))
        response = case.call_and_validate(
            app=fuzzed.door, headers={"Authorization": f"Bearer {fuzzed.key}"}, excluded_checks=EXCLUDED
        )
        statuses.add(response.status_code)

    check()
    # Not all was turned away before it was looked at.
    assert statuses & ({404} if path == SINGLE and not key else {200})
